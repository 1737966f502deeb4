// The clock of a script in real time.
#pragma once

#include <array>
#include <chrono>

#include "sim/base/time.h"

namespace halfopen::drill {

class RealClock {
 public:
  // `wakes_in_time`: of a guest, in which nobody who sleeps is woken late.
  explicit RealClock(bool wakes_in_time) : wakes_in_time_{wakes_in_time} {}
  // Stands at zero until start(). In a guest that lets a second pass, which costs next to nothing there: what
  // a kernel still tidies up of the script before would hold up the next. Then it waits for the middle of a
  // jiffy, so that a kernel's timers, which count in jiffies, see the same steps between the script's events
  // on every run: at most two jiffies.
  void start();
  [[nodiscard]] TimePoint now() const;
  // An instant of CLOCK_MONOTONIC.
  [[nodiscard]] TimePoint at(std::chrono::nanoseconds monotonic) const;
  // An instant of CLOCK_REALTIME, which nobody has set since start().
  [[nodiscard]] TimePoint at_real(std::chrono::nanoseconds realtime) const;
  // Waits until something can be read from one of these descriptors, at most up to `until`. Shortly before
  // that it no longer sleeps, since a sleeper wakes up late elsewhere.
  void wait(TimePoint until, const std::array<int, 3>& descriptors) const;

 private:
  bool wakes_in_time_;
  bool is_running_ = false;
  std::chrono::nanoseconds zero_{};
  std::chrono::nanoseconds zero_real_{};
};

}  // namespace halfopen::drill
