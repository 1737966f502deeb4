// The C library of the model's programs: system calls to `co_await`, and what a program may ask beside them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/os/call.h"
#include "sim/os/call_result.h"
#include "sim/os/process.h"
#include "sim/os/task.h"

namespace halfopen {

class Kernel;
class CallAwait;
class ExitAwait;

// One process's way into its kernel; a value that its functions hand on. `co_await` what its calls return, at
// once.
class Sys {
 public:
  Sys(Kernel& kernel, Process& process) : kernel_{&kernel}, process_{&process} {}

  // --- System calls: CallResult, with -1 and an Errno on failure
  [[nodiscard]] CallAwait socket() const;
  [[nodiscard]] CallAwait bind(int fd, const SocketAddress& local) const;
  [[nodiscard]] CallAwait listen(int fd, std::uint32_t backlog) const;
  [[nodiscard]] CallAwait connect(int fd, const SocketAddress& remote) const;
  [[nodiscard]] CallAwait accept(int fd) const;
  [[nodiscard]] CallAwait read(int fd, std::span<std::uint8_t> into) const;
  [[nodiscard]] CallAwait discard(int fd, std::size_t most) const;  // a read() whose bytes nobody wants
  [[nodiscard]] CallAwait write(int fd, std::span<const std::uint8_t> bytes) const;
  [[nodiscard]] CallAwait close(int fd) const;
  [[nodiscard]] CallAwait shutdown(int fd, ShutdownHow how) const;
  [[nodiscard]] CallAwait select(std::span<PollFd> fds, Duration timeout = Duration::max()) const;
  [[nodiscard]] CallAwait setsockopt(int fd, SocketOption option, std::int64_t value) const;
  [[nodiscard]] CallAwait getsockopt(int fd, SocketOption option) const;
  // Gives the child's pid; the child runs `child`, which must live until this returns.
  [[nodiscard]] CallAwait fork(const ProgramMain& child) const;
  [[nodiscard]] CallAwait waitpid(std::uint32_t pid, int* status, bool no_hang) const;
  [[nodiscard]] CallAwait nanosleep(Duration time) const;
  // Does not return.
  [[nodiscard]] ExitAwait exit(int status) const;

  // --- Not worth a line in a trace
  // signal(): an empty handler ignores it.
  void on_signal(int signal, SignalHandler handler) const;
  // To standard output and standard error.
  void print(std::string_view text) const;
  void complain(std::string_view text) const;
  // "line-client: TEXT", to standard error, with a newline.
  void perror(std::string_view text) const;

 private:
  friend class CallAwait;
  friend class ExitAwait;
  // True when the program goes on at once with `result`.
  bool begin(const Call& call, CallResult& result) const;
  void end(int status) const;

  Kernel* kernel_;
  Process* process_;
};

class CallAwait {
 public:
  CallAwait(const Sys& sys, const Call& call) : sys_{sys}, call_{call} {}
  CallAwait(const CallAwait&) = delete;  // the kernel writes the result into it
  CallAwait& operator=(const CallAwait&) = delete;
  [[nodiscard]] bool await_ready() { return sys_.begin(call_, result_); }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  [[nodiscard]] CallResult await_resume() const { return result_; }

 private:
  Sys sys_;
  Call call_;
  CallResult result_;
};

class ExitAwait {
 public:
  ExitAwait(const Sys& sys, int status) : sys_{sys}, status_{status} {}
  [[nodiscard]] bool await_ready() const {
    sys_.end(status_);
    return false;
  }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}

 private:
  Sys sys_;
  int status_;
};

}  // namespace halfopen
