#include "capture/decode/link_layer.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "capture/decode/link_parts.h"
#include "capture/decode/link_wireless.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

using link::Bytes;
using link::cut;
using link::too_short;
using link::unwrap_80211;
using link::unwrap_ether_type;
using link::unwrap_llc;
using link::unwrap_mpls;
using link::unwrap_ppp;
using wire::get16;
using wire::get32;

// How frames are built, of one or several link types.
enum class Layout : std::uint8_t {
  unknown,
  raw,
  ethernet,
  cooked,
  cooked2,
  family,
  enc,
  pflog,
  ipnet,
  nflog,
  ppp,
  ppp_serial,
  ppp_pppd,
  pppoe,
  hdlc,
  frame_relay,
  mpls,
  llc,
  infiniband,
  wireless,
  radiotap,
  prism,
  ppi,
  pktap
};

// `skipped`: bytes before what the layout describes, e.g. a packet's direction.
struct LinkType {
  std::uint32_t number = 0;  // in files, or libpcap's DLT of some system
  Layout layout = Layout::unknown;
  std::size_t skipped = 0;
};
constexpr auto kLinkTypes = std::to_array<LinkType>({
    {0, Layout::family},  // BSD loopback
    {1, Layout::ethernet},
    {9, Layout::ppp},
    {10, Layout::llc, 13},  // FDDI: control and addresses
    {11, Layout::llc},      // ATM (RFC 1483)
    {12, Layout::raw},      // what systems call raw IP
    {14, Layout::raw},
    {50, Layout::ppp_serial},
    {51, Layout::pppoe},  // without Ethernet
    {101, Layout::raw},   // what files call it
    {104, Layout::hdlc},  // Cisco's
    {105, Layout::wireless},
    {107, Layout::frame_relay},
    {108, Layout::family},  // OpenBSD loopback
    {109, Layout::enc},     // OpenBSD IPsec
    {113, Layout::cooked},
    {117, Layout::pflog},  // BSD packet filter
    {119, Layout::prism},
    {122, Layout::llc, 16},  // Fibre Channel (RFC 2625): addresses
    {127, Layout::radiotap},
    {163, Layout::prism},     // AVS
    {166, Layout::ppp_pppd},  // a direction in place of the address
    {192, Layout::ppi},
    {204, Layout::ppp, 1},          // a direction
    {205, Layout::hdlc, 1},         // a direction
    {206, Layout::frame_relay, 1},  // a direction
    {219, Layout::mpls},
    {226, Layout::ipnet},        // Solaris
    {228, Layout::raw},          // IPv4
    {229, Layout::raw},          // IPv6
    {239, Layout::nflog},        // Linux netfilter
    {240, Layout::ethernet, 4},  // netANALYZER
    {242, Layout::infiniband},   // IP over InfiniBand
    {258, Layout::pktap},        // Apple
    {276, Layout::cooked2},
});

// By number, because every frame asks.
constexpr auto kByNumber = [] {
  std::array<LinkType, kLinkTypes.back().number + 1> all{};
  for (const LinkType& type : kLinkTypes) all[type.number] = type;
  return all;
}();

LinkType link_type_of(std::uint32_t number) {
  return number < kByNumber.size() ? kByNumber[number] : LinkType{};
}

// Cooked capture, version 2: the protocol comes first, the header is 20 bytes.
std::optional<Unwrapped> unwrap_cooked2(std::span<const std::uint8_t> frame, std::string& issue) {
  if (frame.size() < 20) return too_short(issue, "Linux cooked", 20, frame.size());
  const std::uint16_t type = get16(frame.data());
  auto unwrapped = link::is_vlan_tag(type) ? unwrap_ether_type(frame, 22, "VLAN", issue)
                                           : cut(frame, 20, type == link::kIpv4 || type == link::kIpv6);
  if (unwrapped) unwrapped->interface = get32(&frame[4]);
  return unwrapped;
}

bool is_ip_family(std::uint32_t family) {
  constexpr std::array<std::uint32_t, 6> kIpFamilies{2,  10, 24,
                                                     26, 28, 30};  // AF_INET; AF_INET6 here and there
  return std::ranges::find(kIpFamilies, family) != kIpFamilies.end();
}

