#include "capture/decode/link_layer.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "capture/decode/link_libtins.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

using wire::get16;
using wire::get32;

enum class Layout : std::uint8_t { unknown, raw, ethernet, cooked, cooked2, loopback, ppp, libtins };

Layout layout_of(std::uint32_t link_type) {
  switch (link_type) {
    case 0:
    case 108: return Layout::loopback;
    case 1: return Layout::ethernet;
    case 9:
    case 50: return Layout::ppp;
    case 12:  // what systems call raw IP
    case 14:
    case 101:  // what files call it
    case 228:
    case 229: return Layout::raw;
    case 113: return Layout::cooked;
    case 276: return Layout::cooked2;
    default: return libtins_knows(link_type) ? Layout::libtins : Layout::unknown;
  }
}

constexpr std::string_view kEthernetName = "Ethernet";
constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kMpls = 0x8847;
constexpr std::uint16_t kPppoeSession = 0x8864;
constexpr std::uint16_t kFirstEtherType = 0x0600;  // below it, it is a length (IEEE 802.3)

bool is_vlan_tag(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

std::optional<Unwrapped> cut(std::span<const std::uint8_t> frame, std::size_t header, bool is_ip) {
  return Unwrapped{.ip = frame.subspan(header), .header = header, .is_ip = is_ip};
}

std::nullopt_t too_short(std::string& issue, std::string_view what, std::size_t expected, std::size_t found) {
  issue = fmt::format("{} bytes of {} header, expected {}", found, what, expected);
  return std::nullopt;
}

// PPP (RFC 1661): a protocol field, of one byte if that is odd, after an address and a control byte that may
// be left out.
std::optional<Unwrapped> unwrap_ppp(std::span<const std::uint8_t> frame, std::size_t at, std::string& issue) {
  if (frame.size() < at + 2) return too_short(issue, "PPP", at + 2, frame.size());
  if (get16(&frame[at]) == 0xff03) at += 2;
  if (frame.size() < at + 2) return too_short(issue, "PPP", at + 2, frame.size());
  const bool is_short = (frame[at] & 1) != 0;
  const std::uint16_t protocol = is_short ? frame[at] : get16(&frame[at]);
  return cut(frame, at + (is_short ? 1 : 2), protocol == 0x0021 || protocol == 0x0057);
}

// MPLS labels (RFC 3032) do not say what they are on; an IP packet's first four bits do.
std::optional<Unwrapped> unwrap_mpls(std::span<const std::uint8_t> frame, std::size_t at,
                                     std::string& issue) {
  bool is_last = false;
  while (!is_last) {
    if (frame.size() < at + 4) return too_short(issue, "MPLS", at + 4, frame.size());
    is_last = (frame[at + 2] & 1) != 0;
    at += 4;
  }
  const bool is_cut = frame.size() == at;  // perhaps IP
  return cut(frame, at, is_cut || frame[at] >> 4 == 4 || frame[at] >> 4 == 6);
}

// A length instead of a type: LLC, and behind it SNAP with an EtherType (RFC 1042), or no IP.
std::optional<Unwrapped> unwrap_802_3(std::span<const std::uint8_t> frame, std::size_t at,
                                      std::string& issue) {
  constexpr std::array<std::uint8_t, 6> kSnap{0xaa, 0xaa, 3, 0, 0, 0};
  const std::size_t end = at + kSnap.size() + 2;
  if (frame.size() < end) return too_short(issue, "LLC", end, frame.size());
  const std::uint16_t type = get16(&frame[end - 2]);
  const bool is_snap = std::ranges::equal(frame.subspan(at, kSnap.size()), kSnap);
  return cut(frame, end, is_snap && (type == kIpv4 || type == kIpv6));
}

// Behind an EtherType at `at`, and any number of VLAN tags (IEEE 802.1Q) that the frame has room for.
std::optional<Unwrapped> unwrap_ether_type(std::span<const std::uint8_t> frame, std::size_t at,
                                           std::string_view what, std::string& issue) {
  if (frame.size() < at + 2) return too_short(issue, what, at + 2, frame.size());
  while (is_vlan_tag(get16(&frame[at]))) {
    at += 4;
    if (frame.size() < at + 2) return too_short(issue, "VLAN", at + 2, frame.size());
  }
  const std::uint16_t type = get16(&frame[at]);
  const std::size_t behind = at + 2;
  if (type == kIpv4 || type == kIpv6) return cut(frame, behind, true);
  if (type == kMpls) return unwrap_mpls(frame, behind, issue);
  constexpr std::size_t kPppoeHeader = 6;  // RFC 2516
  if (type == kPppoeSession) return unwrap_ppp(frame, behind + kPppoeHeader, issue);
  if (type < kFirstEtherType && what == kEthernetName) return unwrap_802_3(frame, behind, issue);
  return cut(frame, behind, false);
}

// Cooked capture, version 2: the protocol comes first, the header is 20 bytes.
std::optional<Unwrapped> unwrap_cooked2(std::span<const std::uint8_t> frame, std::string& issue) {
  if (frame.size() < 20) return too_short(issue, "Linux cooked", 20, frame.size());
  const std::uint16_t type = get16(frame.data());
  auto unwrapped = is_vlan_tag(type) ? unwrap_ether_type(frame, 22, "VLAN", issue)
                                     : cut(frame, 20, type == kIpv4 || type == kIpv6);
  if (unwrapped) unwrapped->interface = get32(&frame[4]);
  return unwrapped;
}

// The address family of the capturing system, in its byte order.
std::optional<Unwrapped> unwrap_loopback(std::span<const std::uint8_t> frame, std::string& issue) {
  if (frame.size() < 4) return too_short(issue, "loopback", 4, frame.size());
  const std::uint32_t big = get32(frame.data());
  const std::uint32_t family = big > 0xffff ? big >> 24 | (big >> 8 & 0xff00) : big;
  constexpr std::array<std::uint32_t, 5> kIpFamilies{2, 10, 24, 28, 30};  // AF_INET; AF_INET6 here and there
  return cut(frame, 4, std::ranges::find(kIpFamilies, family) != kIpFamilies.end());
}

}  // namespace

std::string describe_link_type(std::uint32_t link_type) {
  const char* name = pcap_datalink_val_to_name(static_cast<int>(link_type));
  return fmt::format("link type {} ({})", link_type, name != nullptr ? name : "unknown");
}

bool is_known_link_type(std::uint32_t link_type) { return layout_of(link_type) != Layout::unknown; }

std::optional<Unwrapped> unwrap(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                std::string& issue) {
  switch (layout_of(link_type)) {
    case Layout::raw: return cut(frame, 0, true);
    case Layout::ethernet: return unwrap_ether_type(frame, 12, kEthernetName, issue);
    case Layout::cooked: return unwrap_ether_type(frame, 14, "Linux cooked", issue);
    case Layout::cooked2: return unwrap_cooked2(frame, issue);
    case Layout::loopback: return unwrap_loopback(frame, issue);
    case Layout::ppp: return unwrap_ppp(frame, 0, issue);
    case Layout::libtins: return unwrap_with_libtins(link_type, frame, issue);
    case Layout::unknown: break;
  }
  issue = fmt::format("link type {} is not known", link_type);
  return std::nullopt;
}

}  // namespace halfopen
