#include <algorithm>
#include <array>
#include <cstring>

#include "sim/wire/bytes.h"
#include "sim/wire/packet.h"

namespace halfopen {
namespace {

using namespace wire;

// Every header we write fits: IPv6, UDP, TCP and its options.
using HeadBuffer = std::array<std::uint8_t, kIpV6Header + kUdpHeader + kTcpHeader + TcpOptions::kMaxBytes>;

std::size_t ip_header_size(const Packet& packet) {
  return packet.ip.source.is_v6() ? kIpV6Header : kIpV4Header;
}

std::size_t tcp_header_size(const Segment& segment) {
  return kTcpHeader + (segment.options.wire().size() + 3) / 4 * 4;
}

std::size_t udp_header_size(const Packet& packet) { return packet.udp == UdpPorts{} ? 0 : kUdpHeader; }

// The share of a 32-bit field in a checksum. Sums are taken from the values, not from the bytes just written:
// reading those back in wider words would stall the processor.
constexpr std::uint32_t halves(std::uint32_t value) { return (value >> 16) + (value & 0xffff); }

std::uint32_t address_sum(const IpAddress& ip) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < ip.size(); i += 4) sum += halves(get32(ip.data() + i));
  return sum;
}

constexpr std::uint16_t fold(std::uint32_t sum) {
  sum = halves(sum);
  return static_cast<std::uint16_t>(halves(sum));
}

void put_v6_header(const IpHeader& ip, std::uint8_t protocol, std::size_t body_size, std::uint8_t* at) {
  put32(at, 0x6000'0000u | std::uint32_t{ip.traffic_class} << 20 | (ip.flow_label & 0xf'ffffu));
  put16(at + 4, static_cast<std::uint32_t>(body_size));
  at[6] = protocol;
  at[7] = ip.hop_limit;
  std::memcpy(at + 8, ip.source.data(), 16);
  std::memcpy(at + 24, ip.destination.data(), 16);
}

void put_v4_header(const IpHeader& ip, std::uint8_t protocol, std::size_t body_size, std::uint8_t* at) {
  const std::uint32_t first =
      0x4500'0000u | std::uint32_t{ip.traffic_class} << 16 | ((kIpV4Header + body_size) & 0xffff);
  const std::uint32_t second = std::uint32_t{ip.id} << 16 | (ip.dont_fragment ? 0x4000u : 0u);
  const std::uint32_t third = std::uint32_t{ip.hop_limit} << 24 | std::uint32_t{protocol} << 16;
  const std::uint32_t sum =
      halves(first) + halves(second) + halves(third) + address_sum(ip.source) + address_sum(ip.destination);
  put32(at, first);
  put32(at + 4, second);
  put32(at + 8, third | (~std::uint32_t{fold(sum)} & 0xffff));
  std::memcpy(at + 12, ip.source.data(), 4);
  std::memcpy(at + 16, ip.destination.data(), 4);
}

void put_ip_header(const IpHeader& ip, std::uint8_t protocol, std::size_t body_size, std::uint8_t* at) {
  ip.source.is_v6() ? put_v6_header(ip, protocol, body_size, at) : put_v4_header(ip, protocol, body_size, at);
}

// Where a head of `size` bytes is put together: in `out` itself, or in `spare` where `out` is too short.
std::uint8_t* head_in(std::span<std::uint8_t> out, HeadBuffer& spare, std::size_t size) {
  return out.size() >= size ? out.data() : spare.data();
}

// Copies `bytes` to the front of `out` as far as they fit, if they are not there already. Returns how many.
std::size_t put(std::span<const std::uint8_t> bytes, std::span<std::uint8_t> out) {
  const std::size_t size = std::min(bytes.size(), out.size());
  if (size > 0 && bytes.data() != out.data()) std::memcpy(out.data(), bytes.data(), size);
  return size;
}

