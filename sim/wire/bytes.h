// Big-endian fields at explicit offsets, and the protocol numbers: for sources that read and write headers.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/wire/packet.h"

namespace halfopen::wire {

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

inline constexpr std::size_t kIpV4Header = 20;        // without options
inline constexpr std::size_t kIpV6Header = 40;        // without extension headers
inline constexpr std::size_t kTcpHeader = 20;         // without options
inline constexpr std::uint32_t kTimestampsRoom = 12;  // of the option in data segments, with two NOPs
inline constexpr std::size_t kIcmpHeader = 8;
inline constexpr std::size_t kUdpHeader = 8;

[[nodiscard]] constexpr std::uint16_t get16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
[[nodiscard]] constexpr std::uint32_t get32(const std::uint8_t* at) {
  return std::uint32_t{get16(at)} << 16 | get16(at + 2);
}
// Writes the low 16 bits of `value`.
constexpr void put16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
constexpr void put32(std::uint8_t* at, std::uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

// The pseudo-header's share of a TCP, UDP or ICMPv6 checksum: not complemented; `length` is header and
// payload.
[[nodiscard]] std::uint16_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                              std::uint8_t protocol, std::size_t length);

}  // namespace halfopen::wire
