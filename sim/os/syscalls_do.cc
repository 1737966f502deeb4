// The attempts at each system call. An attempt that gives CallResult::waits() has changed nothing but
// PendingCall::done, and is made again.
#include <algorithm>
#include <string_view>
#include <utility>

#include "sim/os/kernel.h"
#include "sim/os/syscalls.h"

namespace halfopen {
namespace {

TimePoint after(TimePoint now, Duration timeout) {
  return timeout >= kNever - now ? kNever : now + timeout;  // max() waits for ever
}

}  // namespace

Socket* Syscalls::socket_of(Process& process, int fd, Errno& error) {
  const Descriptor* file = Processes::file_of(process, fd);
  error = file == nullptr ? Errno::badf : file->socket == nullptr ? Errno::notsock : Errno::none;
  return file == nullptr ? nullptr : file->socket;
}

CallResult Syscalls::do_socket(TimePoint, Process& process, PendingCall& pending) {
  Socket& socket = pending.call.datagrams ? sockets_.create_datagram() : sockets_.create();
  return CallResult::of(Processes::open_file(process, {Descriptor::Kind::socket, 0, &socket}));
}

CallResult Syscalls::do_bind(TimePoint, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  return socket == nullptr ? CallResult::failure(error) : sockets_.bind(*socket, pending.call.address);
}

CallResult Syscalls::do_listen(TimePoint, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  if (socket == nullptr) return CallResult::failure(error);
  return sockets_.listen(*socket, static_cast<std::uint32_t>(pending.call.value));
}

CallResult Syscalls::do_connect(TimePoint now, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  if (socket == nullptr) return CallResult::failure(error);
  if (pending.call.disconnects) return sockets_.disconnect(now, *socket);
  pending.under_way = socket->connection != nullptr;
  return sockets_.connect(now, *socket, pending.call.address);
}

CallResult Syscalls::do_accept(TimePoint now, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  if (socket == nullptr) return CallResult::failure(error);
  Socket* accepted = nullptr;
  const CallResult result = sockets_.accept(*socket, accepted);
  if (accepted == nullptr) return or_timeout(now, *socket, pending, result);
  return CallResult::of(Processes::open_file(process, {Descriptor::Kind::socket, 0, accepted}));
}

// SO_RCVTIMEO ends a wait with EAGAIN.
CallResult Syscalls::or_timeout(TimePoint now, const Socket& socket, PendingCall& pending,
                                CallResult result) const {
  if (!result.blocked) return result;
  if (pending.timed_out) return CallResult::failure(Errno::again);
  const Duration timeout = Sockets::options_of(socket).receive_timeout;
  if (timeout > Duration{} && pending.deadline == kNever)
    pending.deadline = facts_.clock.expiry(now, timeout);
  return result;
}

CallResult Syscalls::do_read(TimePoint now, Process& process, PendingCall& pending) {
  const Call& call = pending.call;
  const Descriptor* file = Processes::file_of(process, call.fd);
  if (file == nullptr) return CallResult::failure(Errno::badf);
  if (file->kind == Descriptor::Kind::terminal) return terminal_.read(process.typed_read, call.into);
  if (file->socket == nullptr) return CallResult::failure(Errno::badf);
  Socket& socket = *file->socket;
  if (call.urgent) return sockets_.read_urgent(now, socket, call.into, call.peek);
  const CallResult part = read_part(now, socket, pending);
  if (part.failed()) return part;
  const std::size_t got = pending.done + static_cast<std::size_t>(part.value);
  if (!call.peek) pending.done = got;
  const bool may_wait = !call.dont_wait && !socket.nonblocking;
  const std::size_t size = std::max(call.discard, call.into.size());
  const std::size_t target = may_wait ? Sockets::read_target(socket, size, call.wait_all) : 0;
  const bool is_last = got > 0 && (pending.timed_out || Sockets::is_input_over(socket));
  if (is_last || (!part.blocked && (got >= target || got == 0))) {
    if (call.peek) Sockets::count_peeked(socket, got);
    return CallResult::of(static_cast<std::int64_t>(got));
  }
  return or_timeout(now, socket, pending, CallResult::waits(static_cast<std::int64_t>(got)));
}

// What is there of what a read still wants. Of one that has something already, an error waits for the next.
CallResult Syscalls::read_part(TimePoint now, Socket& socket, const PendingCall& pending) {
  const Call& call = pending.call;
  const Endpoint* endpoint = Sockets::endpoint_of(socket);
  if (pending.done > 0 && (endpoint == nullptr || endpoint->readable() == 0)) return CallResult::waits();
  if (call.peek) return sockets_.peek(socket, call.into);
  if (call.discard > 0) return sockets_.discard(now, socket, call.discard - pending.done);
  return sockets_.read(now, socket, call.into.subspan(pending.done));
}

CallResult Syscalls::do_write(TimePoint now, Process& process, PendingCall& pending) {
  const auto bytes = pending.call.bytes;
  const Descriptor* file = Processes::file_of(process, pending.call.fd);
  if (file == nullptr) return CallResult::failure(Errno::badf);
  if (file->socket == nullptr) {
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    processes_.note(now, process, ProcessNote::What::output, 0, 0, text);
    return CallResult::of(static_cast<std::int64_t>(bytes.size()));
  }
  Socket& socket = *file->socket;
  if (Sockets::is_datagram(socket)) {
    const SocketAddress& to = pending.call.address;
    return sockets_.send_datagram(socket, to.port != 0 ? std::optional{to} : std::nullopt, bytes);
  }
  if (pending.opening || sockets_.opens_by_write(socket, pending.call.fast_open)) {
    const CallResult opened = open_by_write(now, socket, pending);
    if (opened.failed() || opened.blocked || pending.done == bytes.size()) return opened;
  }
  const bool fails = Sockets::write_fails(socket);
  if (fails && pending.done > 0 && facts_.rules.partial_write_counts) {
    return CallResult::of(static_cast<std::int64_t>(pending.done));  // the error waits for the next call
  }
  WriteFlags flags = pending.call.flags;
  flags.waits = !pending.call.dont_wait && !socket.nonblocking;
  const bool again = std::exchange(pending.under_way, true);
  CallResult result = sockets_.write(now, socket, bytes.subspan(pending.done), flags, again);
  if (result.failed()) return result;
  pending.done += static_cast<std::size_t>(result.value);
  result.value = static_cast<std::int64_t>(pending.done);
  return result;
}

// A write that connects first: begins it, and then waits as connect() does.
CallResult Syscalls::open_by_write(TimePoint now, Socket& socket, PendingCall& pending) {
  const Call& call = pending.call;
  CallResult result;
  if (pending.opening) {
    result = sockets_.connect(now, socket, call.address);
  } else {
    pending.under_way = socket.connection != nullptr;
    result = sockets_.open_by_write(now, socket, call.address, call.bytes);
    if (!result.failed()) pending.done = static_cast<std::size_t>(result.value);
    // Once: to tell the connection anything wakes who waits for it.
    const bool waits = result.blocked && !call.dont_wait && !socket.nonblocking;
    if (waits && pending.done < call.bytes.size()) sockets_.expect_write(now, socket);
  }
  pending.opening = result.blocked;
  if (result.failed()) return result;
  result.value = static_cast<std::int64_t>(pending.done);
  return result;
}

CallResult Syscalls::do_close(TimePoint now, Process& process, PendingCall& pending) {
  if (pending.lingering != nullptr) {  // again
    if (Sockets::is_lingering(*pending.lingering) && !pending.timed_out) return CallResult::waits();
    const bool expired = Sockets::is_lingering(*pending.lingering);
    sockets_.end_linger(*std::exchange(pending.lingering, nullptr));
    const Errno error = expired ? facts_.rules.linger_expired.value : Errno::none;
    return error == Errno::none ? CallResult::of(0) : CallResult::failure(error);
  }
  Descriptor* file = Processes::file_of(process, pending.call.fd);
  if (file == nullptr) return CallResult::failure(Errno::badf);
  Socket* socket = file->socket;
  Processes::forget_file(process, pending.call.fd);
  if (socket == nullptr) return CallResult::of(0);
  if (socket->references == 1)
    for (const auto& epoll : epolls_) static_cast<void>(epoll->remove(*socket));
  const Duration linger = Sockets::options_of(*socket).linger_time;
  const CallResult result = sockets_.close(now, *socket, CloseBy::call);
  if (!result.blocked) return result;
  pending.lingering = socket;
  pending.deadline = facts_.clock.expiry(now, linger);
  return result;
}

CallResult Syscalls::do_shutdown(TimePoint now, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  return socket == nullptr ? CallResult::failure(error) : sockets_.shutdown(now, *socket, pending.call.how);
}

CallResult Syscalls::do_poll(TimePoint now, Process& process, PendingCall& pending) {
  std::int64_t found = 0;
  for (PollFd& polled : pending.call.polled) {
    const std::uint8_t always = poll_event::err | poll_event::hup | poll_event::nval;
    polled.returned = readiness(process, polled.fd) & (polled.wanted | always);
    // select() knows no hang-up but as readable.
    if (pending.call.kind == CallKind::select) polled.returned &= poll_event::in | poll_event::nval;
    if ((polled.returned & poll_event::nval) != 0 && pending.call.kind == CallKind::select) {
      return CallResult::failure(Errno::badf);
    }
    if (polled.returned != 0) ++found;
  }
  if (found > 0 || pending.timed_out || pending.call.timeout == Duration{}) return CallResult::of(found);
  if (pending.deadline == kNever) pending.deadline = after(now, pending.call.timeout);
  return CallResult::waits();
}

int Syscalls::create_epoll(Process& process) {
  epolls_.push_back(std::make_unique<Epoll>());
  const auto number = static_cast<std::uint32_t>(epolls_.size() - 1);
  return Processes::open_file(process, {Descriptor::Kind::epoll, number, nullptr});
}

Errno Syscalls::change_epoll(Process& process, int epoll, EpollChange change, int fd,
                             const EpollEvent& wanted) {
  const Descriptor* file = Processes::file_of(process, epoll);
  const Descriptor* watched = Processes::file_of(process, fd);
  if (file == nullptr || watched == nullptr) return Errno::badf;
  if (file->kind != Descriptor::Kind::epoll || watched->socket == nullptr) return Errno::inval;
  Epoll& instance = *epolls_[file->epoll];
  switch (change) {
    case EpollChange::add: return instance.add(*watched->socket, wanted);
    case EpollChange::modify: return instance.modify(*watched->socket, wanted);
    case EpollChange::remove: return instance.remove(*watched->socket);
  }
  return Errno::inval;
}

CallResult Syscalls::do_epoll_wait(TimePoint now, Process& process, PendingCall& pending) {
  const Descriptor* file = Processes::file_of(process, pending.call.fd);
  if (file == nullptr) return CallResult::failure(Errno::badf);
  if (file->kind != Descriptor::Kind::epoll) return CallResult::failure(Errno::inval);
  const std::size_t found = epolls_[file->epoll]->collect(sockets_, pending.call.ready);
  if (found > 0 || pending.timed_out || pending.call.timeout == Duration{})
    return CallResult::of(static_cast<std::int64_t>(found));
  if (pending.deadline == kNever) pending.deadline = after(now, pending.call.timeout);
  return CallResult::waits();
}

std::optional<SendReport> Syscalls::take_report(TimePoint now, Process& process, int fd) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, fd, error);
  return socket == nullptr ? std::nullopt : sockets_.take_report(now, *socket);
}

