#include "replay/drill/agent.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "replay/base/errors.h"
#include "replay/drill/plain_commands.h"
#include "sim/drill/script_host.h"

namespace halfopen::drill {
namespace {

constexpr std::size_t kMemory = std::size_t{256} << 20;  // taken from the machine when it is written to
constexpr std::size_t kAlignment = 64;
constexpr long kCommand = -1;  // an order that is no system call: arguments[0] is the line

// Descriptors of the agent: the script's own begin behind them.
constexpr int kQuick = 3;
constexpr int kBlocking = 4;
constexpr int kOutput = 5;

std::chrono::nanoseconds monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

[[noreturn]] void run_shell(const char* line) {
  dup2(kOutput, STDOUT_FILENO);
  dup2(kOutput, STDERR_FILENO);
  close_range(3, ~0u, 0);
  signal(SIGPIPE, SIG_DFL);
  const sched_param none{};
  sched_setscheduler(0, SCHED_OTHER, &none);
  execl("/bin/sh", "sh", "-c", line, static_cast<char*>(nullptr));
  _exit(127);
}

AgentReply run_command(const char* line, PlainCommands& plain) {
  AgentReply reply;
  [[maybe_unused]] const int cleared = ftruncate(kOutput, 0);
  lseek(kOutput, 0, SEEK_SET);
  if (const std::optional<CommandOutcome> done = plain.run(line)) {
    [[maybe_unused]] const ssize_t told = write(kOutput, done->words.data(), done->words.size());
    reply.value = W_EXITCODE(done->status, 0);
    return reply;
  }
  const pid_t shell = fork();
  if (shell == 0) run_shell(line);
  int status = 0;
  pid_t ended = shell;
  while (shell > 0 && (ended = waitpid(shell, &status, 0)) < 0 && errno == EINTR) continue;
  reply.value = ended < 0 ? -1 : status;
  reply.error = ended < 0 ? errno : 0;
  return reply;
}

AgentReply make_call(const AgentCall& call) {
  const auto& a = call.arguments;
  AgentReply reply;
  reply.value = syscall(call.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  reply.at = monotonic_now();
  reply.error = reply.value < 0 ? errno : 0;
  return reply;
}

void serve_lane(int orders) {
  AgentCall call;
  PlainCommands plain;
  while (read(orders, &call, sizeof call) == static_cast<ssize_t>(sizeof call)) {
    AgentReply reply;
    if (call.number == kCommand) {
      reply = run_command(reinterpret_cast<const char*>(call.arguments[0]), plain);
      reply.at = monotonic_now();
    } else {
      reply = make_call(call);
    }
    if (write(orders, &reply, sizeof reply) != static_cast<ssize_t>(sizeof reply)) return;
  }
}

// In the agent, from its first instruction on. Its lanes are threads, since they share descriptors.
void serve(const std::array<int, 3>& given, const std::string& directory) {
  const int nowhere = open("/dev/null", O_RDWR);
  for (int stream = 0; stream <= 2; ++stream) dup2(nowhere, stream);
  constexpr std::array<int, 3> kOwn{kQuick, kBlocking, kOutput};
  // By way of high numbers: one may have another's.
  std::array<int, 3> high{};
  for (std::size_t i = 0; i < given.size(); ++i) high[i] = fcntl(given[i], F_DUPFD, 64);
  for (std::size_t i = 0; i < given.size(); ++i) dup2(high[i], kOwn[i]);
  close_range(kOutput + 1, ~0u, 0);
  signal(SIGPIPE, SIG_IGN);  // a script sees EPIPE
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (chdir(directory.c_str()) != 0) return;
  setenv("PACKETDRILL_PID", std::to_string(getpid()).c_str(), 1);  // Google's set_sysctls.py asks for it
  std::thread{serve_lane, kBlocking}.detach();
  serve_lane(kQuick);
}

}  // namespace

void Agent::Unmap::operator()(std::byte* memory) const { munmap(memory, kMemory); }

Agent::Agent(Sandbox& sandbox, const std::string& directory) {
  void* memory =
      mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw_system("mmap");
  memory_.reset(static_cast<std::byte*>(memory));
  std::array<UniqueFd, 2> far;
  for (std::size_t lane = 0; lane < far.size(); ++lane) {
    std::array<int, 2> ends{};
    check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    orders_[lane].reset(ends[0]);
    far[lane].reset(ends[1]);
  }
  output_.reset(check(memfd_create("halfopen-command", MFD_CLOEXEC), "memfd_create"));
  pid_ = sandbox.run_inside([&] { serve({far[0].get(), far[1].get(), output_.get()}, directory); });
  for (UniqueFd& end : far) end.reset();
  try {
    await_lanes(directory);
  } catch (...) {
    end();
    throw;
  }
}

void Agent::await_lanes(const std::string& directory) {
  begin(Lane::blocking, {.number = SYS_getpid});
  AgentReply reply;
  if (recv(fd(Lane::blocking), &reply, sizeof reply, 0) != static_cast<ssize_t>(sizeof reply))
    throw std::runtime_error{"no process can work in " + directory + " in a sandbox"};
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& task : std::filesystem::directory_iterator{tasks})
    if (task.path().filename() != std::to_string(pid_))
      status_.reset(open((task.path() / "stat").c_str(), O_RDONLY | O_CLOEXEC));
}

Agent::~Agent() { end(); }

void Agent::end() {
  kill(pid_, SIGKILL);  // nobody else waits for it: the number is still its own
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

std::span<std::byte> Agent::room(std::size_t size) {
  const std::size_t taken = (size + kAlignment - 1) / kAlignment * kAlignment;
  if (taken > kMemory) throw NotSupported{"a call with " + std::to_string(size) + " bytes"};
  if (used_ + taken > kMemory) used_ = 0;
  const std::span<std::byte> room{memory_.get() + used_, size};
  used_ += taken;
  std::ranges::fill(room, std::byte{0});
  return room;
}

void Agent::begin(Lane lane, const AgentCall& call) {
  if (send(fd(lane), &call, sizeof call, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof call))
    throw std::runtime_error{"the process that makes a script's calls is gone"};
}

void Agent::begin_command(const std::string& line) {
  const std::span<std::byte> text = room(line.size() + 1);
  std::memcpy(text.data(), line.data(), line.size());
  begin(Lane::quick, {.number = kCommand, .arguments = {reinterpret_cast<std::uint64_t>(text.data())}});
}

std::optional<AgentReply> Agent::take_reply(Lane lane) {
  AgentReply reply;
  const ssize_t got = recv(fd(lane), &reply, sizeof reply, MSG_DONTWAIT);
  if (got == static_cast<ssize_t>(sizeof reply)) return reply;
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  throw std::runtime_error{"the process that makes a script's calls is gone"};
}

// "TID (NAME) S ...": its name has no brackets, it is ours (proc_pid_stat(5)).
bool Agent::is_blocked() const {
  std::array<char, 128> text{};
  const ssize_t size = pread(status_.get(), text.data(), text.size(), 0);
  if (size <= 0) return false;
  const std::string_view line{text.data(), static_cast<std::size_t>(size)};
  const std::size_t bracket = line.rfind(") ");
  return bracket != std::string_view::npos && line.substr(bracket + 2).starts_with('S');
}

std::string Agent::last_words() const {
  std::array<char, 4096> text{};
  const off_t size = lseek(output_.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(text.size()));
  const ssize_t got = pread(output_.get(), text.data(), text.size(), from);
  std::string_view words{text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
  while (words.ends_with('\n')) words.remove_suffix(1);
  return std::string{words.substr(words.rfind('\n') + 1)};  // npos + 1 is 0
}

}  // namespace halfopen::drill
