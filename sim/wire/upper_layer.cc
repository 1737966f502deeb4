#include "sim/wire/upper_layer.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/wire/bytes.h"

namespace halfopen::wire {
namespace {

constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;

template <class... Args>
bool fail(ParseIssue& issue, std::size_t offset, fmt::format_string<Args...> text, Args&&... args) {
  issue = {offset, fmt::format(text, std::forward<Args>(args)...)};
  return false;
}

IpAddress v4_at(const std::uint8_t* at) { return IpAddress::v4({at[0], at[1], at[2], at[3]}); }

IpAddress v6_at(const std::uint8_t* at) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(at, 16, bytes.begin());
  return IpAddress::v6(bytes);
}

// Over IPv4 the only header that may stand before TCP (RFC 4302); `end` is the packet's or that of what is
// there.
bool pass_authentication(std::span<const std::uint8_t> wire, std::size_t end, UpperLayer& upper,
                         ParseIssue& issue) {
  while (upper.protocol == kAuthentication && !upper.is_later_fragment) {
    const std::size_t left = end - upper.offset;
    const std::size_t length = left < 2 ? 8 : 8 + std::size_t{wire[upper.offset + 1]} * 4;
    if (length > left) {
      return fail(issue, upper.offset, "authentication header of {} bytes runs past the packet", length);
    }
    upper.protocol = wire[upper.offset];
    upper.offset += length;
  }
  return true;
}

bool find_in_v4(std::span<const std::uint8_t> wire, UpperLayer& upper, ParseIssue& issue,
                std::size_t length_if_zero) {
  if (wire.size() < kIpV4Header) {
    return fail(issue, 0, "{} bytes, expected an IPv4 header of at least 20", wire.size());
  }
  const std::size_t header = std::size_t{wire[0] & 0xfu} * 4;
  if (header < kIpV4Header) return fail(issue, 0, "IPv4 header length {}, expected 20 to 60", header);
  if (header > wire.size()) {
    return fail(issue, 0, "IPv4 header length {}, but only {} bytes are there", header, wire.size());
  }
  upper.source = v4_at(&wire[12]);
  upper.destination = v4_at(&wire[16]);
  upper.protocol = wire[9];
  upper.offset = header;
  upper.packet_size = get16(&wire[2]);
  if (upper.packet_size == 0) upper.packet_size = length_if_zero;
  if (upper.packet_size < header) {
    return fail(issue, 2, "IPv4 total length {}, expected at least {}", upper.packet_size, header);
  }
  const std::uint16_t fragment = get16(&wire[6]);
  upper.is_fragment = (fragment & 0x3fff) != 0;
  upper.is_later_fragment = (fragment & 0x1fff) != 0;
  upper.is_incomplete = (fragment & 0x2000) != 0;
  return upper.protocol != kAuthentication ||
         pass_authentication(wire, std::min(wire.size(), upper.packet_size), upper, issue);
}

bool is_extension(std::uint8_t next) {
  return next == kHopByHop || next == kRouting || next == kFragment || next == kDestinationOptions ||
         next == kAuthentication;
}

// The length in the jumbo payload option (RFC 2675) of the hop-by-hop options right behind the IPv6 header;
// 0 where there is none.
std::size_t find_jumbo_length(std::span<const std::uint8_t> wire) {
  constexpr std::uint8_t kPad1 = 0;
  constexpr std::uint8_t kJumboPayload = 0xc2;
  if (wire[6] != kHopByHop || wire.size() < kIpV6Header + 8) return 0;
  const std::size_t end = std::min(wire.size(), kIpV6Header + 8 + std::size_t{wire[kIpV6Header + 1]} * 8);
  std::size_t at = kIpV6Header + 2;
  while (at + 2 <= end) {
    if (wire[at] == kPad1) {
      ++at;
      continue;
    }
    const std::size_t length = wire[at + 1];
    if (wire[at] == kJumboPayload) return length == 4 && at + 6 <= end ? get32(&wire[at + 2]) : 0;
    at += 2 + length;
  }
  return 0;
}

// What a packet claims to be whose payload length field is 0: what its jumbo payload option says, or nothing
// but the header, or what only the frame knows.
std::size_t find_v6_size(std::span<const std::uint8_t> wire, std::size_t length_if_zero) {
  constexpr std::uint8_t kNoNextHeader = 59;
  if (length_if_zero < kIpV6Header || wire[6] == kNoNextHeader) return kIpV6Header;
  const std::size_t jumbo = find_jumbo_length(wire);
  return jumbo != 0 ? kIpV6Header + jumbo : length_if_zero;
}

// Each extension header takes at least eight bytes, so the walk ends with the packet at the latest.
bool find_in_v6(std::span<const std::uint8_t> wire, UpperLayer& upper, ParseIssue& issue,
                std::size_t length_if_zero) {
  if (wire.size() < kIpV6Header) {
    return fail(issue, 0, "{} bytes, expected an IPv6 header of 40", wire.size());
  }
  upper.source = v6_at(&wire[8]);
  upper.destination = v6_at(&wire[24]);
  upper.protocol = wire[6];
  upper.is_v6 = true;
  upper.offset = kIpV6Header;
  const std::size_t payload = get16(&wire[4]);
  upper.packet_size = payload != 0 ? kIpV6Header + payload : find_v6_size(wire, length_if_zero);
  const std::size_t end = std::min(wire.size(), upper.packet_size);
  while (is_extension(upper.protocol)) {
    if (end - upper.offset < 8) {
      return fail(issue, upper.offset, "IPv6 extension header {} runs past the packet", upper.protocol);
    }
    const std::uint8_t* header = wire.data() + upper.offset;
    std::size_t length = 8 + std::size_t{header[1]} * 8;
    if (upper.protocol == kAuthentication) length = 8 + std::size_t{header[1]} * 4;
    if (upper.protocol == kRouting && header[3] > 0) upper.is_rerouted = true;
    if (upper.protocol == kFragment) {
      const std::uint16_t fragment = get16(header + 2);
      upper.is_incomplete = (fragment & 1) != 0;
      upper.is_later_fragment = (fragment & 0xfff8) != 0;
      upper.is_fragment = upper.is_incomplete || upper.is_later_fragment;
      if (upper.is_later_fragment) return true;
      length = 8;
    }
    if (length > end - upper.offset) {
      return fail(issue, upper.offset, "IPv6 extension header {} of {} bytes runs past the packet",
                  upper.protocol, length);
    }
    upper.protocol = header[0];
    upper.offset += length;
  }
  return true;
}

}  // namespace

bool find_upper_layer(std::span<const std::uint8_t> wire, UpperLayer& upper, ParseIssue& issue,
                      std::size_t length_if_zero) {
  if (wire.empty()) return fail(issue, 0, "no bytes, expected an IP packet");
  const int version = wire[0] >> 4;
  if (version == 4) return find_in_v4(wire, upper, issue, length_if_zero);
  if (version == 6) return find_in_v6(wire, upper, issue, length_if_zero);
  return fail(issue, 0, "IP version {}, expected 4 or 6", version);
}

}  // namespace halfopen::wire
