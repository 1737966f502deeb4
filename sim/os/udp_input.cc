// UDP: which socket a datagram or an ICMP error about one is for, and how one leaves.
#include "sim/os/tcp_stack.h"
#include "sim/wire/udp.h"

namespace halfopen {
namespace {

// net/ipv4/icmp.c icmp_err_convert: fatal. That a packet was too long is told, too (net/ipv4/udp.c
// __udp4_lib_err).
bool is_final(IcmpKind kind) {
  switch (kind) {
    case IcmpKind::protocol_unreachable:
    case IcmpKind::port_unreachable:
    case IcmpKind::fragmentation_needed:
    case IcmpKind::net_prohibited:
    case IcmpKind::host_prohibited:
    case IcmpKind::admin_prohibited:
    case IcmpKind::parameter_problem: return true;
    default: return false;
  }
}

}  // namespace

// The socket for datagrams between these ends: one that is connected to the other comes before one that takes
// them from anybody, and an address of its own before any.
Socket* TcpStack::datagram_socket(const FourTuple& ends) const {
  Socket* best = nullptr;
  int best_fit = -1;
  for (Socket* socket : datagram_sockets_) {
    const SocketSetup& setup = *socket->setup;
    const std::optional<SocketAddress>& peer = setup.datagrams->peer;
    if (!overlap(setup.local, ends.local) || (peer && *peer != ends.remote)) continue;
    const int fit = (peer ? 2 : 0) + (is_any(setup.local.ip) ? 0 : 1);
    if (fit > best_fit) {
      best = socket;
      best_fit = fit;
    }
  }
  return best;
}

// False if nobody is there for it.
bool TcpStack::receive_datagram(const Packet& packet) {
  if (datagram_sockets_.empty()) return false;
  const std::optional<DatagramView> datagram = read_datagram(packet);
  if (!datagram) return true;  // broken: it came to nobody
  Socket* socket = datagram_socket(datagram->ends);
  if (socket == nullptr) return false;
  const auto& bytes = datagram->payload;
  socket->setup->datagrams->arrived.emplace_back(bytes.begin(), bytes.end());
  socket->waiters.wake(ready_);
  return true;
}

// An ICMP error about a datagram between these ends: a socket that is connected is told.
void TcpStack::fail_datagram(IcmpKind kind, const FourTuple& ends) {
  Socket* socket = datagram_socket(ends);
  if (socket == nullptr || !socket->setup->datagrams->peer) return;
  const Errno error = facts_.profile.icmp.rows.value[static_cast<std::size_t>(kind)].error;
  if (error == Errno::none || !(is_final(kind) || facts_.rules.datagram.every_error)) return;
  socket->setup->datagrams->error = error;
  socket->waiters.wake(ready_);
}

void TcpStack::send_datagram(const FourTuple& ends, const SocketOptions& options,
                             std::span<const std::uint8_t> payload) {
  Packet packet;
  packet.ip = {.source = ends.local.ip,
               .destination = ends.remote.ip,
               .hop_limit = options.hop_limit != 0 ? options.hop_limit : facts_.profile.ip.ttl.value,
               .traffic_class = options.traffic_class,
               .dont_fragment = facts_.rules.datagram.dont_fragment,
               .id = env_.next_ip_id++};
  packet.body = make_datagram(ends, payload);
  packet.why.cause = Cause::datagram;
  enqueue(std::move(packet));
}

}  // namespace halfopen