std::uint8_t Syscalls::readiness(Process& process, int fd) const {
  const Descriptor* file = Processes::file_of(process, fd);
  if (file == nullptr) return poll_event::nval;
  if (file->socket != nullptr) return sockets_.readiness(*file->socket);
  if (file->kind != Descriptor::Kind::terminal) return poll_event::out;
  return terminal_.readable(process.typed_read) ? poll_event::in : std::uint8_t{0};
}

CallResult Syscalls::do_setsockopt(TimePoint now, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  if (socket == nullptr) return CallResult::failure(error);
  if (pending.call.option == SocketOption::count_) return CallResult::failure(Errno::noprotoopt);
  if (pending.call.option == SocketOption::tcp_fastopen_key)
    return sockets_.set_fast_open_key(*socket, pending.call.bytes);
  return sockets_.set_option(now, *socket, pending.call.option, pending.call.value);
}

CallResult Syscalls::do_getsockopt(TimePoint, Process& process, PendingCall& pending) {
  Errno error = Errno::none;
  Socket* socket = socket_of(process, pending.call.fd, error);
  if (socket == nullptr) return CallResult::failure(error);
  if (pending.call.option == SocketOption::count_) return CallResult::failure(Errno::noprotoopt);
  return sockets_.get_option(*socket, pending.call.option);
}

CallResult Syscalls::do_fork(TimePoint now, Process& process, PendingCall& pending) {
  return CallResult::of(kernel_.fork(now, process, *pending.call.child));
}

CallResult Syscalls::do_waitpid(TimePoint now, Process& process, PendingCall& pending) {
  if (Process* zombie = processes_.zombie_of(process, pending.call.pid)) {
    const std::uint32_t pid = zombie->pid;
    if (pending.call.status != nullptr) *pending.call.status = zombie->wait_status();
    processes_.reap(now, process, *zombie);
    return CallResult::of(pid);
  }
  if (process.children == 0) return CallResult::failure(Errno::child);
  return pending.call.no_hang ? CallResult::of(0) : CallResult::waits();
}

CallResult Syscalls::do_nanosleep(TimePoint now, Process&, PendingCall& pending) {
  if (pending.timed_out) return CallResult::of(0);
  if (pending.deadline == kNever) pending.deadline = after(now, pending.call.timeout);
  return CallResult::waits();
}

}  // namespace halfopen
