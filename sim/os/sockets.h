// Socket calls as plain calls on sockets: each is an attempt that gives a result, or says that it would block
// and is made again later. No process, no descriptor, no waiting: those are sim/os/syscalls.h. What each call
// gives in which state stands in one table, sim/os/sockets.cc; what differs between systems is in the
// profile's socket row and OsRules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "sim/os/call_result.h"
#include "sim/os/socket.h"
#include "sim/os/socket_option.h"
#include "sim/os/tcp_stack.h"

namespace halfopen {

enum class ShutdownHow : std::uint8_t { read, write, both };

// What poll(2) reports of a socket; bits.
namespace poll_event {
inline constexpr std::uint8_t in = 0x01;
inline constexpr std::uint8_t pri = 0x02;
inline constexpr std::uint8_t out = 0x04;
inline constexpr std::uint8_t err = 0x08;
inline constexpr std::uint8_t hup = 0x10;
inline constexpr std::uint8_t nval = 0x20;
inline constexpr std::uint8_t rdhup = 0x40;
}  // namespace poll_event

// How a descriptor's last reference goes away.
enum class CloseBy : std::uint8_t {
  call,  // close(): lingers where SO_LINGER says so
  exit,  // the process is gone: never lingers
};

class Sockets {
 public:
  // Both outlive it.
  Sockets(const HostFacts& facts, TcpStack& stack) : facts_{facts}, stack_{stack} {}
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  // socket(): one reference held. It lives until close() of its last reference (or that close's lingering) is
  // done.
  [[nodiscard]] Socket& create();
  // --- Of UDP (sockets_datagram.cc): bind, connect, read, peek, close and options are those of any socket.
  [[nodiscard]] Socket& create_datagram();
  [[nodiscard]] static bool is_datagram(const Socket& socket);
  // Sends one datagram to where connect() said, or to `to`. It must fit the device: nobody cuts it.
  CallResult send_datagram(Socket& socket, const std::optional<SocketAddress>& to,
                           std::span<const std::uint8_t> bytes);

  // Port 0 stands for a free one, which connect() or listen() chooses: only they know what must be free.
  CallResult bind(Socket& socket, const SocketAddress& local);
  CallResult listen(Socket& socket, std::uint32_t backlog);
  // Blocks until established. Made again, it waits for the attempt under way.
  CallResult connect(TimePoint now, Socket& socket, const SocketAddress& remote);
  // connect() to AF_UNSPEC: a connection ends, by a reset where something may be on the way; the socket can
  // connect again.
  CallResult disconnect(TimePoint now, Socket& socket);
  // On success `accepted` is the new socket.
  CallResult accept(Socket& socket, Socket*& accepted);
  // The number of bytes; 0 is the end. Blocks while there is neither data nor end nor error.
  CallResult read(TimePoint now, Socket& socket, std::span<std::uint8_t> into);
  // read() with MSG_PEEK: what is read stays. With SO_PEEK_OFF it begins where the last one ended, once
  // count_peeked() was told.
  CallResult peek(Socket& socket, std::span<std::uint8_t> into);
  static void count_peeked(Socket& socket, std::size_t bytes);
  // recv() with MSG_OOB, which never waits: the urgent byte; EINVAL where there is none, EAGAIN before it is
  // there. `peeks`: with MSG_PEEK.
  CallResult read_urgent(TimePoint now, Socket& socket, std::span<std::uint8_t> into, bool peeks);
  // read() of up to `most` bytes that nobody wants.
  CallResult discard(TimePoint now, Socket& socket, std::size_t most);
  // Takes what fits; blocked with that count while not all of it did. EPIPE means SIGPIPE. `again`: the
  // writer has waited for room.
  CallResult write(TimePoint now, Socket& socket, std::span<const std::uint8_t> bytes, WriteFlags flags = {},
                   bool again = false);
  // recvmsg() with MSG_ERRQUEUE: the oldest report; nullopt is EAGAIN.
  std::optional<SendReport> take_report(TimePoint now, Socket& socket);
  // --- Fast Open (sockets_fast_open.cc)
  // A write connects first; `asked`: with MSG_FASTOPEN.
  [[nodiscard]] bool opens_by_write(const Socket& socket, bool asked) const;
  // Begins to connect to `remote`, or where connect() was told to wait, to its address, with data in the SYN
  // if that may be. Blocked with the number of bytes taken, until connect() succeeds; not blocked with it
  // where the call does not wait. Of a socket that has a connection: what connect() gives.
  CallResult open_by_write(TimePoint now, Socket& socket, const SocketAddress& remote,
                           std::span<const std::uint8_t> bytes);
  // A blocked write waits for the handshake, and has data for its last ACK.
  void expect_write(TimePoint now, Socket& socket);
  // TCP_FASTOPEN_KEY, 16 bytes.
  CallResult set_fast_open_key(Socket& socket, std::span<const std::uint8_t> bytes);

