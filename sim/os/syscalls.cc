#include "sim/os/syscalls.h"

#include <utility>

#include "sim/os/call_text.h"

namespace halfopen {

// In CallKind's order.
const std::array<Syscalls::Attempt, kCalls> Syscalls::kAttempts{
    &Syscalls::do_socket,     &Syscalls::do_bind,       &Syscalls::do_listen, &Syscalls::do_connect,
    &Syscalls::do_accept,     &Syscalls::do_read,       &Syscalls::do_write,  &Syscalls::do_close,
    &Syscalls::do_shutdown,   &Syscalls::do_poll,       &Syscalls::do_poll,   &Syscalls::do_epoll_wait,
    &Syscalls::do_setsockopt, &Syscalls::do_getsockopt, &Syscalls::do_fork,   &Syscalls::do_waitpid,
    &Syscalls::do_nanosleep,
};

CallResult Syscalls::call(TimePoint now, Process& process, const Call& call, CallResult* target) {
  const Descriptor* file = Processes::file_of(process, call.fd);
  PendingCall& pending = process.pending;
  pending = PendingCall{};
  pending.call = call;
  pending.began = now;
  pending.target = target;
  pending.traced = file == nullptr || file->kind == Descriptor::Kind::socket;
  const CallResult result = unless_it_may_wait(process, pending, attempt(now, process));
  if (result.blocked) {
    wait(process);
  } else {
    conclude(now, process, result);
  }
  return result;
}

std::optional<CallResult> Syscalls::take_completed(Process& process) {
  return std::exchange(process.completed, std::nullopt);
}

bool Syscalls::retry(TimePoint now, Process& process) {
  const CallResult result = attempt(now, process);
  if (result.blocked) return false;
  processes_.stop_waiting(process);
  complete(now, process, result);
  return true;
}

// A handler runs: the call gives what it has, or EINTR.
void Syscalls::interrupt(TimePoint now, Process& process) {
  PendingCall& pending = process.pending;
  processes_.stop_waiting(process);
  CallResult result = CallResult::failure(Errno::intr);
  if (pending.done > 0) result = CallResult::of(static_cast<std::int64_t>(pending.done));
  if (pending.lingering != nullptr) {
    sockets_.end_linger(*std::exchange(pending.lingering, nullptr));
    result = CallResult::of(0);
  }
  complete(now, process, result);
}

Process& Syscalls::start_driver(TimePoint now, const std::string& name) {
  Process& process = processes_.create(now, name);
  process.is_driver = true;
  return process;
}

const Endpoint* Syscalls::endpoint_of(Process& process, int fd) {
  Errno error = Errno::none;
  const Socket* socket = socket_of(process, fd, error);
  return socket == nullptr ? nullptr : Sockets::endpoint_of(*socket);
}

bool Syscalls::is_listener(Process& process, int fd) {
  Errno error = Errno::none;
  const Socket* socket = socket_of(process, fd, error);
  return socket != nullptr && socket->listener != nullptr;
}

bool Syscalls::is_datagram(Process& process, int fd) {
  Errno error = Errno::none;
  const Socket* socket = socket_of(process, fd, error);
  return socket != nullptr && Sockets::is_datagram(*socket);
}

CallResult Syscalls::attempt(TimePoint now, Process& process) {
  const auto kind = static_cast<std::size_t>(process.pending.call.kind);
  return (this->*kAttempts[kind])(now, process, process.pending);
}

// O_NONBLOCK and MSG_DONTWAIT: what would wait says so instead.
CallResult Syscalls::unless_it_may_wait(Process& process, const PendingCall& pending,
                                        const CallResult& result) {
  const Call& call = pending.call;
  if (!result.blocked || !(call.dont_wait || is_nonblocking(process, call.fd))) return result;
  switch (call.kind) {
    case CallKind::connect:
      return CallResult::failure(pending.under_way ? Errno::already : Errno::inprogress);
    case CallKind::write:
      if (pending.done > 0) return CallResult::of(static_cast<std::int64_t>(pending.done));
      if (pending.opening) return CallResult::failure(pending.under_way ? Errno::already : Errno::inprogress);
      return CallResult::failure(Errno::again);
    case CallKind::accept:
    case CallKind::read: return CallResult::failure(Errno::again);
    default: return result;
  }
}

Errno Syscalls::set_nonblocking(Process& process, int fd, bool nonblocking) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, fd, error);
  if (socket != nullptr) socket->nonblocking = nonblocking;
  return error;
}

bool Syscalls::is_nonblocking(Process& process, int fd) {
  Errno error = Errno::none;
  const Socket* socket = socket_of(process, fd, error);
  return socket != nullptr && socket->nonblocking;
}

// Hangs the pending call on everything that could complete it.
void Syscalls::wait(Process& process) {
  const PendingCall& pending = process.pending;
  process.blocked = true;
  processes_.timeouts().set(process, pending.deadline);
  std::vector<WaitNode>& nodes =
      process.waits;  // its memory stays: a process allocates for its first wait only
  const auto add = [&](WaitQueue& queue) { nodes.push_back({.who = &process, .queue = &queue}); };
  const auto add_file = [&](int fd) {
    const Descriptor* file = Processes::file_of(process, fd);
    if (file == nullptr) return;
    if (file->kind == Descriptor::Kind::terminal) add(terminal_.readers);
    if (file->socket != nullptr) add(file->socket->waiters);
    if (file->kind == Descriptor::Kind::epoll)
      epolls_[file->epoll]->each([&](Socket& socket) { add(socket.waiters); });
  };
  if (pending.lingering != nullptr) {
    add(pending.lingering->waiters);
  } else if (pending.call.polled.empty()) {
    add_file(pending.call.fd);
  }
  for (const PollFd& polled : pending.call.polled) add_file(polled.fd);
  for (WaitNode& node : nodes) {
    WaitQueue* queue = std::exchange(node.queue, nullptr);
    queue->add(node);  // only now: growing the vector would move linked nodes
  }
}

// A call that had blocked is over: whoever made it gets the result.
void Syscalls::complete(TimePoint now, Process& process, const CallResult& result) {
  if (process.pending.target != nullptr) {
    *process.pending.target = result;
  } else {
    process.completed = result;
  }
  conclude(now, process, result);
}

void Syscalls::conclude(TimePoint now, Process& process, const CallResult& result) {
  const PendingCall& pending = process.pending;
  if (pending.traced && facts_.wants(NoteKind::call)) {
    CallText text = describe(pending.call, result);
    facts_.observer->on_note(CallNote{.at = now,
                                      .began = pending.began,
                                      .host = facts_.id,
                                      .program = process.program,
                                      .pid = process.pid,
                                      .call = std::move(text.call),
                                      .args = std::move(text.args),
                                      .result = text.result,
                                      .error = static_cast<int>(result.error),
                                      .detail = std::move(text.detail)});
  }
  if (pending.call.kind == CallKind::write && result.error == Errno::pipe) {
    processes_.signal(now, process, sig::pipe);
  }
}

}  // namespace halfopen
