#include "replay/guest/init/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "replay/base/unique_fd.h"
#include "replay/guest/init/frames.h"

namespace halfopen::guest {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
// A part of the grid on which runs start (replay/run/kernel_run.cc): it meets each run at the same times.
constexpr std::int64_t kHeartbeat = 1'024'000'000;
constexpr std::int64_t kGrace = 5 * kSecond;  // from SIGTERM to SIGKILL

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Pipe make_pipe() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) send_frame(FrameType::failure, "the guest has no pipes");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

[[noreturn]] void become(const Orders& orders, int output, int error_output) {
  setsid();
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(error_output, STDERR_FILENO);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const UniqueFd score{open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  [[maybe_unused]] const ssize_t reset = write(score.get(), "0", 1);  // only init is spared
  clearenv();
  for (const std::string& variable : orders.environment) putenv(strdup(variable.c_str()));
  std::vector<char*> words;
  for (const std::string& word : orders.words) words.push_back(strdup(word.c_str()));
  words.push_back(nullptr);
  if (chdir(orders.directory.c_str()) == 0) execvp(words[0], words.data());
  const std::string complaint = "cannot run " + orders.words.front() + ": " + std::strerror(errno) + "\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, complaint.data(), complaint.size());
  _exit(127);
}

class Command {
 public:
  Command(const Orders& orders, ChangedFiles& files) : files_{files} {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, nullptr);
    signals_ = UniqueFd{signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC)};
    output_ = make_pipe();
    error_output_ = make_pipe();
    const std::int64_t now = uptime();
    heartbeat_at_ = now + kHeartbeat * 3 / 4;
    if (orders.limit_ms != 0) limit_at_ = now + static_cast<std::int64_t>(orders.limit_ms) * 1'000'000;
    pid_ = fork();
    if (pid_ == 0) become(orders, output_.writing.get(), error_output_.writing.get());
    output_.writing.reset();
    error_output_.writing.reset();
  }

  int run() {
    while (!is_over_) {
      wait();
      tell_output();
      reap();
      keep_time();
    }
    kill(-1, SIGKILL);  // everybody but us
    while (waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {
    }
    tell_output();
    return status_;
  }

 private:
  void wait() {
    std::array<pollfd, 3> watched{{{.fd = output_.reading.get(), .events = POLLIN, .revents = 0},
                                   {.fd = error_output_.reading.get(), .events = POLLIN, .revents = 0},
                                   {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
    const std::int64_t left =
        std::max<std::int64_t>(0, std::min({heartbeat_at_, limit_at_, kill_at_}) - uptime());
    const timespec timeout{.tv_sec = left / kSecond, .tv_nsec = left % kSecond};
    ppoll(watched.data(), watched.size(), &timeout, nullptr);
  }

  static void tell(Pipe& from, FrameType type) {
    std::array<char, 1u << 15> block{};
    while (from.reading) {
      const ssize_t got = read(from.reading.get(), block.data(), block.size());
      if (got < 0) return;
      if (got == 0) return from.reading.reset();
      send_frame(type, {block.data(), static_cast<std::size_t>(got)});
    }
  }

  void tell_output() {
    tell(output_, FrameType::output);
    tell(error_output_, FrameType::error);
  }

  // The command's own end is the end; what it leaves behind, and what has no other parent, is reaped as well.
  void reap() {
    signalfd_siginfo ignored{};
    while (read(signals_.get(), &ignored, sizeof ignored) > 0) {
    }
    int status = 0;
    for (pid_t pid = 0; (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0;) {
      if (pid != pid_) continue;
      is_over_ = true;
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }

  void keep_time() {
    const std::int64_t now = uptime();
    if (now >= heartbeat_at_) {
      heartbeat_at_ += kHeartbeat;
      send_frame(FrameType::heartbeat);
      files_.send_growth();
    }
    if (now >= limit_at_) {
      limit_at_ = INT64_MAX;
      send_frame(FrameType::limit);
      end();
    }
    if (now >= kill_at_) kill(-1, SIGKILL);
  }

  void end() {
    if (kill_at_ != INT64_MAX) return;
    kill_at_ = uptime() + kGrace;
    kill(-pid_, SIGTERM);
    kill(-pid_, SIGCONT);
  }

  ChangedFiles& files_;
  UniqueFd signals_;
  Pipe output_;
  Pipe error_output_;
  pid_t pid_ = -1;
  std::int64_t heartbeat_at_ = INT64_MAX;
  std::int64_t limit_at_ = INT64_MAX;
  std::int64_t kill_at_ = INT64_MAX;
  bool is_over_ = false;
  int status_ = 0;
};

}  // namespace

int run_command(const Orders& orders, ChangedFiles& files) { return Command{orders, files}.run(); }

}  // namespace halfopen::guest
