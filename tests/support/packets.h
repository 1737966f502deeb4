// Packets for tests: a template that is valid as it stands, and the bytes of any packet.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sim/wire/packet.h"

namespace halfopen::test {

inline const IpAddress kClientIp = IpAddress::v4({10, 9, 0, 1});
inline const IpAddress kServerIp = IpAddress::v4({10, 9, 0, 2});
inline const IpAddress kRouterIp = IpAddress::v4({10, 9, 0, 254});
inline constexpr std::uint16_t kClientPort = 40000;
inline constexpr std::uint16_t kServerPort = 9998;

[[nodiscard]] inline IpAddress v6_host(std::uint8_t last) {
  return IpAddress::v6({0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct PacketSpec {
  bool from_server = false;
  bool v6 = false;
  std::uint8_t flags = tcp_flag::ack;
  std::uint32_t seq = 0;
  std::uint32_t ack = 0;
  std::uint16_t window = 64240;
  std::string_view text = {};
  std::uint16_t client_port = kClientPort;
};

// One segment between the client and the server of every scenario.
[[nodiscard]] inline Packet tcp_packet(BlockPool& pool, const PacketSpec& spec) {
  Packet packet;
  packet.ip.source = spec.v6 ? v6_host(1) : kClientIp;
  packet.ip.destination = spec.v6 ? v6_host(2) : kServerIp;
  Segment segment;
  segment.source_port = spec.client_port;
  segment.destination_port = kServerPort;
  if (spec.from_server) {
    std::swap(packet.ip.source, packet.ip.destination);
    std::swap(segment.source_port, segment.destination_port);
  }
  segment.seq = Seq{spec.seq};
  segment.ack = Seq{spec.ack};
  segment.flags = spec.flags;
  segment.window = spec.window;
  segment.payload = Payload{pool, as_bytes(spec.text)};
  packet.body = std::move(segment);
  return packet;
}

[[nodiscard]] inline std::vector<std::uint8_t> bytes_of(const Packet& packet) {
  std::vector<std::uint8_t> bytes(wire_size(packet));
  bytes.resize(emit(packet, bytes));
  return bytes;
}

[[nodiscard]] inline std::vector<std::uint8_t> bytes_of(const Payload& payload) {
  std::vector<std::uint8_t> bytes(payload.size());
  payload.copy_to(0, bytes);
  return bytes;
}

}  // namespace halfopen::test
