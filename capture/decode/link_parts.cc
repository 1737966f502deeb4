#include "capture/decode/link_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/wire/bytes.h"

namespace halfopen::link {
namespace {

using wire::get16;

constexpr std::uint16_t kMpls = 0x8847;
constexpr std::uint16_t kPppoeSession = 0x8864;
constexpr std::uint16_t kFirstEtherType = 0x0600;  // below it, it is a length (IEEE 802.3)

}  // namespace

std::nullopt_t too_short(std::string& issue, std::string_view what, std::size_t expected, std::size_t found) {
  issue = fmt::format("{} bytes of {} header, expected {}", found, what, expected);
  return std::nullopt;
}

// PPP (RFC 1661): a protocol field, of one byte if that is odd, after an address and a control byte that may
// be left out.
std::optional<Unwrapped> unwrap_ppp(Bytes frame, std::size_t at, std::string& issue) {
  if (frame.size() < at + 2) return too_short(issue, "PPP", at + 2, frame.size());
  if (get16(&frame[at]) == 0xff03) at += 2;
  if (frame.size() < at + 2) return too_short(issue, "PPP", at + 2, frame.size());
  const bool is_short = (frame[at] & 1) != 0;
  const std::uint16_t protocol = is_short ? frame[at] : get16(&frame[at]);
  return cut(frame, at + (is_short ? 1 : 2), protocol == 0x0021 || protocol == 0x0057);
}

// MPLS labels (RFC 3032) do not say what they are on; an IP packet's first four bits do.
std::optional<Unwrapped> unwrap_mpls(Bytes frame, std::size_t at, std::string& issue) {
  bool is_last = false;
  while (!is_last) {
    if (frame.size() < at + 4) return too_short(issue, "MPLS", at + 4, frame.size());
    is_last = (frame[at + 2] & 1) != 0;
    at += 4;
  }
  const bool is_cut = frame.size() == at;  // perhaps IP
  return cut(frame, at, is_cut || frame[at] >> 4 == 4 || frame[at] >> 4 == 6);
}

std::optional<Unwrapped> unwrap_llc(Bytes frame, std::size_t at, std::string& issue) {
  constexpr std::array<std::uint8_t, 6> kSnap{0xaa, 0xaa, 3, 0, 0, 0};
  const std::size_t type = at + kSnap.size();
  if (frame.size() < type + 2) return too_short(issue, "LLC", type + 2, frame.size());
  const bool is_snap = std::ranges::equal(frame.subspan(at, kSnap.size()), kSnap);
  return is_snap ? unwrap_ether_type(frame, type, "SNAP", issue) : cut(frame, type + 2, false);
}

std::optional<Unwrapped> unwrap_ether_type(Bytes frame, std::size_t at, std::string_view what,
                                           std::string& issue, bool may_be_length) {
  if (frame.size() < at + 2) return too_short(issue, what, at + 2, frame.size());
  while (is_vlan_tag(get16(&frame[at]))) {
    at += 4;
    if (frame.size() < at + 2) return too_short(issue, "VLAN", at + 2, frame.size());
  }
  const std::uint16_t type = get16(&frame[at]);
  const std::size_t behind = at + 2;
  if (type == kIpv4 || type == kIpv6) return cut(frame, behind, true);
  if (type == kMpls) return unwrap_mpls(frame, behind, issue);
  if (type == kPppoeSession) return unwrap_ppp(frame, behind + kPppoeHeader, issue);
  if (may_be_length && type < kFirstEtherType) return unwrap_llc(frame, behind, issue);
  return cut(frame, behind, false);
}

}  // namespace halfopen::link
