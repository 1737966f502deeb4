// The link layers around the IP packets of other people's captures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace halfopen {

// Whether unwrap() knows frames of this link type (the number in the file, or libpcap's DLT).
[[nodiscard]] bool is_known_link_type(std::uint32_t link_type);

struct Unwrapped {
  std::span<const std::uint8_t> ip;  // what follows the link layer
  std::size_t header = 0;            // how long that was
  bool is_ip = false;                // false: another protocol, e.g. ARP
};
// nullopt, and what is wrong in `issue`, for a frame that ends in its link-layer header.
[[nodiscard]] std::optional<Unwrapped> unwrap(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                              std::string& issue);

}  // namespace halfopen
