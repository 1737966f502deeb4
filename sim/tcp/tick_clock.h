// How an operating system's timers meet its clock: one function, tested apart. A clock belongs to a host; its
// phase says where in a tick time zero lies.
#pragma once

#include "sim/base/time.h"
#include "sim/tcp/profile.h"

namespace halfopen {

class TickClock {
 public:
  // `phase` is how long before time zero the last tick was; jiffy 0 of the wheel lies there.
  TickClock(const ClockProfile& profile, Duration phase);

  // When a timer armed at `now` for `delay` (not negative) runs out. Always after `now`, except ideal with 0.
  [[nodiscard]] TimePoint expiry(TimePoint now, Duration delay) const;
  // The same for timers of the fast timeout (4.4BSD's delayed ACK); elsewhere expiry().
  [[nodiscard]] TimePoint fast_expiry(TimePoint now, Duration delay) const;
  // Whole ticks of the slow timer (bsd_ticks) or of hz since the clock's origin: for what counts in ticks.
  [[nodiscard]] std::int64_t ticks(TimePoint now) const;
  // When the last of them began: a jiffy is a time that only whole ticks move.
  [[nodiscard]] TimePoint jiffy(TimePoint now) const;
  // The same for a clock with a step of its own, of the same origin: TSval's.
  [[nodiscard]] std::uint32_t steps(TimePoint now, Duration step) const;
  // One tick: a jiffy, the slow tick, 1/hz; 1 ns for ideal.
  [[nodiscard]] Duration tick() const { return tick_; }
  // How late a timer of `delay` may run out by this clock: a granule of the wheel's level that holds it, one
  // tick elsewhere.
  [[nodiscard]] Duration granularity(Duration delay) const;
  // That level, from 0; always 0 for clocks that are no wheel.
  [[nodiscard]] int wheel_level(Duration delay) const;
  // `delay` rounded up to whole ticks.
  [[nodiscard]] Duration round_up(Duration delay) const;

 private:
  [[nodiscard]] TimePoint next_boundary(TimePoint now, Duration period) const;
  [[nodiscard]] TimePoint wheel_expiry(TimePoint now, Duration delay) const;

  TickStyle style_;
  Duration tick_;
  Duration fast_tick_;
  Duration phase_;
};

}  // namespace halfopen