// The address family of the capturing system, in its byte order, at the beginning of a header.
std::optional<Unwrapped> unwrap_family(Bytes frame, std::size_t header, std::string_view what,
                                       std::string& issue) {
  if (frame.size() < header) return too_short(issue, what, header, frame.size());
  const std::uint32_t big = get32(frame.data());
  return cut(frame, header, is_ip_family(big > 0xffff ? big >> 24 | (big >> 8 & 0xff00) : big));
}

// OpenBSD's pf: its header says how long it is, without the padding to four bytes, and the family.
std::optional<Unwrapped> unwrap_pflog(Bytes frame, std::string& issue) {
  const std::size_t header = frame.size() < 2 ? 4 : std::max<std::size_t>((frame[0] + 3u) / 4 * 4, 4);
  if (frame.size() < header) return too_short(issue, "pflog", header, frame.size());
  return cut(frame, header, is_ip_family(frame[1]));
}

// Solaris: version, family, and interfaces and zones.
std::optional<Unwrapped> unwrap_ipnet(Bytes frame, std::string& issue) {
  constexpr std::size_t kHeader = 24;
  if (frame.size() < kHeader) return too_short(issue, "ipnet", kHeader, frame.size());
  return cut(frame, kHeader, is_ip_family(frame[1]));
}

// Linux's nfnetlink_log: the family, then attributes of length, type and value in the byte order of the
// capturing system, of which one is the packet. Types are small: a large one was read in the wrong order.
std::optional<Unwrapped> unwrap_nflog(Bytes frame, std::string& issue) {
  constexpr std::uint16_t kPayload = 9;  // NFULA_PAYLOAD
  constexpr std::size_t kHeader = 4;
  std::size_t at = kHeader;
  while (frame.size() >= at + 4) {
    const bool is_big = frame[at + 2] == 0;
    const std::size_t length = is_big ? get16(&frame[at]) : frame[at] | std::size_t{frame[at + 1]} << 8;
    const std::uint16_t type = is_big ? frame[at + 3] : frame[at + 2];
    if (type == kPayload) return cut(frame, at + 4, is_ip_family(frame[0]));
    if (length < 4) {
      issue = fmt::format("NFLOG attribute {} has length {}", type, length);
      return std::nullopt;
    }
    at += (length + 3) / 4 * 4;
  }
  if (frame.size() != at || at == kHeader) return too_short(issue, "NFLOG", at + 4, frame.size());
  return cut(frame, at, false);
}

// Cisco's HDLC: an address, a control byte and an EtherType. Serial lines that speak PPP may change to it.
std::optional<Unwrapped> unwrap_serial(Bytes frame, std::string& issue) {
  const bool is_hdlc = !frame.empty() && (frame[0] == 0x0f || frame[0] == 0x8f);
  return is_hdlc ? unwrap_ether_type(frame, 2, "HDLC", issue) : unwrap_ppp(frame, 0, issue);
}

std::optional<Unwrapped> unwrap_pppd(Bytes frame, std::string& issue) {
  const bool has_control = frame.size() > 1 && frame[1] == 3;
  return unwrap_ppp(frame, has_control ? 2 : 0, issue);
}

// Two bytes of address; Cisco's EtherType, or the protocol's number (RFC 2427), which may be SNAP's.
std::optional<Unwrapped> unwrap_frame_relay(Bytes frame, std::size_t at, std::string& issue) {
  constexpr std::uint8_t kUnnumbered = 3;
  constexpr std::uint8_t kSnap = 0x80;
  constexpr std::size_t kSnapHeader = 10;  // with the padding before it and the EtherType
  if (frame.size() < at + 4) return too_short(issue, "frame relay", at + 4, frame.size());
  if (frame[at + 2] != kUnnumbered) return unwrap_ether_type(frame, at + 2, "frame relay", issue);
  const std::uint8_t protocol = frame[at + 3];
  if (protocol == 0xcc || protocol == 0x8e) return cut(frame, at + 4, true);
  if (frame.size() < at + kSnapHeader) return too_short(issue, "frame relay", at + kSnapHeader, frame.size());
  const bool is_snap =
      protocol == 0 && frame[at + 4] == kSnap && get16(&frame[at + 5]) == 0 && frame[at + 7] == 0;
  if (!is_snap) return cut(frame, at + 4, false);
  return unwrap_ether_type(frame, at + kSnapHeader - 2, "frame relay", issue);
}

