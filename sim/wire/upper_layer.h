// The walk over an IP header, its options and extension headers to what they carry: for a packet and for the
// head of one that an ICMP error quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/wire/address.h"
#include "sim/wire/packet.h"

namespace halfopen::wire {

struct UpperLayer {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;    // of what stands at `offset`
  std::size_t offset = 0;       // in bytes from the start of the IP header
  std::size_t packet_size = 0;  // what the IP header claims for the whole packet
  bool is_v6 = false;
  bool is_fragment = false;        // the first or a later one
  bool is_later_fragment = false;  // `offset` is then at the fragment's data (IPv4) or its header (IPv6)
  bool is_incomplete = false;      // the first of several fragments: no checksum can be checked
  bool is_rerouted = false;        // a routing header holds the final destination, which checksums cover
};

// Fills in a fresh `upper`, where it stays: a copy would wait for what was just written. False, with `issue`
// filled in, when a header is wrong or `wire` ends inside one. The claimed packet size is not held against
// wire.size(): a quote and a truncated capture are shorter. `length_if_zero` is as in ParseOptions.
[[nodiscard]] bool find_upper_layer(std::span<const std::uint8_t> wire, UpperLayer& upper, ParseIssue& issue,
                                    std::size_t length_if_zero = 0);

}  // namespace halfopen::wire
