// A system call as a value: what a program asks of its kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "sim/base/time.h"
#include "sim/os/sockets.h"
#include "sim/wire/address.h"

namespace halfopen {

class Sys;
template <class T>
class Task;
// A program's main(), and what a forked child does.
using ProgramMain = std::function<Task<int>(Sys)>;

enum class CallKind : std::uint8_t {
  socket,
  bind,
  listen,
  connect,
  accept,
  read,
  write,
  close,
  shutdown,
  poll,
  select,
  epoll_wait,
  setsockopt,
  getsockopt,
  fork,
  waitpid,
  nanosleep,
  count_,
};
inline constexpr std::size_t kCalls = static_cast<std::size_t>(CallKind::count_);

// What one watch of epoll_ctl() is for, and what epoll_wait() gives of it.
struct EpollEvent {
  std::uint8_t events = 0;  // poll_event bits
  bool edge = false;        // EPOLLET: told again only when there is news
  bool one_shot = false;    // EPOLLONESHOT: told once, until it is modified
  std::int64_t data = 0;    // the caller's
};

struct PollFd {
  int fd = -1;
  std::uint8_t wanted = 0;  // poll_event bits; err and hup are always told
  std::uint8_t returned = 0;
};

// Only the members that its kind reads are set. What spans and pointers refer to stays until the call is
// complete.
struct Call {
  CallKind kind = CallKind::socket;
  int fd = -1;
  std::span<std::uint8_t> into{};         // read
  std::size_t discard = 0;                // read: that many at most, thrown away
  bool peek = false;                      // read: MSG_PEEK
  bool urgent = false;                    // read: MSG_OOB
  bool wait_all = false;                  // read: MSG_WAITALL
  bool datagrams = false;                 // socket: SOCK_DGRAM
  std::span<const std::uint8_t> bytes{};  // write; setsockopt of a value that is no number
  bool dont_wait = false;                 // read, write: MSG_DONTWAIT
  WriteFlags flags{};                     // write
  bool fast_open = false;                 // write: MSG_FASTOPEN
  bool disconnects = false;               // connect: to AF_UNSPEC
  SocketAddress address{};                // bind, connect; write: where to, if that connects or is UDP
  SocketOption option = SocketOption::count_;
  std::int64_t value = 0;  // setsockopt; listen: backlog
  ShutdownHow how = ShutdownHow::write;
  std::span<PollFd> polled{};          // poll, select
  std::span<EpollEvent> ready{};       // epoll_wait: to be filled
  Duration timeout = Duration::max();  // poll, select, epoll_wait, nanosleep; max: none
  std::uint32_t pid = 0;               // waitpid; 0: any child
  bool no_hang = false;                // waitpid: WNOHANG
  int* status = nullptr;               // waitpid: where to put it; may be null
  const ProgramMain* child = nullptr;  // fork: what the child does
};

// One function a call, in the order of its C arguments.
namespace calls {
[[nodiscard]] Call socket();
[[nodiscard]] Call bind(int fd, const SocketAddress& local);
[[nodiscard]] Call listen(int fd, std::uint32_t backlog);
[[nodiscard]] Call connect(int fd, const SocketAddress& remote);
[[nodiscard]] Call accept(int fd);
[[nodiscard]] Call read(int fd, std::span<std::uint8_t> into);
[[nodiscard]] Call discard(int fd, std::size_t most);  // a read() whose bytes nobody wants
[[nodiscard]] Call write(int fd, std::span<const std::uint8_t> bytes);
[[nodiscard]] Call close(int fd);
[[nodiscard]] Call shutdown(int fd, ShutdownHow how);
[[nodiscard]] Call poll(std::span<PollFd> fds, Duration timeout = Duration::max());
// poll() for reading, noted as select().
[[nodiscard]] Call select(std::span<PollFd> fds, Duration timeout = Duration::max());
[[nodiscard]] Call epoll_wait(int fd, std::span<EpollEvent> ready, Duration timeout);
[[nodiscard]] Call setsockopt(int fd, SocketOption option, std::int64_t value);
[[nodiscard]] Call getsockopt(int fd, SocketOption option);  // gives the value itself
[[nodiscard]] Call fork(const ProgramMain& child);
[[nodiscard]] Call waitpid(std::uint32_t pid, int* status, bool no_hang);
[[nodiscard]] Call nanosleep(Duration time);
}  // namespace calls

}  // namespace halfopen
