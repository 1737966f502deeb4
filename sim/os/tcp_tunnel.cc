// TCP in UDP datagrams: they are taken off as they arrive and put around what leaves, so that no endpoint
// knows of them but by its smaller MTU. FreeBSD: netinet/tcp_subr.c tcp_recv_udp_tunneled_packet,
// netinet/tcp_input.c tcp_input_with_port.
#include "sim/os/tcp_stack.h"
#include "sim/wire/bytes.h"

namespace halfopen {

// True if the datagram came to the port for them.
bool TcpStack::receive_tunneled(TimePoint now, const Packet& packet, const OtherBody& body) {
  const std::uint16_t port = facts_.profile.tunnel.port;
  const bool is_udp = body.protocol == wire::kProtocolUdp && body.bytes.size() >= wire::kUdpHeader;
  if (port == 0 || !is_udp || wire::get16(&body.bytes[2]) != port) return false;
  const std::optional<Packet> inner = unwrap_tcp(packet, facts_.pool);
  if (inner) receive_segment(now, *inner, *inner->segment());
  return true;
}

// The ports around a connection's segments.
UdpPorts TcpStack::tunnel_of(const Connection& connection) const {
  const std::uint16_t remote = connection.endpoint().options().udp_port;
  if (remote == 0) return {};
  return {.source = facts_.profile.tunnel.port, .destination = remote};
}

std::uint16_t TcpStack::tunnel_overhead(const SocketOptions& options) const {
  return options.udp_port != 0 ? facts_.profile.tunnel.overhead.value : std::uint16_t{0};
}

// A segment with a connection's addresses, but not from where its segments come: it is a stranger's, who gets
// a reset. Only a SYN may take over a TIME_WAIT from anywhere (netinet/tcp_timewait.c tcp_twcheck). True if
// it does so.
bool TcpStack::comes_otherwise(const Connection& connection, const Packet& packet, const Segment& segment) {
  const Endpoint& endpoint = connection.endpoint();
  const bool asks = segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack);
  if (endpoint.state() == State::time_wait && asks && segment.seq.after(endpoint.info().rcv_nxt)) return true;
  reset_stranger(packet, &endpoint.options(), Cause::rst_no_connection);
  return false;
}

}  // namespace halfopen