  // How many of `size` bytes a read that may wait is to have: SO_RCVLOWAT, MSG_WAITALL.
  [[nodiscard]] static std::size_t read_target(const Socket& socket, std::size_t size, bool wait_all);
  // Nothing more than what is there will come: the peer or the process has ended it, or there is an error.
  [[nodiscard]] static bool is_input_over(const Socket& socket);
  // A write would fail now.
  [[nodiscard]] static bool write_fails(const Socket& socket);
  CallResult shutdown(TimePoint now, Socket& socket, ShutdownHow how);
  CallResult set_option(TimePoint now, Socket& socket, SocketOption option, std::int64_t value);
  // The option's value; for SO_ERROR an Errno, which is thereby reported.
  CallResult get_option(Socket& socket, SocketOption option);
  // poll_event bits.
  [[nodiscard]] std::uint8_t readiness(const Socket& socket) const;

  // fork() and dup().
  static void add_reference(Socket& socket) { ++socket.references; }
  // Drops one reference; the last closes. Blocked: it lingers; then end_linger() is due once !is_lingering(),
  // or when the time is up. Without CloseBy::call it never blocks.
  CallResult close(TimePoint now, Socket& socket, CloseBy by);
  [[nodiscard]] static bool is_lingering(const Socket& socket);
  void end_linger(Socket& socket);

  // --- For drivers and reports
  // The options that a call on this socket would see.
  [[nodiscard]] static const SocketOptions& options_of(const Socket& socket);
  // The endpoint behind a socket; nullptr before connect().
  [[nodiscard]] static const Endpoint* endpoint_of(const Socket& socket);

 private:
  CallResult bind_datagram(Socket& socket, const SocketAddress& local);
  CallResult connect_datagram(Socket& socket, const SocketAddress& remote);
  CallResult read_datagram(Socket& socket, std::span<std::uint8_t> into, bool peek);
  [[nodiscard]] Errno choose_datagram_port(Socket& socket);
  [[nodiscard]] std::uint8_t datagram_readiness(const Socket& socket) const;
  [[nodiscard]] Errno check_bind(const Socket& socket, const SocketAddress& local) const;
  [[nodiscard]] Errno choose_port(SocketAddress& local, const SocketAddress* remote);
  [[nodiscard]] bool is_bound(const SocketAddress& local) const;
  [[nodiscard]] bool is_listened_at(const SocketAddress& local) const;
  template <class Take>
  [[nodiscard]] CallResult read_by(TimePoint now, Socket& socket, Take take);
  [[nodiscard]] CallResult read_nothing(Socket& socket) const;
  [[nodiscard]] CallResult write_failure(Socket& socket) const;
  void stop_listening(TimePoint now, Socket& socket);
  CallResult start_connect(TimePoint now, Socket& socket, const SocketAddress& remote);
  CallResult connect_or_defer(TimePoint now, Socket& socket, const SocketAddress& remote);
  [[nodiscard]] Errno choose_ends(Socket& socket, const SocketAddress& remote, FourTuple& tuple);
  void attach(Socket& socket, Connection& connection);
  void detach(Socket& socket);
  static CallResult without_connection(Socket& socket, Errno otherwise);
  [[nodiscard]] static bool is_deferred(const Socket& socket);
  CallResult set_fast_open_queue(Socket& socket, std::int64_t limit);
  [[nodiscard]] bool may_set(const Socket& socket, SocketOption option, std::int64_t value) const;
  [[nodiscard]] Errno check_fast_open_option(const Socket& socket, SocketOption option) const;
  [[nodiscard]] Errno check_option(const Socket& socket, SocketOption option, std::int64_t value) const;
  void set_connection_option(TimePoint now, Connection& connection, const SocketOptions& options,
                             SocketOption option, std::int64_t value);
  [[nodiscard]] CallResult get_connection_option(Connection& connection, SocketOption option) const;
  [[nodiscard]] Socket& take_slot();
  void destroy(Socket& socket);

  const HostFacts& facts_;
  TcpStack& stack_;
  std::deque<Socket> slots_;   // every socket that ever was at one time
  std::vector<Socket*> free_;  // those of them that are none now
};

}  // namespace halfopen
