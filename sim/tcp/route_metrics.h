// What a route says of the connections over it (ip-route(8)); 0 is nothing.
#pragma once

#include <cstdint>

namespace halfopen {

struct RouteMetrics {
  std::uint32_t initial_window = 0;          // initcwnd, segments
  std::uint32_t initial_receive_window = 0;  // initrwnd, segments
  std::uint32_t window = 0;                  // bytes: the most that is offered
  std::uint16_t mtu = 0;                     // bytes
  std::uint16_t adv_mss = 0;                 // bytes: what a SYN offers
  bool mtu_locked = false;                   // no ICMP error lowers it, and packets may be fragmented
};

}  // namespace halfopen
