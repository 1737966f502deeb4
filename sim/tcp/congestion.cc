#include "sim/tcp/congestion.h"

#include <algorithm>

namespace halfopen {
namespace {

// RFC 9438 section 4: C = 0.4, beta = 0.7; Linux rounds both to 1024ths (net/ipv4/tcp_cubic.c).
constexpr std::uint64_t kBeta = 717;
constexpr std::uint64_t kScale = 1024;
// HyStart: net/ipv4/tcp_cubic.c.
constexpr std::uint32_t kHystartLowWindow = 16;
constexpr std::uint8_t kHystartMinSamples = 8;
constexpr Duration kHystartAckSpacing = 2ms;
constexpr Duration kHystartDelayMin = 4ms;
constexpr Duration kHystartDelayMax = 16ms;

std::uint32_t milliseconds(Duration d) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

// The integer cube root, by bisection of bits.
std::uint64_t cube_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 20; bit != 0; bit >>= 1) {
    const std::uint64_t next = root | bit;
    if (next * next * next <= value) root = next;
  }
  return root;
}

}  // namespace

void CongestionControl::start(const CongestionProfile& profile, std::uint32_t mss, Seq una, bool lost_syn) {
  mss_ = mss;
  cwnd_ = mss * (lost_syn ? 1 : profile.initial_window.value);
  use_end_ = una;
}

void CongestionControl::on_ack(const CongestionProfile& profile, const Ack& ack) {
  if (ack.rtt > Duration{0} && (min_rtt_ == Duration{0} || ack.rtt < min_rtt_)) min_rtt_ = ack.rtt;
  if (profile.hystart && in_slow_start()) hystart(ack);
  if (profile.algorithm == CongestionAlgorithm::net3) return open_by_ack(ack.most);
  if (!ack.limited) return;
  if (in_slow_start()) {
    slow_start(profile, ack);
  } else if (profile.algorithm == CongestionAlgorithm::cubic) {
    avoid_cubic(ack);
  } else {
    avoid_reno(ack.acked);
  }
}

void CongestionControl::note_use(Seq una, Seq nxt, std::uint32_t out, bool full) {
  if (una.before(use_end_) && !full && (full_ != 0 || out <= most_out_)) return;
  full_ = full ? 1 : 0;
  most_out_ = out & kInfinite;
  use_end_ = nxt;
}

// RFC 5681 section 3.1 equation 2: by at most one segment an ACK where bytes count; Linux counts all segments
// acknowledged (RFC 3465 without its limit).
void CongestionControl::slow_start(const CongestionProfile& profile, const Ack& ack) {
  const bool segments = profile.unit == CwndUnit::segments;
  const std::uint32_t step = segments ? ack.acked : std::min(ack.acked, mss_);
  cwnd_ = std::min(cwnd_ + step, std::max(ssthresh_, cwnd_));
  if (cwnd_ > kInfinite) cwnd_ = kInfinite;
}

// However much it acknowledges, and whether or not the window was in use (netinet/tcp_input.c tcp_input:
// "open the congestion window").
void CongestionControl::open_by_ack(std::uint32_t most) {
  const std::uint64_t step = cwnd_ > ssthresh_ ? std::uint64_t{mss_} * mss_ / cwnd_ : mss_;
  cwnd_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(cwnd_ + step, most));
}

// RFC 5681 section 3.1: one segment per window.
void CongestionControl::avoid_reno(std::uint32_t acked) {
  credit_ += acked;
  if (credit_ >= cwnd_) {
    credit_ -= cwnd_;
    cwnd_ = std::min(cwnd_ + mss_, kInfinite);
  }
}

