// Options of a socket, wherever they are at the time: in its setup, its listener or its connection.
#include <utility>

#include "sim/os/sockets.h"

namespace halfopen {

CallResult Sockets::set_option(TimePoint now, Socket& socket, SocketOption option, std::int64_t value) {
  if (has_option(facts_.profile, option)) {
    if (option == SocketOption::tcp_fastopen) return set_fast_open_queue(socket, value);
    if (const Errno error = check_option(socket, option, value); error != Errno::none)
      return CallResult::failure(error);
  }
  SocketOptions options = options_of(socket);
  const Errno error = halfopen::set_option(facts_.profile, options, option, value);
  if (error != Errno::none) return CallResult::failure(error);
  if (option == SocketOption::so_peek_off) socket.peek_offset = static_cast<std::int32_t>(value);
  if (socket.setup != nullptr) {
    socket.setup->options = options;
  } else if (socket.listener != nullptr) {
    socket.listener->options() = options;
  } else if (socket.connection->endpoint().state() != State::closed) {
    set_connection_option(now, *socket.connection, options, option, value);
  }
  return CallResult::of(0);
}

void Sockets::set_connection_option(TimePoint now, Connection& connection, const SocketOptions& options,
                                    SocketOption option, std::int64_t value) {
  // Whoever asks not to wait, asks for what waits already, too (net/ipv4/tcp.c __tcp_sock_set_nodelay).
  const bool pushes = option == SocketOption::tcp_nodelay && value != 0;
  stack_.input(now, connection, [&](Endpoint& endpoint) {
    endpoint.set_options(now, options);
    if (pushes) endpoint.push();
    if (option == SocketOption::tcp_quickack) endpoint.set_quick_ack(value);
  });
}

// What depends on where the socket is.
Errno Sockets::check_option(const Socket& socket, SocketOption option, std::int64_t value) const {
  const bool is_unconnected = socket.setup != nullptr;
  if (option == SocketOption::tcp_window_clamp && value == 0 && !is_unconnected) return Errno::inval;
  if (option == SocketOption::so_peek_off && !facts_.profile.socket.peek_offset) return Errno::opnotsupp;
  // What a socket is for cannot change once it has a port (net/ipv6/ipv6_sockglue.c: IPV6_V6ONLY).
  const bool has_port = !is_unconnected || socket.setup->bound;
  if (option == SocketOption::ipv6_v6only && has_port) return Errno::inval;
  if (!may_set(socket, option, value)) return Errno::inval;
  return check_fast_open_option(socket, option);
}

// What an option asks of its socket beside a value in range (netinet/tcp_usrreq.c tcp_default_ctloutput).
bool Sockets::may_set(const Socket& socket, SocketOption option, std::int64_t value) const {
  const OsProfile& os = facts_.profile;
  switch (option) {
    case SocketOption::tcp_remote_udp_encaps_port:  // no connection yet, and a port that takes the answers
      return socket.setup != nullptr && (value == 0 || os.tunnel.port != 0);
    case SocketOption::tcp_maxseg: {
      if (os.socket.maxseg_least == 0) return true;
      const Endpoint* endpoint = endpoint_of(socket);
      const std::int64_t most = endpoint != nullptr ? endpoint->segment_size()
                                                    : halfopen::get_option(os, options_of(socket), option);
      return value >= os.socket.maxseg_least && value <= most;
    }
    default: return true;
  }
}

CallResult Sockets::get_option(Socket& socket, SocketOption option) {
  if (!has_option(facts_.profile, option)) return CallResult::failure(Errno::noprotoopt);
  if (option == SocketOption::so_peek_off) {
    if (!facts_.profile.socket.peek_offset) return CallResult::failure(Errno::opnotsupp);
    return CallResult::of(socket.peek_offset);
  }
  if (option == SocketOption::tcp_fastopen) {
    return CallResult::of(socket.setup != nullptr      ? socket.setup->fast_open.limit
                          : socket.listener != nullptr ? socket.listener->fast_open().setup().limit
                                                       : 0);
  }
  if (socket.connection != nullptr) return get_connection_option(*socket.connection, option);
  if (option == SocketOption::so_error) {
    if (socket.setup == nullptr) return CallResult::of(0);
    Errno& error = is_datagram(socket) ? socket.setup->datagrams->error : socket.setup->error;
    return CallResult::of(static_cast<int>(std::exchange(error, Errno::none)));
  }
  return CallResult::of(halfopen::get_option(facts_.profile, options_of(socket), option));
}

CallResult Sockets::get_connection_option(Connection& connection, SocketOption option) const {
  const Endpoint& endpoint = connection.endpoint();
  switch (option) {
    case SocketOption::so_error: {
      Errno error = connection.take_error();
      if (error == Errno::none && facts_.rules.so_error_takes_soft) error = connection.take_soft_error();
      return CallResult::of(static_cast<int>(error));
    }
    case SocketOption::tcp_maxseg: return CallResult::of(endpoint.segment_size());
    case SocketOption::tcp_quickack: return CallResult::of(endpoint.acks_quickly() ? 1 : 0);
    case SocketOption::tcp_window_clamp: return CallResult::of(endpoint.window_clamp());
    // As they have grown, and on BSD been rounded to whole segments (net/core/sock.c sk_getsockopt;
    // sb_hiwat).
    case SocketOption::so_rcvbuf:
      if (!facts_.profile.window.round_to_mss && endpoint.options().receive_buffer != 0) break;
      return CallResult::of(endpoint.receive_buffer());
    case SocketOption::so_sndbuf: return CallResult::of(endpoint.send_buffer());
    default: break;
  }
  return CallResult::of(halfopen::get_option(facts_.profile, endpoint.options(), option));
}

const SocketOptions& Sockets::options_of(const Socket& socket) {
  if (socket.setup != nullptr) return socket.setup->options;
  if (socket.listener != nullptr) return socket.listener->options();
  return socket.connection->endpoint().options();
}

}  // namespace halfopen
