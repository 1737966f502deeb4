// What a scenario says about the path: how each direction treats packets, and what a router between does to
// them.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/base/time.h"
#include "sim/scenario/packet_match.h"
#include "sim/wire/address.h"
#include "sim/wire/icmp.h"

namespace halfopen {

enum class Direction : std::uint8_t { to_server, to_client, both };
[[nodiscard]] std::string_view to_string(Direction direction);  // "to-server", "to-client", "both"

// One direction of the path.
struct LinkConfig {
  Duration delay = 10ms;  // one way
  Duration jitter{};      // each packet is late by up to this; order is kept
  double loss = 0;        // probability that a packet is lost
  double reorder = 0;     // probability that a packet is held back by reorder_delay and overtaken
  Duration reorder_delay = 5ms;
  double duplicate = 0;    // probability that a packet arrives twice
  std::uint64_t rate = 0;  // bits a second; 0: no limit
  std::uint64_t queue_bytes =
      0;  // waiting bytes in front of `rate`, the one on the wire included; 0: no limit
  std::uint32_t queue_packets = 0;  // the same in packets; 0: no limit
  std::uint32_t mtu = 0;            // bytes of the whole packet; 0: no limit
};

struct PathConfig {
  LinkConfig to_server;
  LinkConfig to_client;
  IpAddress router = IpAddress::v4({10, 9, 0, 254});
  bool router_says_too_big = true;  // answers "fragmentation needed" for the MTU; false: a black hole
};

// What becomes of matching packets: the first `skip` pass, then `count` (0: all from then on) are dropped or,
// with `late`, arrive so much later, and those behind them may overtake.
struct PacketRule {
  PacketMatch match = {};
  std::uint32_t skip = 0;
  std::uint32_t count = 0;
  Duration late{};
};

// The router answers every packet of `direction` (to an ICMP error nobody answers) and lets none through,
// `count` times (0: from now on). With an `mtu`, packets up to that size pass.
struct AnswerRule {
  IcmpKind kind = IcmpKind::host_unreachable;
  Direction direction = Direction::to_server;
  std::uint32_t count = 0;
  std::uint32_t mtu = 0;
};

}  // namespace halfopen
