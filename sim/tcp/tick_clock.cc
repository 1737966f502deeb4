#include "sim/tcp/tick_clock.h"

#include <algorithm>

namespace halfopen {
namespace {

// kernel/time/timer.c: each level of the wheel is eight times coarser than the one below, and reaches this
// many of its own granules.
constexpr int kWheelLevelBits = 3;
constexpr std::int64_t kWheelSlots = 63;
constexpr int kWheelTopLevel = 8;
constexpr Duration kTooFar = kNever - kTimeZero - 87600h;  // leaves ten years to round up in

constexpr std::int64_t ceil_div(Duration a, Duration b) { return (a.count() + b.count() - 1) / b.count(); }

Duration tick_of(const ClockProfile& profile) {
  switch (profile.style.value) {
    case TickStyle::ideal: return Duration{1};
    case TickStyle::bsd_ticks: return profile.slow_tick.value;
    case TickStyle::linux_wheel:
    case TickStyle::callout: break;
  }
  return Duration{1s} / std::max<std::int64_t>(profile.hz.value, 1);
}

}  // namespace

TickClock::TickClock(const ClockProfile& profile, Duration phase)
    : style_{profile.style},
      tick_{tick_of(profile)},
      fast_tick_{profile.style.value == TickStyle::bsd_ticks ? profile.fast_tick.value : tick_},
      phase_{phase} {}

TimePoint TickClock::expiry(TimePoint now, Duration delay) const {
  if (delay >= kTooFar - (now - kTimeZero) - phase_) return kNever;
  switch (style_) {
    case TickStyle::ideal: return now + delay;
    case TickStyle::linux_wheel: return wheel_expiry(now, delay);
    // The first of n ticks is the next one, however near.
    case TickStyle::bsd_ticks: return next_boundary(now, tick_) + (std::max(round_up(delay), tick_) - tick_);
    // The last instant before the end of the delay, so that a tick at that end is not passed over.
    case TickStyle::callout: return next_boundary(std::max(now, now + delay - Duration{1}), tick_);
  }
  return kNever;
}

TimePoint TickClock::fast_expiry(TimePoint now, Duration delay) const {
  if (style_ != TickStyle::bsd_ticks) return expiry(now, delay);
  const auto ticks = std::max<std::int64_t>(ceil_div(delay, fast_tick_), 1);
  return next_boundary(now, fast_tick_) + (ticks - 1) * fast_tick_;
}

std::int64_t TickClock::ticks(TimePoint now) const { return (now - kTimeZero + phase_) / tick_; }

TimePoint TickClock::jiffy(TimePoint now) const { return kTimeZero + ticks(now) * tick_ - phase_; }

Duration TickClock::round_up(Duration delay) const { return ceil_div(delay, tick_) * tick_; }

// The first multiple of `period` after `now`, never `now` itself.
TimePoint TickClock::next_boundary(TimePoint now, Duration period) const {
  return kTimeZero + ((now - kTimeZero + phase_) / period + 1) * period - phase_;
}

std::uint32_t TickClock::steps(TimePoint now, Duration step) const {
  return static_cast<std::uint32_t>((now - kTimeZero + phase_) / step);
}

int TickClock::wheel_level(Duration delay) const {
  if (style_ != TickStyle::linux_wheel) return 0;
  const std::int64_t jiffies = ceil_div(delay, tick_);
  int level = 0;
  while (level < kWheelTopLevel && jiffies >= (kWheelSlots << (level * kWheelLevelBits))) ++level;
  return level;
}

Duration TickClock::granularity(Duration delay) const {
  return tick_ * (std::int64_t{1} << (wheel_level(delay) * kWheelLevelBits));
}

// A timer sits at the finest level that reaches its delay, and fires at that level's first granule wholly
// after the end of the delay: from one jiffy to one granule late.
TimePoint TickClock::wheel_expiry(TimePoint now, Duration delay) const {
  const int shift = wheel_level(delay) * kWheelLevelBits;
  const std::int64_t fires = (((ticks(now) + ceil_div(delay, tick_)) >> shift) + 1) << shift;
  return kTimeZero + fires * tick_ - phase_;
}

}  // namespace halfopen
