// Packets that carry packets: the tunnels around other people's TCP.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "capture/decode/remarks.h"
#include "sim/wire/packet_view.h"

namespace halfopen {

struct TunnelContent {
  std::span<const std::uint8_t> ip;  // what seems to be an IP packet, as far as it was captured
  std::size_t size = 0;              // the most that it can be by what is around it
  RemarkKind kind{};                 // the tunnel
  std::uint32_t id = 0;              // and its number, where it has one that says something
};

// What `outer` carries, if that is a tunnel whose headers are all right: IP in IP (RFC 2003, 2473, 4213), GRE
// (RFC 2784, 2890) with Ethernet, MPLS, ERSPAN, WCCP or PPTP (RFC 2637) in it, MPLS in IP (RFC 4023), EtherIP
// (RFC 3378), and over UDP VXLAN (RFC 7348), Geneve (RFC 8926) and GTP-U (3GPP TS 29.281). Ports of UDP are
// anybody's, so the caller has to see whether it is an IP packet.
[[nodiscard]] std::optional<TunnelContent> open_tunnel(const PacketView& outer);

}  // namespace halfopen
