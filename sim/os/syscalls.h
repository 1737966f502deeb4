// System calls of processes: descriptors to sockets, calls that block and go on, EINTR, and the notes of a
// trace.
//
// A call is an attempt; blocked, it stays in Process::pending, hangs on what it waits for, and is attempted
// again when the scheduler finds the process ready (retry).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/os/call.h"
#include "sim/os/call_result.h"
#include "sim/os/epoll.h"
#include "sim/os/processes.h"
#include "sim/os/sockets.h"
#include "sim/os/terminal.h"

namespace halfopen {

class Kernel;

class Syscalls {
 public:
  // All outlive it.
  Syscalls(const HostFacts& facts, Sockets& sockets, Processes& processes, Terminal& terminal, Kernel& kernel)
      : facts_{facts}, sockets_{sockets}, processes_{processes}, terminal_{terminal}, kernel_{kernel} {}

  // Makes a call for a process that has none pending. When it blocks, the result goes to `target` later, or
  // where that is null to take_completed(). A write of EPIPE may end the process.
  CallResult call(TimePoint now, Process& process, const Call& call, CallResult* target = nullptr);
  // The result of a driver's blocked call, once.
  static std::optional<CallResult> take_completed(Process& process);

  // The scheduler's: tries the pending call again; false while it still blocks.
  bool retry(TimePoint now, Process& process);
  // Ends the pending call since a handler is to run.
  void interrupt(TimePoint now, Process& process);

  // O_NONBLOCK of a socket, as fcntl() sets and gets it. EBADF where `fd` names none.
  static Errno set_nonblocking(Process& process, int fd, bool nonblocking);
  [[nodiscard]] static bool is_nonblocking(Process& process, int fd);

  // epoll_create() and epoll_ctl(): a new descriptor; EBADF, EINVAL, and what Epoll says (sim/os/epoll.h).
  int create_epoll(Process& process);
  enum class EpollChange : std::uint8_t { add, modify, remove };
  Errno change_epoll(Process& process, int epoll, EpollChange change, int fd, const EpollEvent& wanted);
  // recvmsg() with MSG_ERRQUEUE; nullopt: there is none, EAGAIN.
  std::optional<SendReport> take_report(TimePoint now, Process& process, int fd);

  // A process without a program whose calls a driver makes.
  [[nodiscard]] Process& start_driver(TimePoint now, const std::string& name);
  // The endpoint behind a descriptor; nullptr where there is none.
  [[nodiscard]] static const Endpoint* endpoint_of(Process& process, int fd);
  [[nodiscard]] static bool is_listener(Process& process, int fd);
  // A UDP socket's.
  [[nodiscard]] static bool is_datagram(Process& process, int fd);

 private:
  using Attempt = CallResult (Syscalls::*)(TimePoint, Process&, PendingCall&);
  static const std::array<Attempt, kCalls> kAttempts;

  CallResult do_socket(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_bind(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_listen(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_connect(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_accept(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_read(TimePoint now, Process& process, PendingCall& pending);
  CallResult read_part(TimePoint now, Socket& socket, const PendingCall& pending);
  CallResult do_write(TimePoint now, Process& process, PendingCall& pending);
  CallResult open_by_write(TimePoint now, Socket& socket, PendingCall& pending);
  CallResult do_close(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_shutdown(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_poll(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_epoll_wait(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_setsockopt(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_getsockopt(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_fork(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_waitpid(TimePoint now, Process& process, PendingCall& pending);
  CallResult do_nanosleep(TimePoint now, Process& process, PendingCall& pending);

  CallResult attempt(TimePoint now, Process& process);
  static CallResult unless_it_may_wait(Process& process, const PendingCall& pending,
                                       const CallResult& result);
  CallResult or_timeout(TimePoint now, const Socket& socket, PendingCall& pending, CallResult result) const;
  void wait(Process& process);
  void complete(TimePoint now, Process& process, const CallResult& result);
  void conclude(TimePoint now, Process& process, const CallResult& result);
  [[nodiscard]] std::uint8_t readiness(Process& process, int fd) const;
  // The socket that a descriptor names; otherwise nullptr, and `error` says why.
  static Socket* socket_of(Process& process, int fd, Errno& error);

  const HostFacts& facts_;
  Sockets& sockets_;
  Processes& processes_;
  Terminal& terminal_;
  Kernel& kernel_;                              // for fork()
  std::vector<std::unique_ptr<Epoll>> epolls_;  // of all processes; they stay
};

}  // namespace halfopen
