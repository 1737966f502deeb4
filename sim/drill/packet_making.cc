#include "sim/drill/packet_making.h"

#include <algorithm>

#include "sim/drill/script_host.h"
#include "sim/script/icmp_names.h"
#include "sim/wire/bytes.h"
#include "sim/wire/packet.h"

namespace halfopen::drill {
namespace {

using script::Bytes;
constexpr std::uint8_t kDefaultTtl = 255;  // packetdrill's
constexpr std::size_t kQuotedBytes = 8;    // of the header after IP's, as routers do at least
constexpr std::size_t kUdpHeader = 8;
constexpr std::uint8_t kProtocolUdp = 17;

std::vector<std::uint8_t> bytes_of(const Packet& packet) {
  std::vector<std::uint8_t> bytes(wire_size(packet));
  emit(packet, bytes);
  return bytes;
}

IpHeader header_of(const script::IpInfo& info, const IpAddress& source, const IpAddress& destination) {
  return {.source = source,
          .destination = destination,
          .hop_limit = info.ttl.value_or(kDefaultTtl),
          .traffic_class = info.tos(),
          .dont_fragment = false,
          .id = 0,
          .flow_label = info.flow_label.value_or(0)};
}

Payload zeros(BlockPool& pool, std::size_t size) { return {pool, std::vector<std::uint8_t>(size)}; }

// Options may be what no stack would send: they are put in afterwards.
void complete_header(std::vector<std::uint8_t>& packet, std::size_t tcp_at, const Bytes& options,
                     const IpHeader& ip) {
  std::copy(options.begin(), options.end(),
            packet.begin() + static_cast<std::ptrdiff_t>(tcp_at + wire::kTcpHeader));
  std::uint8_t* checksum = &packet[tcp_at + 16];
  wire::put16(checksum, 0);
  const std::span<const std::uint8_t> segment = std::span{packet}.subspan(tcp_at);
  const std::uint32_t pseudo =
      wire::pseudo_header_sum(ip.source, ip.destination, wire::kProtocolTcp, segment.size());
  wire::put16(checksum, ~std::uint32_t{internet_sum(segment, pseudo)});
}

std::vector<std::uint8_t> make(const script::TcpSpec& script_spec, const script::IpInfo& info,
                               ConnectionMap& map, BlockPool& pool) {
  if (script_spec.udp) throw NotSupported{"the model has no TCP over UDP"};
  if (script_spec.psp_spi) throw NotSupported{"the model has no PSP"};
  const script::TcpSpec spec = map.to_live(script_spec);
  Bytes options = script::wire_of(spec.options);
  if (options.size() > TcpOptions::kMaxBytes) throw NotSupported{"TCP options of more than 40 bytes"};
  while (options.size() % 4 != 0) options.push_back(0);
  Segment segment;
  segment.source_port = spec.ports->source;
  segment.destination_port = spec.ports->destination;
  segment.seq = Seq{spec.seq.start.value_or(0)};
  segment.ack = Seq{spec.ack.value_or(0)};
  segment.flags = spec.flags.wire_bits();
  segment.ae = spec.flags.wire_ae();
  segment.window = spec.window.value_or(0);
  segment.urgent = spec.urgent.value_or(0);
  for (std::size_t i = 0; i < options.size(); ++i) segment.options.add_nop();
  segment.payload = zeros(pool, spec.seq.length);
  Packet packet;
  packet.ip = header_of(info, map.live().remote.ip, map.live().local.ip);
  packet.body = std::move(segment);
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  const std::size_t ip_header = packet.ip.source.is_v6() ? wire::kIpV6Header : wire::kIpV4Header;
  complete_header(bytes, ip_header, options, packet.ip);
  return bytes;
}

// A header and zeros (RFC 768).
std::vector<std::uint8_t> udp_body(const script::Ports& ports, std::size_t length) {
  std::vector<std::uint8_t> body(kUdpHeader + length);
  wire::put16(body.data(), ports.source);
  wire::put16(&body[2], ports.destination);
  wire::put16(&body[4], static_cast<std::uint32_t>(body.size()));
  return body;
}

std::vector<std::uint8_t> quote(const script::QuotedUdp& spec, const ConnectionMap& map) {
  Packet packet;
  packet.ip = header_of({}, map.live().local.ip, map.live().remote.ip);
  packet.body =
      OtherBody{.protocol = kProtocolUdp,
                .bytes = udp_body({.source = map.live().local.port, .destination = map.live().remote.port},
                                  spec.length)};
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  bytes.resize(bytes.size() - spec.length);
  return bytes;
}

// The head of the host's own segment that the message is about.
std::vector<std::uint8_t> quote(const script::IcmpSpec& spec, const ConnectionMap& map, BlockPool& pool) {
  script::TcpSequence seq{.start = map.last_sent(), .length = 0, .is_absolute = true};
  if (spec.quoted) {
    if (const auto* datagram = std::get_if<script::QuotedUdp>(&*spec.quoted)) return quote(*datagram, map);
    const auto* quoted = std::get_if<script::QuotedTcp>(&*spec.quoted);
    if (quoted == nullptr || quoted->udp) throw NotSupported{"the model has no TCP over UDP"};
    seq = quoted->seq;
  }
  Segment segment;
  segment.source_port = map.live().local.port;
  segment.destination_port = map.live().remote.port;
  segment.seq = Seq{map.quoted_to_live(seq)};
  segment.payload = zeros(pool, seq.length);
  Packet packet;
  packet.ip = header_of({}, map.live().local.ip, map.live().remote.ip);
  packet.body = std::move(segment);
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  bytes.resize((packet.ip.source.is_v6() ? wire::kIpV6Header : wire::kIpV4Header) + kQuotedBytes);
  return bytes;
}

std::vector<std::uint8_t> make(const script::IcmpSpec& spec, const script::IpInfo& info, ConnectionMap& map,
                               BlockPool& pool) {
  const bool is_v6 = map.live().local.ip.is_v6();
  const auto kind = script::icmp_kind_of(spec.type, spec.code, is_v6);
  if (!kind) throw NotSupported{"no such ICMP type or code: " + spec.type + " " + spec.code.value_or("")};
  IcmpMessage message{.type = kind->type, .code = kind->code, .rest = spec.mtu.value_or(0), .body = {}};
  if (spec.id) message.rest = std::uint32_t{*spec.id} << 16;
  if (const auto* raw = spec.quoted ? std::get_if<script::QuotedRaw>(&*spec.quoted) : nullptr) {
    message.body.resize(raw->length);
  } else {
    message.body = quote(spec, map, pool);
  }
  Packet packet;
  packet.ip = header_of(info, map.live().remote.ip, map.live().local.ip);
  packet.body = std::move(message);
  return bytes_of(packet);
}

std::vector<std::uint8_t> make(const script::UdpSpec& spec, const script::IpInfo& info, ConnectionMap& map,
                               BlockPool&) {
  if (spec.coverage) throw NotSupported{"there is no UDP-Lite"};
  script::Ports ports = spec.ports.value_or(script::Ports{});
  if (ports.source == 0) ports.source = map.live().remote.port;
  if (ports.destination == 0) ports.destination = map.live().local.port;
  Packet packet;
  packet.ip = header_of(info, map.live().remote.ip, map.live().local.ip);
  std::vector<std::uint8_t> body = udp_body(ports, spec.length);
  const std::uint32_t pseudo =
      wire::pseudo_header_sum(packet.ip.source, packet.ip.destination, kProtocolUdp, body.size());
  const std::uint16_t checksum = static_cast<std::uint16_t>(~internet_sum(body, pseudo));
  wire::put16(&body[6], checksum == 0 ? 0xffffu : checksum);  // zero would be none
  packet.body = OtherBody{.protocol = kProtocolUdp, .bytes = std::move(body)};
  return bytes_of(packet);
}

}  // namespace

std::vector<std::uint8_t> make_packet(const script::PacketSpec& spec, ConnectionMap& map, BlockPool& pool) {
  if (!spec.outer.empty()) throw NotSupported{"there are no tunnels (GRE, MPLS, IP in IP)"};
  return std::visit([&](const auto& body) { return make(body, spec.ip, map, pool); }, spec.body);
}

}  // namespace halfopen::drill
