// The link layers around the IP packets of other people's captures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace halfopen {

// What a message expects where a capture has another link type.
inline constexpr const char* kKnownLinkTypes =
    "packets of raw IP, Ethernet, Linux cooked, loopback, PPP or 802.11";
// "link type 105 (IEEE802_11)", by libpcap's names.
[[nodiscard]] std::string describe_link_type(std::uint32_t link_type);

// Whether unwrap() knows frames of this link type (the number in the file, or libpcap's DLT).
[[nodiscard]] bool is_known_link_type(std::uint32_t link_type);

struct Unwrapped {
  std::span<const std::uint8_t> ip;  // what follows the link layer
  std::size_t header = 0;            // how long that was
  bool is_ip = false;                // false: another protocol, e.g. ARP
  std::uint32_t interface = 0;       // its number where the header has it (Linux cooked v2), else 0
};
// nullopt, and what is wrong in `issue`, for a frame that ends in its link-layer header.
[[nodiscard]] std::optional<Unwrapped> unwrap(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                              std::string& issue);

}  // namespace halfopen
