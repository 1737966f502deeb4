// A packet on the wire as the language would write it: the way back from bytes, all numbers as they are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/script/packet_spec.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

struct ReadPacket {
  script::PacketSpec spec;  // outbound; a TCP or UDP body has its ports
  IpAddress source;         // of the innermost header
  IpAddress destination;
};
// nullopt for what is neither TCP nor UDP nor ICMP, or is broken. `tcp_in_udp`: a UDP datagram is read as the
// TCP segment in it.
[[nodiscard]] std::optional<ReadPacket> read_packet(std::span<const std::uint8_t> bytes,
                                                    bool tcp_in_udp = false);

// TCP options, one by one; what cannot be read is kept as bytes.
[[nodiscard]] script::TcpOptionsSpec read_tcp_options(std::span<const std::uint8_t> wire);

}  // namespace halfopen::drill
