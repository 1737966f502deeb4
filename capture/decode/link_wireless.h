// The link layers of wireless captures: IEEE 802.11 frames, alone or behind what the receiver measured.
#pragma once

#include "capture/decode/link_parts.h"

namespace halfopen::link {

// Management and control frames, encrypted ones and those without data are not IP.
[[nodiscard]] std::optional<Unwrapped> unwrap_80211(Bytes frame, std::size_t at, std::string& issue);
[[nodiscard]] std::optional<Unwrapped> unwrap_radiotap(Bytes frame, std::string& issue);
// The AVS header, or the older one of Prism cards.
[[nodiscard]] std::optional<Unwrapped> unwrap_prism(Bytes frame, std::string& issue);

}  // namespace halfopen::link
