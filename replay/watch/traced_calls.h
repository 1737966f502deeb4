// The network system calls that are watched, by the numbers and names of this machine's kernel. One table for
// the filter that stops at them and for the reader that puts them into words.
#pragma once

#include <sys/syscall.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace halfopen {

enum class TracedCall : std::uint8_t {
  socket,
  bind,
  listen,
  connect,
  accept,
  accept4,
  read,
  readv,
  recvfrom,
  recvmsg,
  recvmmsg,
  write,
  writev,
  sendto,
  sendmsg,
  sendmmsg,
  sendfile,
  poll,
  ppoll,
  select,
  pselect6,
  epoll_wait,
  epoll_pwait,
  epoll_pwait2,
  close,
  shutdown,
  getsockopt,
  setsockopt,
  wait4,  // for the reaping of children
};

struct TracedCallRow {
  TracedCall call;
  std::uint32_t number;
  std::string_view name;  // the kernel's
};

// Newer architectures have no poll, select and epoll_wait: there the C library uses their successors.
inline constexpr auto kTracedCalls = std::to_array<TracedCallRow>({
    {TracedCall::socket, __NR_socket, "socket"},
    {TracedCall::bind, __NR_bind, "bind"},
    {TracedCall::listen, __NR_listen, "listen"},
    {TracedCall::connect, __NR_connect, "connect"},
    {TracedCall::accept, __NR_accept, "accept"},
    {TracedCall::accept4, __NR_accept4, "accept4"},
    {TracedCall::read, __NR_read, "read"},
    {TracedCall::readv, __NR_readv, "readv"},
    {TracedCall::recvfrom, __NR_recvfrom, "recvfrom"},
    {TracedCall::recvmsg, __NR_recvmsg, "recvmsg"},
    {TracedCall::recvmmsg, __NR_recvmmsg, "recvmmsg"},
    {TracedCall::write, __NR_write, "write"},
    {TracedCall::writev, __NR_writev, "writev"},
    {TracedCall::sendto, __NR_sendto, "sendto"},
    {TracedCall::sendmsg, __NR_sendmsg, "sendmsg"},
    {TracedCall::sendmmsg, __NR_sendmmsg, "sendmmsg"},
    {TracedCall::sendfile, __NR_sendfile, "sendfile"},
#ifdef __NR_poll
    {TracedCall::poll, __NR_poll, "poll"},
#endif
    {TracedCall::ppoll, __NR_ppoll, "ppoll"},
#ifdef __NR_select
    {TracedCall::select, __NR_select, "select"},
#endif
    {TracedCall::pselect6, __NR_pselect6, "pselect6"},
#ifdef __NR_epoll_wait
    {TracedCall::epoll_wait, __NR_epoll_wait, "epoll_wait"},
#endif
    {TracedCall::epoll_pwait, __NR_epoll_pwait, "epoll_pwait"},
    {TracedCall::epoll_pwait2, __NR_epoll_pwait2, "epoll_pwait2"},
    {TracedCall::close, __NR_close, "close"},
    {TracedCall::shutdown, __NR_shutdown, "shutdown"},
    {TracedCall::getsockopt, __NR_getsockopt, "getsockopt"},
    {TracedCall::setsockopt, __NR_setsockopt, "setsockopt"},
    {TracedCall::wait4, __NR_wait4, "waitpid"},  // as the C library calls it
});

// The row of a system call, or null if it is none that is watched.
[[nodiscard]] constexpr const TracedCallRow* traced_call(std::uint64_t number) {
  for (const TracedCallRow& row : kTracedCalls) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

}  // namespace halfopen
