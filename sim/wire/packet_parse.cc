// The value of a packet, made from the view that knows where everything is.
#include <algorithm>
#include <cstring>

#include "sim/wire/packet.h"
#include "sim/wire/packet_view.h"

namespace halfopen {
namespace {

// The captured part of the payload, and zeros for the rest.
Payload read_payload(BlockPool& pool, std::span<const std::uint8_t> captured, std::size_t length) {
  if (captured.size() >= length) return Payload{pool, captured.first(length)};
  const auto whole = static_cast<std::uint32_t>(length);  // PacketView has none above BlockPool::kMaxJumbo
  BlockRef block = pool.allocate(whole);
  std::memset(block->data(), 0, whole);
  if (!captured.empty()) std::memcpy(block->data(), captured.data(), captured.size());
  block->used = whole;
  return Payload{Payload::Slice{std::move(block), 0, whole}};
}

Segment segment_of(const TcpView& tcp, BlockPool& pool) {
  Segment segment;
  segment.source_port = tcp.source_port();
  segment.destination_port = tcp.destination_port();
  segment.seq = tcp.seq();
  segment.ack = tcp.ack();
  segment.flags = tcp.flags();
  segment.ae = (tcp.reserved_bits() & 1) != 0;
  segment.window = tcp.window();
  segment.urgent = tcp.urgent();
  segment.options = TcpOptions::read(tcp.options(), tcp.header_size() - wire::kTcpHeader);
  segment.payload = read_payload(pool, tcp.payload(), tcp.payload_size());
  return segment;
}

IcmpMessage icmp_of(std::span<const std::uint8_t> body) {
  return {.type = body[0],
          .code = body[1],
          .rest = wire::get32(&body[4]),
          .body = {body.begin() + wire::kIcmpHeader, body.end()}};
}

}  // namespace

Packet packet_of(const PacketView& view, BlockPool& pool) {
  Packet packet;
  packet.ip = view.ip_header();
  const auto body = view.body();
  if (view.is_tcp()) {
    packet.body = segment_of(view.tcp(), pool);
  } else if (view.is_icmp()) {
    packet.body = icmp_of(body);
  } else {
    packet.body = OtherBody{.protocol = view.protocol(), .bytes = {body.begin(), body.end()}};
  }
  return packet;
}

std::optional<Packet> unwrap_tcp(const Packet& datagram, BlockPool& pool) {
  const auto* other = std::get_if<OtherBody>(&datagram.body);
  if (other == nullptr || other->protocol != wire::kProtocolUdp) return std::nullopt;
  const std::span<const std::uint8_t> bytes{other->bytes};
  if (bytes.size() < wire::kUdpHeader + wire::kTcpHeader) return std::nullopt;
  const auto segment = bytes.subspan(wire::kUdpHeader);
  const TcpView tcp{segment, segment.size()};
  if (tcp.header_size() < wire::kTcpHeader || tcp.header_size() > segment.size()) return std::nullopt;
  return Packet{.ip = datagram.ip,
                .body = segment_of(tcp, pool),
                .why = datagram.why,
                .udp = {.source = wire::get16(&bytes[0]), .destination = wire::get16(&bytes[2])}};
}

std::optional<Packet> parse(std::span<const std::uint8_t> wire, BlockPool& pool, ParseIssue& issue,
                            ParseOptions options) {
  const auto view = PacketView::find(wire, issue, options);
  return view ? std::optional{packet_of(*view, pool)} : std::nullopt;
}

}  // namespace halfopen