std::optional<Unwrapped> unwrap_infiniband(Bytes frame, std::string& issue) {
  constexpr std::size_t kHeader = 44;  // addresses, then EtherType and two reserved bytes (RFC 4391)
  if (frame.size() < kHeader) return too_short(issue, "InfiniBand", kHeader, frame.size());
  const std::uint16_t type = get16(&frame[kHeader - 4]);
  return cut(frame, kHeader, type == link::kIpv4 || type == link::kIpv6);
}

std::uint32_t little32(const std::uint8_t* at) { return __builtin_bswap32(get32(at)); }

// A frame of another link type behind a header that names it. Such headers do not stand in one another.
std::optional<Unwrapped> unwrap_inner(std::uint32_t link_type, Bytes frame, std::size_t header,
                                      std::string& issue) {
  const Layout inner = link_type_of(link_type).layout;
  const bool is_allowed = inner != Layout::ppi && inner != Layout::pktap;
  auto unwrapped = unwrap(is_allowed ? link_type : 0xffff, frame.subspan(header), issue);
  if (unwrapped) unwrapped->header += header;
  return unwrapped;
}

// Per-packet information: its length, and the link type behind it.
std::optional<Unwrapped> unwrap_ppi(Bytes frame, std::string& issue) {
  const std::size_t header =
      frame.size() < 8 ? 8 : std::max<std::size_t>(frame[2] | std::size_t{frame[3]} << 8, 8);
  if (frame.size() < header) return too_short(issue, "PPI", header, frame.size());
  return unwrap_inner(little32(&frame[4]), frame, header, issue);
}

// Apple's: length, type, and the link type behind it; then the interface and the process.
std::optional<Unwrapped> unwrap_pktap(Bytes frame, std::string& issue) {
  const std::size_t header = frame.size() < 12 ? 12 : std::max<std::size_t>(little32(frame.data()), 12);
  if (frame.size() < header) return too_short(issue, "PKTAP", header, frame.size());
  return unwrap_inner(little32(&frame[8]), frame, header, issue);
}

}  // namespace

std::string describe_link_type(std::uint32_t link_type) {
  const char* name = pcap_datalink_val_to_name(static_cast<int>(link_type));
  return fmt::format("link type {} ({})", link_type, name != nullptr ? name : "unknown");
}

bool is_known_link_type(std::uint32_t link_type) { return link_type_of(link_type).layout != Layout::unknown; }

std::optional<Unwrapped> unwrap(std::uint32_t link_type, std::span<const std::uint8_t> frame,
                                std::string& issue) {
  const auto [_, layout, skipped] = link_type_of(link_type);
  switch (layout) {
    case Layout::raw: return cut(frame, 0, true);
    case Layout::ethernet: return unwrap_ether_type(frame, skipped + 12, "Ethernet", issue, true);
    case Layout::cooked: return unwrap_ether_type(frame, 14, "Linux cooked", issue);
    case Layout::cooked2: return unwrap_cooked2(frame, issue);
    case Layout::family: return unwrap_family(frame, 4, "loopback", issue);
    case Layout::enc: return unwrap_family(frame, 12, "IPsec", issue);
    case Layout::pflog: return unwrap_pflog(frame, issue);
    case Layout::ipnet: return unwrap_ipnet(frame, issue);
    case Layout::nflog: return unwrap_nflog(frame, issue);
    case Layout::ppp: return unwrap_ppp(frame, skipped, issue);
    case Layout::ppp_serial: return unwrap_serial(frame, issue);
    case Layout::ppp_pppd: return unwrap_pppd(frame, issue);
    case Layout::pppoe: return unwrap_ppp(frame, link::kPppoeHeader, issue);
    case Layout::hdlc: return unwrap_ether_type(frame, skipped + 2, "HDLC", issue);
    case Layout::frame_relay: return unwrap_frame_relay(frame, skipped, issue);
    case Layout::mpls: return unwrap_mpls(frame, 0, issue);
    case Layout::llc: return unwrap_llc(frame, skipped, issue);
    case Layout::infiniband: return unwrap_infiniband(frame, issue);
    case Layout::wireless: return unwrap_80211(frame, 0, issue);
    case Layout::radiotap: return link::unwrap_radiotap(frame, issue);
    case Layout::prism: return link::unwrap_prism(frame, issue);
    case Layout::ppi: return unwrap_ppi(frame, issue);
    case Layout::pktap: return unwrap_pktap(frame, issue);
    case Layout::unknown: break;
  }
  issue = fmt::format("link type {} is not known", link_type);
  return std::nullopt;
}

}  // namespace halfopen
