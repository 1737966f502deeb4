// Round-trip time estimation and the retransmission timeout. One value type for the four ways in which stacks
// do it: RFC 6298, Linux (a floor under the variance, microseconds), 4.4BSD (500 ms ticks, scaled integers)
// and FreeBSD (milliseconds, scaled integers, a constant slop).
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/tick_clock.h"
#include "sim/wire/seq.h"

namespace halfopen {

// One measurement, in the units that the estimators want. Made from the exact instants or, with timestamps,
// from the difference that the TSecr shows.
struct RttSample {
  Duration exact{};        // now minus the sending
  std::int64_t ticks = 0;  // the same in whole ticks of the host's clock
};

class RttEstimator {
 public:
  // Longer than this nothing is measured (net/ipv4/tcp_input.c tcp_rtt_tsopt_us: INT_MAX microseconds): a
  // TSecr that lies further back is none of ours, and longer samples count as this one.
  static constexpr Duration kLongestSample = std::chrono::microseconds{INT32_MAX};

  // Takes a sample (RFC 6298 section 2; Linux tcp_rtt_estimator; BSD tcp_xmit_timer). `snd_una` and `snd_nxt`
  // mark Linux's once-per-window decay of the variance.
  void sample(const RttProfile& profile, RttSample sample, Seq snd_una, Seq snd_nxt);
  // The timeout after `shift` expiries in a row; `backoff` is the profile's table. Never below one tick.
  [[nodiscard]] Duration timeout(const RttProfile& profile, const std::array<std::uint16_t, 13>& backoff,
                                 const TickClock& clock, std::uint32_t shift) const;
  // Half of the smoothed sum on which BSD's persist timer builds.
  [[nodiscard]] Duration persist_base(const RttProfile& profile, const TickClock& clock) const;

  // REXMTVAL: the timeout before backoff, slop and bounds.
  [[nodiscard]] Duration base(const RttProfile& profile) const;

  [[nodiscard]] bool has_sample() const { return has_sample_; }
  [[nodiscard]] Duration srtt(const RttProfile& profile) const;  // zero without a sample
  // No sample came from the handshake: data starts with the profile's fallback.
  void use_fallback() { fallback_ = true; }
  // RTTVAR as TCP_INFO has it: zero without a sample.
  [[nodiscard]] Duration variation(const RttProfile& profile) const;
  // BSD after several expiries: the next sample starts afresh, the timeout stays.
  void forget_srtt();

 private:
  void sample_rfc6298(Duration rtt);
  void sample_linux(const RttProfile& profile, Duration rtt, Seq snd_una, Seq snd_nxt);
  void sample_bsd(std::int64_t ticks);
  void sample_freebsd(std::int64_t ticks);

  // Scaled as the estimator has them: RFC ns; Linux us (srtt times 8, deviations times 4); BSD ticks (8 and
  // 4); FreeBSD ticks (32 and 16).
  std::int64_t srtt_ = 0;
  std::int64_t var_ = 0;
  std::int64_t mdev_ = 0;      // Linux: mean deviation
  std::int64_t mdev_max_ = 0;  // Linux: its maximum in this window
  Seq mark_;                   // Linux: end of this window
  bool has_sample_ = false;
  bool fallback_ = false;
};

}  // namespace halfopen
