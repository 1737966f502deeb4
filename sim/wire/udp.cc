#include "sim/wire/udp.h"

#include <algorithm>

#include "sim/wire/bytes.h"

namespace halfopen {

OtherBody make_datagram(const FourTuple& ends, std::span<const std::uint8_t> payload) {
  OtherBody body{.protocol = wire::kProtocolUdp,
                 .bytes = std::vector<std::uint8_t>(wire::kUdpHeader + payload.size())};
  std::uint8_t* at = body.bytes.data();
  wire::put16(at, ends.local.port);
  wire::put16(at + 2, ends.remote.port);
  wire::put16(at + 4, static_cast<std::uint32_t>(body.bytes.size()));
  std::ranges::copy(payload, at + wire::kUdpHeader);
  const std::uint32_t pseudo =
      wire::pseudo_header_sum(ends.local.ip, ends.remote.ip, body.protocol, body.bytes.size());
  const auto checksum = static_cast<std::uint16_t>(~internet_sum(body.bytes, pseudo));
  wire::put16(at + 6, checksum != 0 ? checksum : 0xffff);  // 0 would mean that there is none
  return body;
}

std::optional<DatagramView> read_datagram(const Packet& packet) {
  const auto* body = std::get_if<OtherBody>(&packet.body);
  if (body == nullptr || body->protocol != wire::kProtocolUdp) return std::nullopt;
  std::span<const std::uint8_t> bytes{body->bytes};
  if (bytes.size() < wire::kUdpHeader) return std::nullopt;
  const std::size_t length = wire::get16(&bytes[4]);
  if (length < wire::kUdpHeader || length > bytes.size()) return std::nullopt;
  bytes = bytes.first(length);
  const IpHeader& ip = packet.ip;
  const bool has_checksum = wire::get16(&bytes[6]) != 0;
  const std::uint32_t pseudo = wire::pseudo_header_sum(ip.source, ip.destination, wire::kProtocolUdp, length);
  if (has_checksum ? internet_sum(bytes, pseudo) != 0xffff : ip.source.is_v6()) return std::nullopt;
  return DatagramView{.ends = {.local = {ip.destination, wire::get16(&bytes[2])},
                               .remote = {ip.source, wire::get16(&bytes[0])}},
                      .payload = bytes.subspan(wire::kUdpHeader)};
}

}  // namespace halfopen
