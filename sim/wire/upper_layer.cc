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
std::nullopt_t fail(ParseIssue& issue, std::size_t offset, fmt::format_string<Args...> text, Args&&... args) {
  issue = {offset, fmt::format(text, std::forward<Args>(args)...)};
  return std::nullopt;
}

IpAddress v4_at(const std::uint8_t* at) { return IpAddress::v4({at[0], at[1], at[2], at[3]}); }

IpAddress v6_at(const std::uint8_t* at) {
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(at, 16, bytes.begin());
  return IpAddress::v6(bytes);
}

std::optional<UpperLayer> find_in_v4(std::span<const std::uint8_t> wire, ParseIssue& issue) {
  if (wire.size() < kIpV4Header) {
    return fail(issue, 0, "{} bytes, expected an IPv4 header of at least 20", wire.size());
  }
  const std::size_t header = std::size_t{wire[0] & 0xfu} * 4;
  if (header < kIpV4Header) return fail(issue, 0, "IPv4 header length {}, expected 20 to 60", header);
  if (header > wire.size()) {
    return fail(issue, 0, "IPv4 header length {}, but only {} bytes are there", header, wire.size());
  }
  UpperLayer upper{.source = v4_at(&wire[12]), .destination = v4_at(&wire[16]), .protocol = wire[9]};
  upper.offset = header;
  upper.packet_size = get16(&wire[2]);
  if (upper.packet_size < header) {
    return fail(issue, 2, "IPv4 total length {}, expected at least {}", upper.packet_size, header);
  }
  const std::uint16_t fragment = get16(&wire[6]);
  upper.is_later_fragment = (fragment & 0x1fff) != 0;
  upper.is_incomplete = (fragment & 0x2000) != 0;
  return upper;
}

bool is_extension(std::uint8_t next) {
  return next == kHopByHop || next == kRouting || next == kFragment || next == kDestinationOptions ||
         next == kAuthentication;
}

// Each extension header takes at least eight bytes, so the walk ends with the packet at the latest.
std::optional<UpperLayer> find_in_v6(std::span<const std::uint8_t> wire, ParseIssue& issue) {
  if (wire.size() < kIpV6Header) {
    return fail(issue, 0, "{} bytes, expected an IPv6 header of 40", wire.size());
  }
  UpperLayer upper{.source = v6_at(&wire[8]), .destination = v6_at(&wire[24]), .protocol = wire[6]};
  upper.is_v6 = true;
  upper.offset = kIpV6Header;
  upper.packet_size = kIpV6Header + get16(&wire[4]);
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
      if (upper.is_later_fragment) return upper;
      length = 8;
    }
    if (length > end - upper.offset) {
      return fail(issue, upper.offset, "IPv6 extension header {} of {} bytes runs past the packet",
                  upper.protocol, length);
    }
    upper.protocol = header[0];
    upper.offset += length;
  }
  return upper;
}

}  // namespace

std::optional<UpperLayer> find_upper_layer(std::span<const std::uint8_t> wire, ParseIssue& issue) {
  if (wire.empty()) return fail(issue, 0, "no bytes, expected an IP packet");
  const int version = wire[0] >> 4;
  if (version == 4) return find_in_v4(wire, issue);
  if (version == 6) return find_in_v6(wire, issue);
  return fail(issue, 0, "IP version {}, expected 4 or 6", version);
}

}  // namespace halfopen::wire
