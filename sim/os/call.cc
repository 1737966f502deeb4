#include "sim/os/call.h"

namespace halfopen::calls {

Call socket() { return {.kind = CallKind::socket}; }
Call bind(int fd, const SocketAddress& local) { return {.kind = CallKind::bind, .fd = fd, .address = local}; }
Call listen(int fd, std::uint32_t backlog) { return {.kind = CallKind::listen, .fd = fd, .value = backlog}; }
Call connect(int fd, const SocketAddress& remote) {
  return {.kind = CallKind::connect, .fd = fd, .address = remote};
}
Call accept(int fd) { return {.kind = CallKind::accept, .fd = fd}; }
Call read(int fd, std::span<std::uint8_t> into) { return {.kind = CallKind::read, .fd = fd, .into = into}; }
Call discard(int fd, std::size_t most) { return {.kind = CallKind::read, .fd = fd, .discard = most}; }
Call write(int fd, std::span<const std::uint8_t> bytes) {
  return {.kind = CallKind::write, .fd = fd, .bytes = bytes};
}
Call close(int fd) { return {.kind = CallKind::close, .fd = fd}; }
Call shutdown(int fd, ShutdownHow how) { return {.kind = CallKind::shutdown, .fd = fd, .how = how}; }
Call poll(std::span<PollFd> fds, Duration timeout) {
  return {.kind = CallKind::poll, .polled = fds, .timeout = timeout};
}
Call select(std::span<PollFd> fds, Duration timeout) {
  for (PollFd& fd : fds) fd.wanted = poll_event::in;
  return {.kind = CallKind::select, .polled = fds, .timeout = timeout};
}
Call epoll_wait(int fd, std::span<EpollEvent> ready, Duration timeout) {
  return {.kind = CallKind::epoll_wait, .fd = fd, .ready = ready, .timeout = timeout};
}
Call setsockopt(int fd, SocketOption option, std::int64_t value) {
  return {.kind = CallKind::setsockopt, .fd = fd, .option = option, .value = value};
}
Call getsockopt(int fd, SocketOption option) {
  return {.kind = CallKind::getsockopt, .fd = fd, .option = option};
}
Call fork(const ProgramMain& child) { return {.kind = CallKind::fork, .child = &child}; }
Call waitpid(std::uint32_t pid, int* status, bool no_hang) {
  return {.kind = CallKind::waitpid, .pid = pid, .no_hang = no_hang, .status = status};
}
Call nanosleep(Duration time) { return {.kind = CallKind::nanosleep, .timeout = time}; }

}  // namespace halfopen::calls
