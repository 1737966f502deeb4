// The timers of one endpoint: when each is due, and which may run in which state.
#pragma once

#include <array>

#include "sim/base/time.h"
#include "sim/why/state.h"

namespace halfopen {

struct Deadline {
  TimePoint when = kNever;
  Timer why = Timer::count_;  // a wakeup without a reason is a bug
};

class TimerSet {
 public:
  TimerSet() { due_.fill(kNever); }

  // Whether `timer` has anything to do in `state`: what a change of state does not stop.
  [[nodiscard]] static bool may_run(State state, Timer timer);

  [[nodiscard]] bool is_running(Timer timer) const { return due(timer) != kNever; }
  // kNever: it does not run.
  [[nodiscard]] TimePoint due(Timer timer) const { return due_[static_cast<std::size_t>(timer)]; }
  // kNever stops it. False if that is how it was.
  bool set(Timer timer, TimePoint when);
  bool stop(Timer timer) { return set(timer, kNever); }
  // The earliest, and of several at one instant the first in the order of Timer.
  [[nodiscard]] Deadline next() const;
  // Only what `state` knows runs; for tests and debug builds.
  [[nodiscard]] bool fits(State state) const;

 private:
  std::array<TimePoint, kTimers> due_;
};

}  // namespace halfopen
