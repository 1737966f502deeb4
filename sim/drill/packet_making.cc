#include "sim/drill/packet_making.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "sim/drill/packet_headers.h"
#include "sim/drill/script_host.h"
#include "sim/script/icmp_names.h"
#include "sim/wire/bytes.h"
#include "sim/wire/packet.h"
#include "sim/wire/udp.h"

namespace halfopen::drill {
namespace {

using script::Bytes;
constexpr std::size_t kQuotedBytes = 8;  // of the header after IP's, as routers do at least

Payload zeros(BlockPool& pool, std::size_t size) { return {pool, std::vector<std::uint8_t>(size)}; }

// Options may be what no stack would send: they are put in afterwards, which takes a new checksum, of TCP or
// of the UDP around it.
void complete_header(std::vector<std::uint8_t>& bytes, const Packet& packet, const Bytes& options) {
  const IpHeader& ip = packet.ip;
  const bool in_udp = packet.udp != UdpPorts{};
  const std::size_t upper_at = ip.source.is_v6() ? wire::kIpV6Header : wire::kIpV4Header;
  const std::size_t tcp_at = upper_at + (in_udp ? wire::kUdpHeader : 0);
  std::copy(options.begin(), options.end(),
            bytes.begin() + static_cast<std::ptrdiff_t>(tcp_at + wire::kTcpHeader));
  std::uint8_t* checksum = in_udp ? &bytes[upper_at + 6] : &bytes[tcp_at + 16];
  wire::put16(checksum, 0);
  const std::span<const std::uint8_t> upper = std::span{bytes}.subspan(upper_at);
  const std::uint8_t protocol = in_udp ? wire::kProtocolUdp : wire::kProtocolTcp;
  const std::uint32_t pseudo = wire::pseudo_header_sum(ip.source, ip.destination, protocol, upper.size());
  wire::put16(checksum, ~std::uint32_t{internet_sum(upper, pseudo)});
}

UdpPorts udp_ports(const std::optional<script::Ports>& ports) {
  return ports ? UdpPorts{.source = ports->source, .destination = ports->destination} : UdpPorts{};
}

std::vector<std::uint8_t> make(const script::TcpSpec& script_spec, const script::IpInfo& info,
                               ConnectionMap& map, BlockPool& pool) {
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
  packet.udp = udp_ports(spec.udp);
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  complete_header(bytes, packet, options);
  return bytes;
}

// The head of the host's own segment or datagram that the message is about.
std::vector<std::uint8_t> quote(const script::QuotedUdp& sent, const ConnectionMap& map) {
  if (sent.coverage) throw NotSupported{"the model has no UDP-Lite"};
  const FourTuple& live = map.live();
  Packet packet;
  packet.ip = header_of({}, live.local.ip, live.remote.ip);
  packet.body = make_datagram(live, Bytes(sent.length));
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  bytes.resize((packet.ip.source.is_v6() ? wire::kIpV6Header : wire::kIpV4Header) + wire::kUdpHeader);
  return bytes;
}

std::vector<std::uint8_t> quote(const script::IcmpSpec& spec, const ConnectionMap& map, BlockPool& pool) {
  if (const auto* sent = spec.quoted ? std::get_if<script::QuotedUdp>(&*spec.quoted) : nullptr)
    return quote(*sent, map);
  script::TcpSequence seq{.start = map.last_sent(), .length = 0, .is_absolute = true};
  UdpPorts udp;
  if (spec.quoted) {
    const auto& quoted = std::get<script::QuotedTcp>(*spec.quoted);
    seq = quoted.seq;
    udp = udp_ports(quoted.udp);
  }
  Segment segment;
  segment.source_port = map.live().local.port;
  segment.destination_port = map.live().remote.port;
  segment.seq = Seq{map.quoted_to_live(seq)};
  segment.payload = zeros(pool, seq.length);
  Packet packet;
  packet.ip = header_of({}, map.live().local.ip, map.live().remote.ip);
  packet.body = std::move(segment);
  packet.udp = udp;
  std::vector<std::uint8_t> bytes = bytes_of(packet);
  bytes.resize((packet.ip.source.is_v6() ? wire::kIpV6Header : wire::kIpV4Header) +
               (udp == UdpPorts{} ? 0 : wire::kUdpHeader) + kQuotedBytes);
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
  if (spec.coverage) throw NotSupported{"the model has no UDP-Lite"};
  const FourTuple& live = map.live();
  Packet packet;
  packet.ip = header_of(info, live.remote.ip, live.local.ip);
  const script::Ports ports =
      spec.ports.value_or(script::Ports{.source = live.remote.port, .destination = live.local.port});
  packet.body =
      make_datagram({.local = {live.remote.ip, ports.source}, .remote = {live.local.ip, ports.destination}},
                    Bytes(spec.length));
  return bytes_of(packet);
}

}  // namespace

std::vector<std::uint8_t> make_packet(const script::PacketSpec& spec, ConnectionMap& map, BlockPool& pool) {
  return encapsulate(std::visit([&](const auto& body) { return make(body, spec.ip, map, pool); }, spec.body),
                     spec.outer);
}

void refuse_encapsulation(const script::PacketSpec& spec, bool knows_tunnels) {
  const auto* tcp = std::get_if<script::TcpSpec>(&spec.body);
  if (tcp != nullptr && tcp->psp_spi) throw NotSupported{"no host has PSP"};
  if (spec.outer.empty() || knows_tunnels) return;
  constexpr const char* kCarriers[]{"IP", "GRE", "MPLS"};  // the alternatives of an OuterHeader
  static_assert(std::size(kCarriers) == std::variant_size_v<script::OuterHeader>);
  throw NotSupported{std::string{"the model has no tunnels: IP in "} + kCarriers[spec.outer.back().index()]};
}

}  // namespace halfopen::drill
