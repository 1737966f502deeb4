#include "sim/tcp/rtt.h"

#include <algorithm>
#include <cstdlib>

namespace halfopen {
namespace {

constexpr std::int64_t kBsdFirstVariance = 24;  // ticks times 4: TCPTV_SRTTDFLT 6 ticks; netinet/tcp_subr.c

std::int64_t micros(Duration d) { return std::chrono::duration_cast<std::chrono::microseconds>(d).count(); }

}  // namespace

void RttEstimator::sample(const RttProfile& profile, RttSample sample, Seq snd_una, Seq snd_nxt) {
  sample.exact = std::min(sample.exact, kLongestSample);
  sample.ticks = std::min<std::int64_t>(sample.ticks, kLongestSample / profile.granularity.value);
  switch (profile.estimator) {
    case RttEstimatorKind::rfc6298: sample_rfc6298(sample.exact); break;
    case RttEstimatorKind::linux_os: sample_linux(profile, sample.exact, snd_una, snd_nxt); break;
    case RttEstimatorKind::bsd_ticks: sample_bsd(sample.ticks + 1); break;
    case RttEstimatorKind::freebsd: sample_freebsd(std::max<std::int64_t>(sample.ticks, 1) + 1); break;
  }
  has_sample_ = true;
  fallback_ = false;
}

// RFC 6298 sections 2.2 and 2.3.
void RttEstimator::sample_rfc6298(Duration rtt) {
  const std::int64_t r = std::max<std::int64_t>(rtt.count(), 1);
  if (!has_sample_) {
    srtt_ = r;
    var_ = r / 2;
    return;
  }
  var_ += (std::abs(srtt_ - r) - var_) / 4;
  srtt_ += (r - srtt_) / 8;
}

// The deviation grows fast and falls slowly, never counts for less than rto_min, and decays once per window:
// net/ipv4/tcp_input.c tcp_rtt_estimator.
void RttEstimator::sample_linux(const RttProfile& profile, Duration rtt, Seq snd_una, Seq snd_nxt) {
  const std::int64_t r = std::max<std::int64_t>(micros(rtt), 1);
  const std::int64_t floor = micros(profile.rto_min);
  if (!has_sample_) {
    srtt_ = r * 8;
    mdev_ = r * 2;
    var_ = mdev_max_ = std::max(mdev_, floor);
    mark_ = snd_nxt;
    return;
  }
  std::int64_t error = r - srtt_ / 8;
  srtt_ += error;
  if (error < 0) {
    error = -error - mdev_ / 4;
    if (error > 0) error /= 8;
  } else {
    error -= mdev_ / 4;
  }
  mdev_ += error;
  if (mdev_ > mdev_max_) {
    mdev_max_ = mdev_;
    var_ = std::max(var_, mdev_max_);
  }
  if (snd_una.after(mark_)) {
    if (mdev_max_ < var_) var_ -= (var_ - mdev_max_) / 4;
    mark_ = snd_nxt;
    mdev_max_ = floor;
  }
}

// netinet/tcp_input.c tcp_xmit_timer of 4.4BSD-Lite2: `r` counts from 1.
void RttEstimator::sample_bsd(std::int64_t r) {
  if (srtt_ == 0) {
    srtt_ = r * 8;
    var_ = r * 2;
    return;
  }
  std::int64_t delta = r - 1 - srtt_ / 8;
  srtt_ = std::max<std::int64_t>(srtt_ + delta, 1);
  delta = std::abs(delta) - var_ / 4;
  var_ = std::max<std::int64_t>(var_ + delta, 1);
}

// The same with finer scaling: netinet/tcp_input.c tcp_xmit_timer of FreeBSD.
void RttEstimator::sample_freebsd(std::int64_t r) {
  if (srtt_ == 0) {
    srtt_ = r * 32;
    var_ = r * 8;
    return;
  }
  std::int64_t delta = (r - 1) * 4 - srtt_ / 8;
  srtt_ = std::max<std::int64_t>(srtt_ + delta, 1);
  delta = std::abs(delta) - var_ / 4;
  var_ = std::max<std::int64_t>(var_ + delta, 1);
}

Duration RttEstimator::base(const RttProfile& profile) const {
  const Duration tick = profile.granularity;
  switch (profile.estimator) {
    case RttEstimatorKind::rfc6298:
      return std::max<Duration>(Duration{srtt_} + std::max(tick, Duration{4 * var_}), profile.rto_min);
    case RttEstimatorKind::linux_os: return std::chrono::microseconds{srtt_ / 8 + var_};
    case RttEstimatorKind::bsd_ticks: return (srtt_ / 8 + (has_sample_ ? var_ : kBsdFirstVariance)) * tick;
    case RttEstimatorKind::freebsd:
      return std::max<Duration>(((srtt_ / 8 + var_) / 4) * tick, profile.rto_min);
  }
  return profile.rto_initial;
}

Duration RttEstimator::timeout(const RttProfile& profile, const std::array<std::uint16_t, 13>& backoff,
                               const TickClock& clock, std::uint32_t shift) const {
  const auto factor = backoff[std::min<std::size_t>(shift, backoff.size() - 1)];
  Duration first = profile.rto_initial;
  if (has_sample_) {
    first = clock.round_up(base(profile));
  } else if (fallback_) {
    first = profile.rto_fallback;
  } else if (shift == 0) {
    return profile.rto_initial;  // BSD's and FreeBSD's first timeout knows neither variance nor slop
  } else if (profile.estimator == RttEstimatorKind::bsd_ticks) {
    first = base(profile);
  }
  const Duration wanted = first * factor + profile.rto_slop.value;
  // Linux needs no lower bound (its variance has a floor); the others' is rto_min.
  return std::clamp<Duration>(wanted, std::min<Duration>(profile.rto_min, wanted), profile.rto_max);
}

Duration RttEstimator::persist_base(const RttProfile& profile, const TickClock& clock) const {
  if (profile.estimator == RttEstimatorKind::bsd_ticks) {
    const std::int64_t variance = has_sample_ ? var_ : kBsdFirstVariance;
    return ((srtt_ / 4 + variance) / 2) * profile.granularity.value;
  }
  if (!has_sample_) return profile.rto_initial;
  return clock.round_up(base(profile));
}

Duration RttEstimator::srtt(const RttProfile& profile) const {
  if (!has_sample_) return Duration{0};
  switch (profile.estimator) {
    case RttEstimatorKind::rfc6298: return Duration{srtt_};
    case RttEstimatorKind::linux_os: return std::chrono::microseconds{srtt_ / 8};
    case RttEstimatorKind::bsd_ticks: return srtt_ / 8 * profile.granularity.value;
    case RttEstimatorKind::freebsd: return srtt_ / 32 * profile.granularity.value;
  }
  return Duration{0};
}

Duration RttEstimator::variation(const RttProfile& profile) const {
  if (!has_sample_) return Duration{0};
  switch (profile.estimator) {
    case RttEstimatorKind::rfc6298: return Duration{var_};
    case RttEstimatorKind::linux_os: return std::chrono::microseconds{mdev_ / 4};
    case RttEstimatorKind::bsd_ticks: return var_ / 4 * profile.granularity.value;
    case RttEstimatorKind::freebsd: return var_ / 16 * profile.granularity.value;
  }
  return Duration{0};
}

// netinet/tcp_timer.c: the old SRTT moves into the variance, so that the timeout stays and the next sample
// counts.
void RttEstimator::forget_srtt() {
  var_ += srtt_ / 8;
  srtt_ = 0;
}

}  // namespace halfopen
