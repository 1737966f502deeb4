// Connections that open as they are written to: sendto() with MSG_FASTOPEN, TCP_FASTOPEN_CONNECT, and
// FreeBSD's sendto() on a socket with TCP_FASTOPEN.
#include <algorithm>

#include "sim/os/sockets.h"

namespace halfopen {

bool Sockets::opens_by_write(const Socket& socket, bool asked) const {
  switch (facts_.profile.fast_open.calls.value) {
    case FastOpenCalls::none: return false;
    case FastOpenCalls::msg_fastopen: return asked || is_deferred(socket);
    case FastOpenCalls::implied: return socket.setup != nullptr && socket.setup->options.fast_open_connect;
  }
  return false;
}

bool Sockets::is_deferred(const Socket& socket) {
  return socket.setup != nullptr && socket.setup->deferred.has_value();
}

CallResult Sockets::open_by_write(TimePoint now, Socket& socket, const SocketAddress& remote,
                                  std::span<const std::uint8_t> bytes) {
  const FastOpenProfile& os = facts_.profile.fast_open;
  if (!is_deferred(socket) && !os.client) return CallResult::failure(Errno::opnotsupp);
  if (socket.setup == nullptr) return connect(now, socket, remote);
  const SocketAddress to = socket.setup->deferred.value_or(remote);
  FourTuple tuple;
  if (const Errno error = choose_ends(socket, to, tuple); error != Errno::none)
    return CallResult::failure(error);
  std::size_t taken = 0;
  attach(socket, stack_.connect_fast(now, tuple, socket.setup->options, bytes, taken));
  const auto count = static_cast<std::int64_t>(taken);
  return os.calls.value == FastOpenCalls::implied ? CallResult::of(count) : CallResult::waits(count);
}

// connect() with TCP_FASTOPEN_CONNECT: the SYN waits for the first write, if that may send data with it; else
// it leaves now and asks for a cookie.
CallResult Sockets::connect_or_defer(TimePoint now, Socket& socket, const SocketAddress& remote) {
  if (stack_.fast_open_choice(now, remote, socket.setup->options).may_send_data) {
    socket.setup->deferred = remote;
    return CallResult::of(0);
  }
  return open_by_write(now, socket, remote, {});
}

CallResult Sockets::set_fast_open_queue(Socket& socket, std::int64_t limit) {
  if (limit < 0 || socket.connection != nullptr) return CallResult::failure(Errno::inval);
  const bool implied = facts_.profile.fast_open.calls.value == FastOpenCalls::implied;
  FastOpenSetup& setup =
      socket.listener != nullptr ? socket.listener->fast_open().setup() : socket.setup->fast_open;
  const std::uint32_t most = facts_.profile.socket.somaxconn;
  setup.limit = static_cast<std::uint32_t>(std::min<std::int64_t>(limit, most));
  if (implied && socket.setup != nullptr) socket.setup->options.fast_open_connect = limit != 0;
  return CallResult::of(0);
}

CallResult Sockets::set_fast_open_key(Socket& socket, std::span<const std::uint8_t> bytes) {
  FastOpenKey key{.bytes = {}, .is_set = true};
  if (facts_.profile.fast_open.calls.value != FastOpenCalls::msg_fastopen)
    return CallResult::failure(Errno::noprotoopt);
  if (bytes.size() != key.bytes.size() || socket.connection != nullptr)
    return CallResult::failure(Errno::inval);
  std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
  (socket.listener != nullptr ? socket.listener->fast_open().setup() : socket.setup->fast_open).key = key;
  return CallResult::of(0);
}

// What TCP_FASTOPEN_CONNECT and TCP_FASTOPEN_NO_COOKIE ask for beside a value of 0 or 1 (net/ipv4/tcp.c
// do_tcp_setsockopt).
Errno Sockets::check_fast_open_option(const Socket& socket, SocketOption option) const {
  if (option == SocketOption::tcp_fastopen_connect && !facts_.profile.fast_open.client)
    return Errno::opnotsupp;
  if (option == SocketOption::tcp_fastopen_connect && (socket.setup == nullptr || is_deferred(socket)))
    return Errno::inval;
  if (option == SocketOption::tcp_fastopen_no_cookie && socket.connection != nullptr) return Errno::inval;
  return Errno::none;
}

}  // namespace halfopen
