// What of the unsent data goes next, as far as the windows, Nagle's algorithm and the device's burst let it:
// pure. A burst is what is handed to the device at once. Where a stack has no segmentation offload it is a
// segment; Linux makes it of several, and cuts, pushes and counts by bursts (net/ipv4/tcp_output.c
// tcp_write_xmit).
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"

namespace halfopen {

struct SendView {
  // The data.
  std::uint32_t waiting = 0;  // bytes that may go together: up to a record's end
  bool more = false;          // there is more behind them
  std::uint32_t segment = 0;  // the most data in a segment, bytes
  std::uint32_t full = 0;     // what the rules take for a full segment, not less (OptionsProfile)
  // What lets it go. The congestion window and what is in flight are in the profile's unit.
  std::uint32_t window = 0;        // what is left of the peer's, bytes
  std::uint32_t whole_window = 0;  // all of it
  std::uint32_t max_window = 0;    // the largest that the peer has offered
  std::uint32_t cwnd = 0;
  std::uint32_t in_flight = 0;
  bool small_may_go = false;  // Nagle's algorithm lets a segment go that is not full
  bool ends = false;          // behind what waits is the end: of a record, or of the connection
  // Bursts.
  std::uint32_t pace = 0;  // segments that fit a burst at the rate at which the path takes them
  bool may_wait = false;   // until more may go together
  TimePoint now;
  TimePoint last_sent;    // the latest segment with data, any
  TimePoint oldest_sent;  // what is not acknowledged
  Duration srtt{};
};

// Bytes of the next segment where each is one by itself (RFC 9293 section 3.8.6.2.1); 0: none may go.
[[nodiscard]] std::uint32_t plan_segment(const SendView& view, CwndUnit unit);
// Bytes of the next burst; 0: none may go.
[[nodiscard]] std::uint32_t plan_burst(const SendView& view);
// There is data that the congestion window keeps back, be it to wait for more (is_cwnd_limited of
// net/ipv4/tcp_output.c tcp_write_xmit).
[[nodiscard]] bool is_held_by_cwnd(const SendView& view);

// Segments of `mss` bytes in a burst at least `least`, for about a millisecond at twice the window a round
// trip (1.2 times in congestion avoidance), and more on short paths (tcp_update_pacing_rate,
// tcp_tso_autosize). `srtt` zero: no sample; `min_rtt` Duration::max(): none.
[[nodiscard]] std::uint32_t burst_segments(std::uint32_t least, std::uint32_t mss, std::uint32_t cwnd,
                                           bool in_slow_start, Duration srtt, Duration min_rtt);

}  // namespace halfopen
