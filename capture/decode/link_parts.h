// What several link layers and tunnels have in common: all take the frame from its first byte, and where in
// it to look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "capture/decode/link_layer.h"

namespace halfopen::link {

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::size_t kPppoeHeader = 6;  // RFC 2516

[[nodiscard]] constexpr bool is_vlan_tag(std::uint16_t type) {
  return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

// What begins at `header`.
[[nodiscard]] inline std::optional<Unwrapped> cut(Bytes frame, std::size_t header, bool is_ip) {
  return Unwrapped{.ip = frame.subspan(header), .header = header, .is_ip = is_ip};
}
// nullopt, and in `issue` that a header of `what` is not whole.
std::nullopt_t too_short(std::string& issue, std::string_view what, std::size_t expected, std::size_t found);

// Behind an EtherType at `at`, and any number of VLAN tags (IEEE 802.1Q) that the frame has room for: IP, or
// IP behind MPLS or PPPoE; behind a length, where that may stand there (IEEE 802.3), LLC.
[[nodiscard]] std::optional<Unwrapped> unwrap_ether_type(Bytes frame, std::size_t at, std::string_view what,
                                                         std::string& issue, bool may_be_length = false);
// LLC, and behind it SNAP with an EtherType (RFC 1042), or no IP.
[[nodiscard]] std::optional<Unwrapped> unwrap_llc(Bytes frame, std::size_t at, std::string& issue);
[[nodiscard]] std::optional<Unwrapped> unwrap_ppp(Bytes frame, std::size_t at, std::string& issue);
[[nodiscard]] std::optional<Unwrapped> unwrap_mpls(Bytes frame, std::size_t at, std::string& issue);

}  // namespace halfopen::link
