// IPv4 and IPv6 addresses, and the four-tuple that names a TCP connection.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace halfopen {

class IpAddress {
 public:
  constexpr IpAddress() = default;
  // Network byte order: bytes[0] is the first on the wire. An IPv4 address uses the first four.
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> bytes) {
    // Written in one piece: the processor waits when it reads as a whole what was just written in parts.
    using Vector [[gnu::vector_size(16)]] = std::uint32_t;
    IpAddress a;
    a.bytes_ = std::bit_cast<std::array<std::uint8_t, 16>>(Vector{std::bit_cast<std::uint32_t>(bytes)});
    return a;
  }
  static constexpr IpAddress v6(std::array<std::uint8_t, 16> bytes) {
    IpAddress a;
    a.bytes_ = bytes;
    a.is_v6_ = true;
    return a;
  }
  // Dotted quad, or RFC 4291 section 2.2 text without zone. Nothing else is accepted.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);
  // Dotted quad, or RFC 5952 canonical text.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr bool is_v6() const { return is_v6_; }
  [[nodiscard]] constexpr std::size_t size() const { return is_v6_ ? 16 : 4; }
  [[nodiscard]] constexpr const std::uint8_t* data() const { return bytes_.data(); }

  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;
  friend constexpr std::strong_ordering operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool is_v6_ = false;
};

// The addresses from `first` to `last`, both included: of one family, and not reversed.
struct AddressRange {
  IpAddress first;
  IpAddress last;
  [[nodiscard]] constexpr bool contains(const IpAddress& address) const {
    return address.is_v6() == first.is_v6() && first <= address && address <= last;
  }
  // How many they are; 2^64 - 1 where they are more.
  [[nodiscard]] std::uint64_t size() const;
  // The address `index` after the first; below size().
  [[nodiscard]] IpAddress at(std::uint64_t index) const;
};

// One side of a connection; the port is in host byte order.
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;
  friend constexpr bool operator==(const SocketAddress&, const SocketAddress&) = default;
  friend constexpr std::strong_ordering operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

// A connection as one of its ends sees it.
struct FourTuple {
  SocketAddress local;
  SocketAddress remote;
  friend constexpr bool operator==(const FourTuple&, const FourTuple&) = default;
};

// The ports of a UDP datagram in which a TCP segment travels; both 0 where it travels by itself.
struct UdpPorts {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  friend constexpr bool operator==(const UdpPorts&, const UdpPorts&) = default;
};

struct FourTupleHash {
  [[nodiscard]] std::size_t operator()(const FourTuple& t) const noexcept;
};

}  // namespace halfopen
