// One expectation while the run goes on: its window of time, what came in it, and the nearest miss.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "capture/expect/verdict.h"
#include "sim/scenario/expectation.h"
#include "sim/scenario/trigger.h"

namespace halfopen {

struct Tracker {
  explicit Tracker(Expectation e);

  Expectation expect;
  std::optional<TriggerWatch> watch;
  std::optional<TimePoint> base;    // from which the window counts; none before the trigger
  std::int64_t count = 0;           // occurrences in the window
  std::optional<TimePoint> first;   // of them
  std::optional<TimePoint> excess;  // the first that was one too many
  std::string miss;                 // the nearest thing that is not what was expected
  bool miss_is_out_of_window = false;
  TimePoint miss_at;                   // if it is
  std::optional<TimePoint> held_near;  // of states: when, outside the window, they were nearest to it

  // The window, once there is a base.
  [[nodiscard]] TimePoint opens() const { return *base + expect.from; }
  [[nodiscard]] TimePoint closes() const { return expect.to == Duration::max() ? kNever : *base + expect.to; }
  [[nodiscard]] bool in_window(TimePoint t) const { return base && t >= opens() && t <= closes(); }

  // What is expected happened; `what` says how, should it have been outside the window.
  void occurred(TimePoint t, const std::string& what);
  // Something else of its kind did.
  void missed(TimePoint t, const std::string& what);
  // Of states: they were as expected at `t`, outside the window.
  void held_outside(TimePoint t);

  // How far outside its window it came, of one that came there.
  [[nodiscard]] Duration miss_by() const { return distance(miss_at); }
  // How far inside, of one that must not come there.
  [[nodiscard]] Duration depth(TimePoint t) const;
  // How far from the window.
  [[nodiscard]] Duration distance(TimePoint t) const;

 private:
  [[nodiscard]] bool is_nearer(TimePoint t) const;
};
// How it went, once the run is over. One whose trigger never came has failed.
[[nodiscard]] Verdict verdict_of(const Tracker& tracker);

}  // namespace halfopen