// The payload's share of the checksum. A second slice that begins at an odd place is summed with its bytes
// swapped (RFC 1071 section 2 (B)).
std::uint16_t add_payload(const Payload& payload, std::uint16_t sum) {
  const auto& [first, second] = payload.slices();
  sum = internet_sum(first.bytes(), sum);
  if (second.length == 0) return sum;
  if (first.length % 2 == 0) return internet_sum(second.bytes(), sum);
  const std::uint16_t tail = internet_sum(second.bytes());
  return internet_sum({}, std::uint32_t{sum} + static_cast<std::uint16_t>(tail << 8 | tail >> 8));
}

// Writes the TCP header at `tcp` with a checksum of 0, and gives that header's share of it.
std::uint32_t put_tcp_header(const Segment& segment, std::size_t tcp_size, std::uint8_t* tcp) {
  const auto options = segment.options.wire();
  const std::uint32_t ports = std::uint32_t{segment.source_port} << 16 | segment.destination_port;
  const std::uint32_t control = static_cast<std::uint32_t>(tcp_size / 4) << 28 |
                                (segment.ae ? 1u << 24 : 0u) | std::uint32_t{segment.flags} << 16 |
                                segment.window;
  put32(tcp, ports);
  put32(tcp + 4, segment.seq.wire());
  put32(tcp + 8, segment.ack.wire());
  put32(tcp + 12, control);
  put32(tcp + 16, segment.urgent);
  std::copy(options.begin(), options.end(), tcp + kTcpHeader);
  std::fill(tcp + kTcpHeader + options.size(), tcp + tcp_size, std::uint8_t{0});
  return halves(ports) + halves(segment.seq.wire()) + halves(segment.ack.wire()) + halves(control) +
         segment.urgent + internet_sum(options);
}

std::size_t emit_tcp(const IpHeader& ip, const Segment& segment, std::span<std::uint8_t> out) {
  const std::size_t ip_size = ip.source.is_v6() ? kIpV6Header : kIpV4Header;
  const std::size_t tcp_size = tcp_header_size(segment);
  const std::size_t length = tcp_size + segment.payload.size();
  HeadBuffer spare;
  std::uint8_t* head = head_in(out, spare, ip_size + tcp_size);
  put_ip_header(ip, kProtocolTcp, length, head);
  std::uint8_t* tcp = head + ip_size;
  const std::uint32_t sum = put_tcp_header(segment, tcp_size, tcp) +
                            pseudo_header_sum(ip.source, ip.destination, kProtocolTcp, length);
  put16(tcp + 16, ~std::uint32_t{add_payload(segment.payload, fold(sum))});
  const std::size_t written = put({head, ip_size + tcp_size}, out);
  return written + segment.payload.copy_to(0, out.subspan(written));
}

// A segment in a UDP datagram, whose checksum is over all; TCP's is 0 then (netinet/tcp_output.c
// tcp_default_output: t_port).
std::size_t emit_tcp_in_udp(const Packet& packet, const Segment& segment, std::span<std::uint8_t> out) {
  const std::size_t ip_size = ip_header_size(packet);
  const std::size_t tcp_size = tcp_header_size(segment);
  const std::size_t length = kUdpHeader + tcp_size + segment.payload.size();
  HeadBuffer spare;
  std::uint8_t* head = head_in(out, spare, ip_size + kUdpHeader + tcp_size);
  put_ip_header(packet.ip, kProtocolUdp, length, head);
  std::uint8_t* udp = head + ip_size;
  const std::uint32_t ports = std::uint32_t{packet.udp.source} << 16 | packet.udp.destination;
  put32(udp, ports);
  put16(udp + 4, static_cast<std::uint32_t>(length));
  const std::uint32_t sum = halves(ports) + static_cast<std::uint32_t>(length) +
                            put_tcp_header(segment, tcp_size, udp + kUdpHeader) +
                            pseudo_header_sum(packet.ip.source, packet.ip.destination, kProtocolUdp, length);
  const auto complement = static_cast<std::uint16_t>(~add_payload(segment.payload, fold(sum)));
  put16(udp + 6, complement != 0 ? complement : 0xffff);  // RFC 768: 0 would mean that there is none
  const std::size_t written = put({head, ip_size + kUdpHeader + tcp_size}, out);
  return written + segment.payload.copy_to(0, out.subspan(written));
}

