// The parts of a rung: what a packet says, in tcpdump's notation with relative numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "capture/flow/flow_table.h"
#include "capture/note/names.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet.h"

namespace halfopen {

// "S.", "FP.", "R"; "none" without any bit.
[[nodiscard]] std::string flags_text(std::uint8_t flags);

// One whole option of the list, as its bytes: "mss 1460", "sack 1 {15:30}", "unknown-30 0x00".
[[nodiscard]] std::string option_text(std::span<const std::uint8_t> option, const TcpOptions& options,
                                      const FlowFacts& facts);
// "<mss 1460,sackOK,TS val 0 ecr 0,nop,wscale 10>"; empty without options. SACK edges are relative to the
// other end.
[[nodiscard]] std::string options_text(const TcpOptions& options, const FlowFacts& facts);

// "icmp: 10.9.0.2 host unreachable [client > server 25:38(13)]", "icmp6: echo request, id 1, seq 2".
[[nodiscard]] std::string icmp_text(const Packet& packet, const FlowTable& flows, Names& names);

// "udp, 12 bytes", "ip protocol 89, 44 bytes".
[[nodiscard]] std::string other_text(const OtherBody& body);

}  // namespace halfopen
