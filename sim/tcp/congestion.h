// Congestion control: slow start, congestion avoidance by Reno (RFC 5681) or CUBIC (RFC 9438), and what a
// loss or an idle time does to the window. Counts in the profile's unit: bytes, or segments as Linux does.
// Integers only, so that a run is the same on every machine.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/wire/seq.h"

namespace halfopen {

class CongestionControl {
 public:
  static constexpr std::uint32_t kInfinite = 0x7fff'ffff;

  // At establishment. `mss` is one segment in the profile's unit (1, or bytes); `una`: SND.UNA. `lost_syn`:
  // start with one segment.
  void start(const CongestionProfile& profile, std::uint32_t mss, Seq una, bool lost_syn);
  void set_mss(std::uint32_t mss) { mss_ = mss; }

  // New data was acknowledged outside of recovery: `acked` units. `limited`: the window was in the way, else
  // it does not grow. `rtt` is this ACK's sample, zero without one.
  struct Ack {
    TimePoint now;
    std::uint32_t acked = 0;
    bool limited = false;
    Duration rtt{};
    std::uint32_t most = 0;  // bytes: the largest window that the peer can offer
    Seq una;
    Seq nxt;
  };
  void on_ack(const CongestionProfile& profile, const Ack& ack);

  // What may leave now has left, and `out` units are unacknowledged. `full`: the window kept more from going.
  // Remembers for a window's time how much of it was used (net/ipv4/tcp_output.c tcp_cwnd_validate).
  void note_use(Seq una, Seq nxt, std::uint32_t out, bool full);
  // The window was in the way of what is now acknowledged; in slow start half of it was in use
  // (include/net/tcp.h tcp_is_cwnd_limited).
  [[nodiscard]] bool is_in_the_way() const { return in_slow_start() ? cwnd_ < 2 * most_out_ : full_ != 0; }

  // A loss: remembers the window for undo() and sets ssthresh by the algorithm's rule. `in_flight` in units;
  // net3: what the windows allowed.
  void on_loss(const CongestionProfile& profile, std::uint32_t in_flight);
  // A retransmission timeout: the window becomes one segment.
  void on_timeout();
  // The loss was none (F-RTO, timestamps, DSACK): back to what was before.
  void undo();
  // Nothing was outstanding for `idle`, with this timeout.
  void on_idle(const CongestionProfile& profile, Duration idle, Duration rto);
  void quench() { cwnd_ = mss_; }

  [[nodiscard]] std::uint32_t cwnd() const { return cwnd_; }
  [[nodiscard]] std::uint32_t ssthresh() const { return ssthresh_; }
  [[nodiscard]] std::uint32_t mss() const { return mss_; }
  void set_cwnd(std::uint32_t units) { cwnd_ = units > mss_ ? units : mss_; }
  [[nodiscard]] bool in_slow_start() const { return cwnd_ < ssthresh_; }
  [[nodiscard]] bool is_far_below_ssthresh() const { return cwnd_ < ssthresh_ / 2; }

 private:
  void slow_start(const CongestionProfile& profile, const Ack& ack);
  void open_by_ack(std::uint32_t most);
  void avoid_reno(std::uint32_t acked);
  void avoid_cubic(const Ack& ack);
  [[nodiscard]] std::uint32_t cubic_target(TimePoint now, std::uint32_t cwnd_segments);
  void hystart(const Ack& ack);

  std::uint32_t cwnd_ = 1;
  std::uint32_t ssthresh_ = kInfinite;
  std::uint32_t mss_ = 1;
  Seq use_end_;    // what was used is known up to here
  Seq round_end_;  // HyStart's round trip ends here
  std::uint32_t most_out_ : 31 = 0;
  std::uint32_t full_ : 1 = 0;
  std::uint32_t credit_ = 0;  // units acknowledged towards the next increase
  std::uint32_t prior_cwnd_ = 0;
  std::uint32_t prior_ssthresh_ = 0;
  // CUBIC, in segments and milliseconds.
  std::uint32_t w_max_ = 0;
  std::uint32_t origin_ = 0;
  std::uint32_t k_ms_ = 0;
  std::uint32_t reno_cwnd_ = 0;  // what Reno would have by now
  std::uint32_t reno_credit_ = 0;
  TimePoint epoch_ = kNever;  // start of this avoidance period; kNever: none yet
  Duration min_rtt_{};        // zero: none yet
  // HyStart.
  TimePoint round_start_{};
  TimePoint last_ack_{};
  Duration round_min_rtt_{};
  std::uint8_t round_samples_ = 0;
  bool round_open_ = false;
};

}  // namespace halfopen