std::size_t emit_icmp(const IpHeader& ip, const IcmpMessage& message, std::span<std::uint8_t> out) {
  const bool v6 = ip.source.is_v6();
  const std::uint8_t protocol = v6 ? kProtocolIcmpV6 : kProtocolIcmp;
  const std::size_t ip_size = v6 ? kIpV6Header : kIpV4Header;
  const std::size_t length = kIcmpHeader + message.body.size();
  HeadBuffer spare;
  std::uint8_t* head = head_in(out, spare, ip_size + kIcmpHeader);
  put_ip_header(ip, protocol, length, head);
  std::uint8_t* icmp = head + ip_size;
  const std::uint32_t first = std::uint32_t{message.type} << 24 | std::uint32_t{message.code} << 16;
  const std::uint32_t pseudo = v6 ? pseudo_header_sum(ip.source, ip.destination, protocol, length) : 0u;
  const std::uint16_t sum = internet_sum(message.body, halves(first) + halves(message.rest) + pseudo);
  put32(icmp, first | (~std::uint32_t{sum} & 0xffff));
  put32(icmp + 4, message.rest);
  const std::size_t written = put({head, ip_size + kIcmpHeader}, out);
  return written + put(message.body, out.subspan(written));
}

std::size_t emit_other(const IpHeader& ip, const OtherBody& other, std::span<std::uint8_t> out) {
  const std::size_t ip_size = ip.source.is_v6() ? kIpV6Header : kIpV4Header;
  HeadBuffer spare;
  std::uint8_t* head = head_in(out, spare, ip_size);
  put_ip_header(ip, other.protocol, other.bytes.size(), head);
  const std::size_t written = put({head, ip_size}, out);
  return written + put(other.bytes, out.subspan(written));
}

}  // namespace

std::uint16_t wire::pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                      std::uint8_t protocol, std::size_t length) {
  return fold(address_sum(source) + address_sum(destination) + protocol +
              halves(static_cast<std::uint32_t>(length)));
}

std::size_t wire_size(const Packet& packet) {
  const std::size_t ip = ip_header_size(packet);
  if (const Segment* segment = packet.segment())
    return ip + udp_header_size(packet) + tcp_header_size(*segment) + segment->payload.size();
  if (const IcmpMessage* icmp = packet.icmp()) return ip + kIcmpHeader + icmp->body.size();
  return ip + std::get<OtherBody>(packet.body).bytes.size();
}

std::size_t emit(const Packet& packet, std::span<std::uint8_t> out) {
  if (const Segment* segment = packet.segment())
    return udp_header_size(packet) == 0 ? emit_tcp(packet.ip, *segment, out)
                                        : emit_tcp_in_udp(packet, *segment, out);
  if (const IcmpMessage* icmp = packet.icmp()) return emit_icmp(packet.ip, *icmp, out);
  return emit_other(packet.ip, std::get<OtherBody>(packet.body), out);
}

std::optional<Packet> make_icmp_error(IcmpKind kind, const Packet& offender, const IpAddress& router,
                                      std::uint32_t mtu, std::size_t quote_bytes) {
  const bool v6 = offender.ip.source.is_v6();
  const auto type_code = type_code_of(kind, v6);
  if (!type_code || router.is_v6() != v6) return std::nullopt;
  // RFC 1122 section 3.2.2: no error about an error.
  const IcmpMessage* icmp = offender.icmp();
  if (icmp != nullptr && kind_of({icmp->type, icmp->code}, v6)) return std::nullopt;

  IcmpMessage error;
  error.type = type_code->type;
  error.code = type_code->code;
  if (kind == IcmpKind::fragmentation_needed) error.rest = v6 ? mtu : std::min(mtu, 0xffffu);
  error.body.resize(std::min(ip_header_size(offender) + quote_bytes, wire_size(offender)));
  emit(offender, error.body);

  Packet packet;
  packet.ip.source = router;
  packet.ip.destination = offender.ip.source;
  packet.ip.traffic_class = 0xc0;  // RFC 1812 section 4.3.2.5: internetwork control
  packet.ip.dont_fragment = false;
  packet.body = std::move(error);
  packet.why.cause = Cause::icmp_error;
  return packet;
}

}  // namespace halfopen
