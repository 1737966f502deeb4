// Calls on UDP sockets. Such a socket keeps its setup, whose Datagrams say that it is one. FreeBSD:
// netinet/udp_usrreq.c, kern/uipc_socket.c; Linux: net/ipv4/udp.c, net/core/datagram.c.
#include <algorithm>
#include <utility>

#include "sim/os/sockets.h"

namespace halfopen {

bool Sockets::is_datagram(const Socket& socket) {
  return socket.setup != nullptr && socket.setup->datagrams != nullptr;
}

Socket& Sockets::create_datagram() {
  Socket& socket = create();
  socket.setup->datagrams = std::make_unique<Datagrams>();
  stack_.datagram_sockets().push_back(&socket);
  return socket;
}

CallResult Sockets::bind_datagram(Socket& socket, const SocketAddress& local) {
  SocketSetup& setup = *socket.setup;
  const auto conflicts = [&](const Socket* other) {
    if (!overlap(other->setup->local, local)) return false;
    const bool both_share = setup.options.reuse_address && other->setup->options.reuse_address;
    return !both_share || (!facts_.rules.datagram.shares_port && other->setup->local == local);
  };
  if (local.port != 0 && std::ranges::any_of(stack_.datagram_sockets(), conflicts))
    return CallResult::failure(Errno::addrinuse);
  setup.local = local;
  setup.bound = true;
  const Errno error = choose_datagram_port(socket);
  return error == Errno::none ? CallResult::of(0) : CallResult::failure(error);
}

// A free port for a socket that has none.
Errno Sockets::choose_datagram_port(Socket& socket) {
  SocketAddress& local = socket.setup->local;
  if (!socket.setup->bound) local.ip = facts_.address.is_v6() ? IpAddress::v6({}) : IpAddress::v4({});
  if (local.port != 0) return Errno::none;
  Identity& identity = stack_.identity();
  for (std::uint32_t tries = identity.port_count(); tries > 0; --tries) {
    const SocketAddress free{local.ip, identity.next_port()};
    const auto takes = [&](const Socket* other) { return overlap(other->setup->local, free); };
    if (std::ranges::any_of(stack_.datagram_sockets(), takes)) continue;
    local = free;
    return Errno::none;
  }
  return Errno::addrinuse;
}

CallResult Sockets::connect_datagram(Socket& socket, const SocketAddress& remote) {
  if (remote.ip.is_v6() != facts_.address.is_v6()) return CallResult::failure(Errno::netunreach);
  if (const Errno error = choose_datagram_port(socket); error != Errno::none)
    return CallResult::failure(error);
  SocketSetup& setup = *socket.setup;
  if (is_any(setup.local.ip)) setup.local.ip = facts_.address;
  setup.datagrams->peer = remote;
  return CallResult::of(0);
}

CallResult Sockets::send_datagram(Socket& socket, const std::optional<SocketAddress>& to,
                                  std::span<const std::uint8_t> bytes) {
  Datagrams& datagrams = *socket.setup->datagrams;
  if (to && datagrams.peer && !facts_.rules.datagram.sendto_overrides)
    return CallResult::failure(Errno::isconn);
  const std::optional<SocketAddress>& remote = to ? to : datagrams.peer;
  if (!remote) return CallResult::failure(Errno::destaddrreq);
  if (remote->ip.is_v6() != facts_.address.is_v6()) return CallResult::failure(Errno::netunreach);
  if (datagrams.error != Errno::none) return CallResult::failure(std::exchange(datagrams.error, Errno::none));
  if (const Errno error = choose_datagram_port(socket); error != Errno::none)
    return CallResult::failure(error);
  SocketAddress local = socket.setup->local;
  if (is_any(local.ip)) local.ip = facts_.address;
  stack_.send_datagram({.local = local, .remote = *remote}, socket.setup->options, bytes);
  return CallResult::of(static_cast<std::int64_t>(bytes.size()));
}

CallResult Sockets::read_datagram(Socket& socket, std::span<std::uint8_t> into, bool peek) {
  Datagrams& datagrams = *socket.setup->datagrams;
  const bool is_empty = datagrams.arrived.empty();
  if (datagrams.error != Errno::none && (is_empty || facts_.rules.datagram.error_first))
    return CallResult::failure(std::exchange(datagrams.error, Errno::none));
  if (is_empty) return CallResult::waits();
  const std::vector<std::uint8_t>& oldest = datagrams.arrived.front();
  const std::size_t count = std::min(oldest.size(), into.size());
  std::copy_n(oldest.begin(), count, into.begin());
  if (!peek) datagrams.arrived.pop_front();  // what was not read of it is lost
  return CallResult::of(static_cast<std::int64_t>(count));
}

std::uint8_t Sockets::datagram_readiness(const Socket& socket) const {
  const Datagrams& datagrams = *socket.setup->datagrams;
  const bool failed = datagrams.error != Errno::none;
  std::uint8_t events = poll_event::out;
  const bool tells_error = failed && facts_.rules.datagram.error_is_readable;
  if (tells_error || !datagrams.arrived.empty()) events |= poll_event::in;
  if (failed) events |= poll_event::err;
  return events;
}

}  // namespace halfopen