std::uint32_t CongestionControl::cubic_target(TimePoint now, std::uint32_t cwnd) {
  if (epoch_ == kNever) {
    epoch_ = now;
    reno_cwnd_ = cwnd;
    reno_credit_ = 0;
    if (cwnd < w_max_) {
      k_ms_ = static_cast<std::uint32_t>(cube_root(std::uint64_t{w_max_ - cwnd} * 2'500'000'000u));
      origin_ = w_max_;
    } else {
      k_ms_ = 0;
      origin_ = cwnd;
    }
  }
  const std::uint32_t t = milliseconds(now - epoch_ + min_rtt_);
  const std::uint64_t away = std::min<std::uint64_t>(t > k_ms_ ? t - k_ms_ : k_ms_ - t, 1'000'000);
  const std::uint64_t delta = away * away * away / 5 * 2 / 1'000'000'000u;
  if (t > k_ms_) return origin_ + static_cast<std::uint32_t>(std::min<std::uint64_t>(delta, kInfinite / 2));
  return delta < origin_ ? origin_ - static_cast<std::uint32_t>(delta) : 1;
}

// RFC 9438 section 4.2 to 4.4, paced as in net/ipv4/tcp_cubic.c: one segment per `every` acknowledged.
void CongestionControl::avoid_cubic(const Ack& ack) {
  const std::uint32_t cwnd = std::max<std::uint32_t>(cwnd_ / mss_, 1);
  const std::uint32_t target = cubic_target(ack.now, cwnd);
  std::uint64_t every = target > cwnd ? cwnd / (target - cwnd) : std::uint64_t{cwnd} * 100;
  if (w_max_ == 0 && every > 20) every = 20;  // before any loss: at least 5 % per round trip
  // The Reno-friendly region: 3 (1 - beta) / (1 + beta) segments a window.
  reno_credit_ += ack.acked;
  const std::uint64_t per_segment = std::max<std::uint64_t>(std::uint64_t{cwnd} * 15 / 8, 1) * mss_;
  while (reno_credit_ >= per_segment) {
    reno_credit_ -= static_cast<std::uint32_t>(per_segment);
    ++reno_cwnd_;
  }
  if (reno_cwnd_ > cwnd) every = std::min<std::uint64_t>(every, cwnd / (reno_cwnd_ - cwnd));
  every = std::max<std::uint64_t>(every, 2);
  credit_ += ack.acked;
  if (credit_ >= every * mss_) {
    const std::uint64_t steps = credit_ / (every * mss_);
    credit_ -= static_cast<std::uint32_t>(steps * every * mss_);
    cwnd_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(cwnd_ + steps * mss_, kInfinite));
  }
}

// Ends slow start before it overruns the queue: when a train of ACKs spans half a round trip, or when the
// round trips of this round are clearly longer than the shortest ever (Ha and Rhee 2008; tcp_cubic.c
// hystart_update).
void CongestionControl::hystart(const Ack& ack) {
  if (!round_open_ || ack.una.after(round_end_)) {
    round_open_ = true;
    round_end_ = ack.nxt;
    round_start_ = last_ack_ = ack.now;
    round_min_rtt_ = Duration{0};
    round_samples_ = 0;
  }
  if (cwnd_ / mss_ < kHystartLowWindow || min_rtt_ == Duration{0}) return;
  bool leave = false;
  if (ack.now - last_ack_ <= kHystartAckSpacing) {
    last_ack_ = ack.now;
    leave = ack.now - round_start_ > min_rtt_ / 2;
  }
  if (ack.rtt > Duration{0}) {
    if (round_min_rtt_ == Duration{0} || ack.rtt < round_min_rtt_) round_min_rtt_ = ack.rtt;
    if (round_samples_ < kHystartMinSamples) ++round_samples_;
    const Duration slack = std::clamp<Duration>(min_rtt_ / 8, kHystartDelayMin, kHystartDelayMax);
    if (round_samples_ >= kHystartMinSamples && round_min_rtt_ > min_rtt_ + slack) leave = true;
  }
  if (leave) ssthresh_ = cwnd_;
}

void CongestionControl::on_loss(const CongestionProfile& profile, std::uint32_t in_flight) {
  prior_cwnd_ = cwnd_;
  prior_ssthresh_ = ssthresh_;
  if (profile.algorithm == CongestionAlgorithm::cubic) {
    const std::uint32_t cwnd = cwnd_ / mss_;
    // Fast convergence: RFC 9438 section 4.7.
    w_max_ = cwnd < w_max_ ? static_cast<std::uint32_t>(cwnd * (kScale + kBeta) / (2 * kScale)) : cwnd;
    ssthresh_ = std::max(static_cast<std::uint32_t>(cwnd * kBeta / kScale), 2u) * mss_;
    epoch_ = kNever;
  } else if (profile.unit == CwndUnit::segments) {
    ssthresh_ = std::max(cwnd_ / 2, 2 * mss_);
  } else {
    ssthresh_ = std::max(in_flight / 2 / mss_, 2u) * mss_;  // RFC 5681 equation 4
  }
  credit_ = 0;
}

void CongestionControl::on_timeout() {
  cwnd_ = mss_;
  credit_ = 0;
  epoch_ = kNever;
  round_open_ = false;
}

void CongestionControl::undo() {
  cwnd_ = std::max(cwnd_, prior_cwnd_);
  ssthresh_ = std::max(ssthresh_, prior_ssthresh_);
}

void CongestionControl::on_idle(const CongestionProfile& profile, Duration idle, Duration rto) {
  if (rto <= Duration{0} || idle < rto) return;
  const std::uint32_t initial = profile.initial_window * mss_;
  switch (profile.idle_restart) {
    case IdleRestart::none: break;
    case IdleRestart::one_segment: cwnd_ = mss_; break;
    case IdleRestart::initial_window: cwnd_ = std::min(cwnd_, initial); break;
    case IdleRestart::halve_per_rto: {  // net/ipv4/tcp_output.c tcp_cwnd_restart
      const std::uint32_t restart = std::min(cwnd_, initial);
      ssthresh_ = std::max(ssthresh_, cwnd_ / 2 + cwnd_ / 4);  // tcp_current_ssthresh
      for (; idle >= rto && cwnd_ > restart; idle -= rto) cwnd_ /= 2;
      cwnd_ = std::max(cwnd_, restart);
      break;
    }
  }
}

}  // namespace halfopen
