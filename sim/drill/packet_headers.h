// IP headers of a script's packets, to bytes and back, and those of tunnels around them: IP in IP (RFC 2003,
// 4213), GRE (RFC 2784 and 2890), MPLS in IP and in GRE (RFC 4023).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/script/packet_spec.h"
#include "sim/wire/packet.h"

namespace halfopen::drill {

// The header of a packet that the script injects; what it does not say is packetdrill's.
[[nodiscard]] IpHeader header_of(const script::IpInfo& info, const IpAddress& source,
                                 const IpAddress& destination);
[[nodiscard]] std::vector<std::uint8_t> bytes_of(const Packet& packet);
// The way back, all of it said.
[[nodiscard]] script::IpInfo ip_info_of(const IpHeader& ip);

// `packet`, from its IP header on, within `outer`, whose first is the outermost. Lengths, protocols and
// IPv4's checksum are made right, GRE's fields are the script's. Throws NotSupported (script_host.h) for
// headers that no IP device carries (the outermost is not IP) and for what cannot be within the one before
// it.
[[nodiscard]] std::vector<std::uint8_t> encapsulate(std::vector<std::uint8_t> packet,
                                                    std::span<const script::OuterHeader> outer);

struct Opened {
  std::vector<script::OuterHeader> outer;  // all numbers as they are; empty: there is no tunnel
  std::span<const std::uint8_t> packet;    // the innermost, within the bytes given
};
// Takes all headers of tunnels off an IP packet. What is broken, or a fragment, is left closed from there on.
[[nodiscard]] Opened open_tunnels(std::span<const std::uint8_t> bytes);

}  // namespace halfopen::drill
