#include "capture/decode/link_wireless.h"

#include <algorithm>

#include "sim/wire/bytes.h"

namespace halfopen::link {
namespace {

using wire::get32;

constexpr std::size_t kHeader = 24;  // frame control to sequence control, with three addresses

std::uint16_t little16(const std::uint8_t* at) { return static_cast<std::uint16_t>(at[1] << 8 | at[0]); }
std::uint32_t little32(const std::uint8_t* at) {
  return std::uint32_t{little16(at + 2)} << 16 | little16(at);
}

// The two bytes of an 802.11 frame's control field (IEEE 802.11-2020 section 9.2.4.1).
struct FrameControl {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;

  [[nodiscard]] bool is_data() const {  // of version 0, type 2, and a subtype that has a payload
    return (kind & 0x0f) == 0x08 && (kind & 0x40) == 0;
  }
  [[nodiscard]] bool is_qos() const { return (kind & 0x80) != 0; }
  [[nodiscard]] bool is_protected() const { return (flags & 0x40) != 0; }
  [[nodiscard]] bool has_four_addresses() const { return (flags & 0x03) == 0x03; }  // between access points
  [[nodiscard]] bool has_ht_control() const { return is_qos() && (flags & 0x80) != 0; }
  [[nodiscard]] std::size_t qos_at() const { return kHeader + (has_four_addresses() ? 6 : 0); }
  [[nodiscard]] std::size_t header() const {
    return qos_at() + (is_qos() ? 2 : 0) + (has_ht_control() ? 4 : 0);
  }
};

// `alignment`: of what follows the header, of which some receivers make a multiple of four bytes.
std::optional<Unwrapped> unwrap_frame(Bytes frame, std::size_t at, std::size_t alignment,
                                      std::string& issue) {
  if (frame.size() < at + 2) return too_short(issue, "802.11", at + kHeader, frame.size());
  const FrameControl control{frame[at], frame[at + 1]};
  if (!control.is_data() || control.is_protected()) return cut(frame, at, false);
  const std::size_t header = (control.header() + alignment - 1) / alignment * alignment;
  if (frame.size() < at + header) return too_short(issue, "802.11", at + header, frame.size());
  if ((frame[at + 22] & 0x0f) != 0) return cut(frame, at + header, false);  // a later fragment
  // Several packets in one frame (A-MSDU), of which the first is read: its addresses and length come first.
  constexpr std::size_t kSubframeHeader = 14;
  const bool is_aggregate = control.is_qos() && (frame[at + control.qos_at()] & 0x80) != 0;
  return unwrap_llc(frame, at + header + (is_aggregate ? kSubframeHeader : 0), issue);
}

// The flags of a radiotap header of `size` bytes; 0 if it has none. Fields come in the order of their bits,
// each aligned to its size: the flags (bit 1) stand behind the 64-bit time (bit 0) only.
std::uint8_t radiotap_flags(Bytes frame, std::size_t size) {
  const std::uint32_t present = little32(&frame[4]);
  std::size_t at = 8;
  for (std::uint32_t more = present; (more & 0x8000'0000) != 0 && at + 4 <= size; at += 4) {
    more = little32(&frame[at]);
  }
  if ((present & 1) != 0) at = (at + 7) / 8 * 8 + 8;
  return (present & 2) != 0 && at < size ? frame[at] : 0;
}

}  // namespace

std::optional<Unwrapped> unwrap_80211(Bytes frame, std::size_t at, std::string& issue) {
  return unwrap_frame(frame, at, 1, issue);
}

std::optional<Unwrapped> unwrap_radiotap(Bytes frame, std::string& issue) {
  constexpr std::uint8_t kIsPadded = 0x20;
  const std::size_t size = frame.size() < 8 ? 8 : std::max<std::size_t>(little16(&frame[2]), 8);
  if (frame.size() < size) return too_short(issue, "radiotap", size, frame.size());
  const bool is_padded = (radiotap_flags(frame, size) & kIsPadded) != 0;
  return unwrap_frame(frame, size, is_padded ? 4 : 1, issue);
}

std::optional<Unwrapped> unwrap_prism(Bytes frame, std::string& issue) {
  constexpr std::uint32_t kAvs = 0x8021'1000;  // and a version in the last three digits
  constexpr std::size_t kPrism = 144;
  if (frame.size() < 8) return too_short(issue, "Prism", kPrism, frame.size());
  const std::size_t size = (get32(frame.data()) & 0xffff'f000) == kAvs ? get32(&frame[4]) : kPrism;
  if (frame.size() < size) return too_short(issue, "Prism", size, frame.size());
  return unwrap_80211(frame, size, issue);
}

}  // namespace halfopen::link
