#include "replay/sandbox/sandbox.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "replay/base/errors.h"
#include "replay/base/pidfd.h"
#include "replay/sandbox/sandbox_init.h"
#include "replay/watch/call_filter.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

// What goes through the gate.
constexpr char kTraced = 't';
constexpr char kUntraced = 'u';

constexpr unsigned long kNamespaces =
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;

// fork() with clone's flags; 0 in the child.
pid_t fork_with(unsigned long flags) {
  return static_cast<pid_t>(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// In the new process, which exec() will replace.
[[noreturn]] void become(const SpawnRequest& request, const std::optional<ProgramUser>& user, int gate,
                         StartFailure* failure) {
  const auto fail = [failure](StartFailure::Step step) {
    *failure = {.step = step, .error = errno};
    _exit(127);
  };
  setsid();  // our terminal's Ctrl-C is for us
  std::array<std::pair<int, int>, 3> streams{
      {{request.input, 0}, {request.output, 1}, {request.error_output, 2}}};
  for (const auto& [from, to] : streams) {
    if (from >= 0) dup2(from, to);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  for (const auto& [name, value] : request.environment) setenv(name.c_str(), value.c_str(), 1);
  std::vector<std::string> words = request.argv;
  const std::vector<char*> argv = pointers_to(words);
  close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);  // nothing of ours, nor of whoever started us
  char word = 0;
  if (read(gate, &word, 1) != 1) _exit(127);
  if (!drop_privileges(user)) fail(StartFailure::Step::privileges);
  if (word == kTraced && !install_call_filter()) fail(StartFailure::Step::filter);
  if (request.executable >= 0) {
    execveat(request.executable, "", argv.data(), environ, AT_EMPTY_PATH);
  } else {
    execvp(argv[0], argv.data());
  }
  fail(StartFailure::Step::exec);
  _exit(127);
}

// In a process between us and the new one: only children enter a PID namespace, and this one's are ours.
[[noreturn]] void enter_and_fork(int init, const std::function<void()>& function, int answer) {
  pid_t child = -1;
  const std::unique_ptr<char, decltype(&std::free)> directory{getcwd(nullptr, 0), &std::free};
  if (setns(init, static_cast<int>(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC |
                                   CLONE_NEWUTS)) == 0) {
    // Entering a mount namespace leads to its root. Where ours cannot be entered, the program starts there.
    [[maybe_unused]] const int entered = directory == nullptr ? -1 : chdir(directory.get());
    child = fork_with(CLONE_PARENT);
    if (child == 0) {
      function();
      _exit(0);
    }
  }
  const std::array<int, 2> outcome{static_cast<int>(child), errno};
  [[maybe_unused]] const ssize_t told = write(answer, outcome.data(), sizeof outcome);
  _exit(0);
}

// A pipe belongs to who made it, and only its owner may open it by name.
void give_away(int fd, const ProgramUser& user) {
  struct stat status {};
  if (fd < 0 || fstat(fd, &status) != 0 || !S_ISFIFO(status.st_mode)) return;
  check(fchown(fd, user.user, user.group), "give a pipe to the program's user");
}

void map_or_cannot(pid_t init, const std::optional<ProgramUser>& user, bool as_root) {
  try {
    map_users(init, user, as_root);
  } catch (const std::system_error& error) {
    const std::string whom = user ? "let programs run as user " + user->name + ": " : "";
    throw Cannot{"cannot " + whom + error.what() + " ('halfopen doctor' knows the cure)"};
  }
}

}  // namespace

void Spawned::Unmap::operator()(StartFailure* page) const { munmap(page, sizeof(StartFailure)); }

Sandbox::Sandbox(const SandboxConfig& config) : user_{config.user} {
  auto [ours, theirs] = Channel::pair();
  init_ = fork_with(kNamespaces);
  if (init_ < 0) {
    throw Cannot{std::string{"cannot make namespaces: "} + std::strerror(errno) +
                 " ('halfopen doctor' knows the cure)"};
  }
  if (init_ == 0) {
    ours.close();
    run_sandbox_init(std::move(theirs), config);
  }
  theirs.close();
  channel_ = std::move(ours);
  try {
    init_handle_ = open_pidfd(init_);
    if (!init_handle_) throw_system("pidfd_open");
    map_or_cannot(init_, user_, config.as_root);
    channel_.send(kMapped);
    await_init();
  } catch (...) {
    ::kill(init_, SIGKILL);  // nobody has waited for it yet
    while (waitpid(init_, nullptr, __WALL) < 0 && errno == EINTR) {
    }
    throw;
  }
}

void Sandbox::await_init() {
  while (auto message = channel_.receive()) {
    const auto text = [&](std::size_t prefix) { return message->text.substr(prefix); };
    if (message->text == "ready" && message->descriptors.size() >= 2) {
      device_ = std::move(message->descriptors[0]);
      diagnostics_ = std::move(message->descriptors[1]);
      if (message->descriptors.size() > 2) tap_ = std::move(message->descriptors[2]);
      return;
    }
    if (message->text.starts_with("cannot ")) throw Cannot{text(7)};
    if (message->text.starts_with("bad ")) throw std::runtime_error{text(4)};
    if (message->text.starts_with("remark ")) remarks_.push_back(text(7));
    if (message->text.starts_with("sysctl ")) sysctls_.push_back(text(7));
  }
  throw Cannot{"the first process of a sandbox ended without a word"};
}

// The init cannot go before its last process has gone and was reaped, which for a traced one is the tracer's
// business: so nobody waits here.
Sandbox::~Sandbox() {
  device_.reset();  // first: a device that is closed takes no last words
  // By its handle: who reaps it may have done so, and its number may be another's.
  send_signal(init_handle_, SIGKILL);
}

Spawned Sandbox::spawn(const SpawnRequest& request) {
  std::array<int, 2> gate{};
  check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, gate.data()), "socketpair");
  if (user_) {
    for (const int stream : {request.input, request.output, request.error_output}) give_away(stream, *user_);
  }
  void* page = mmap(nullptr, sizeof(StartFailure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw_system("mmap");
  Spawned spawned;
  spawned.gate = UniqueFd{gate[0]};
  spawned.failure.reset(new (page) StartFailure{});
  const UniqueFd far_gate{gate[1]};
  spawned.pid = run_inside([&] {
    spawned.gate.reset();  // or the program would wait for its own end
    become(request, user_, far_gate.get(), spawned.failure.get());
  });
  return spawned;
}

pid_t Sandbox::run_inside(const std::function<void()>& function) {
  std::array<int, 2> answer{};
  check(pipe2(answer.data(), O_CLOEXEC), "pipe");
  const UniqueFd reading{answer[0]};
  UniqueFd writing{answer[1]};
  const pid_t between = fork();
  if (between < 0) throw_system("fork");
  if (between == 0) enter_and_fork(init_handle_.get(), function, writing.get());
  writing.reset();
  std::array<int, 2> outcome{-1, 0};
  ssize_t got = 0;
  while ((got = read(reading.get(), outcome.data(), sizeof outcome)) < 0 && errno == EINTR) {
  }
  while (waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (got != sizeof outcome || outcome[0] < 0) throw_system("enter a sandbox", outcome[1]);
  return outcome[0];
}

StartFailure Sandbox::go(Spawned& spawned, bool traced, std::chrono::milliseconds limit) {
  const char word = traced ? kTraced : kUntraced;
  if (send(spawned.gate.get(), &word, 1, MSG_NOSIGNAL) != 1) return {.error = ECHILD};
  // The far end closes by exec(), or by the end of the process.
  pollfd closed{.fd = spawned.gate.get(), .events = POLLIN, .revents = 0};
  const auto until = std::chrono::steady_clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    ready = poll(&closed, 1, static_cast<int>(std::max(left, std::chrono::milliseconds{0}).count()));
  } while (ready < 0 && errno == EINTR);
  spawned.gate.reset();
  if (ready <= 0) return {.error = ETIMEDOUT};
  return *std::exchange(spawned.failure, nullptr);
}

void Sandbox::signal_all(int signal) { channel_.send("signal " + std::to_string(signal)); }

}  // namespace halfopen
