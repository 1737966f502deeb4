#include "capture/link_layer.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

using wire::get16;
using wire::get32;

enum class Layout : std::uint8_t { raw, ethernet, cooked, cooked2, loopback };
struct LinkType {
  std::uint32_t number;
  Layout layout;
};
// Raw IP is 101 in files; 12 and 14 are what systems call it.
constexpr auto kLinkTypes = std::to_array<LinkType>({
    {0, Layout::loopback},
    {1, Layout::ethernet},
    {12, Layout::raw},
    {14, Layout::raw},
    {101, Layout::raw},
    {108, Layout::loopback},
    {113, Layout::cooked},
    {228, Layout::raw},
    {229, Layout::raw},
    {276, Layout::cooked2},
});

constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;

bool is_vlan_tag(std::uint16_t type) { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }

std::optional<Unwrapped> cut(std::span<const std::uint8_t> frame, std::size_t header, bool is_ip) {
  return Unwrapped{.ip = frame.subspan(header), .header = header, .is_ip = is_ip};
}

std::nullopt_t too_short(std::string& issue, std::string_view what, std::size_t expected, std::size_t found) {
  issue = fmt::format("{} bytes of {} header, expected {}", found, what, expected);
  return std::nullopt;
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
  return cut(frame, at + 2, type == kIpv4 || type == kIpv6);
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

const LinkType* find(std::uint32_t number) {
  const auto found = std::ranges::find(kLinkTypes, number, &LinkType::number);
  return found == kLinkTypes.end() ? nullptr : &*found;
}

}  // namespace

std::string describe_link_type(std::uint32_t link_type) {
  const char* name = pcap_datalink_val_to_name(static_cast<int>(link_type));
  return fmt::format("link type {} ({})", link_type, name != nullptr ? name : "unknown");
}

bool is_known_link_type(std::uint32_t link_type) { return find(link_type) != nullptr; }

std::optional<Unwrapped> unwrap(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                std::string& issue) {
  const LinkType* known = find(link_type);
  if (known == nullptr) {
    issue = fmt::format("link type {} is not known", link_type);
    return std::nullopt;
  }
  switch (known->layout) {
    case Layout::raw: return cut(frame, 0, true);
    case Layout::ethernet: return unwrap_ether_type(frame, 12, "Ethernet", issue);
    case Layout::cooked: return unwrap_ether_type(frame, 14, "Linux cooked", issue);
    case Layout::cooked2: return unwrap_cooked2(frame, issue);
    case Layout::loopback: return unwrap_loopback(frame, issue);
  }
  return std::nullopt;
}

}  // namespace halfopen
