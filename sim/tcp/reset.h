// The reset that answers a segment (RFC 9293 section 3.10.7.1): of no connection, or of one that has no place
// for it. What it says is decided here for both.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/tcp/profile.h"
#include "sim/tcp/socket_options.h"
#include "sim/wire/packet.h"

namespace halfopen {

// In what stacks differ.
struct ResetRules {
  Sourced<bool> counts_fin;  // for a segment without ACK it acknowledges also its FIN
  Sourced<bool> copies_tos;  // it carries the offender's traffic class
  Sourced<bool> of_socket;   // it carries traffic class and hop limit of the socket that the offender met
};

struct ResetReply {
  Seq seq;
  Seq ack;  // meaningful if the ACK bit is set
  std::uint8_t flags = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 0;  // 0: the OS's
};

// What answers `offender`, which came with this traffic class to a socket with these options; null: to
// nobody. nullopt where it is itself a reset: resets are never answered.
[[nodiscard]] std::optional<ResetReply> reset_for(const Segment& offender, std::uint8_t traffic_class,
                                                  const ResetRules& rules,
                                                  const SocketOptions* socket = nullptr);

// Writes that reset into `out`, whose Why is the caller's. `next_id` counts the IP IDs of packets that belong
// to no connection.
void write_reset(Packet& out, const FourTuple& addresses, const ResetReply& reset, const IpProfile& os,
                 std::uint16_t& next_id);

}  // namespace halfopen
