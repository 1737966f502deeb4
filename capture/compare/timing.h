// Whether a packet came when it should: the gap since the packet that caused it, in one trace and the other.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "capture/compare/event.h"
#include "capture/compare/tolerance.h"

namespace halfopen::compare {

struct GapChange {
  Duration a{};  // since what caused it
  Duration b{};
  Duration allowed{};
  [[nodiscard]] Duration late() const { return b - a; }  // negative: early
};

// Of one connection. Nobody knows for certain what caused a packet, so a gap is right if it is so since the
// packet before, in each trace, or since any of the last few that both traces have, or, of what the timeline
// of a run may have made its sender send, since the run began; a difference is told against the nearest of
// these. What is allowed goes by the packet before.
class GapJudge {
 public:
  // `tolerance` outlives the judge.
  explicit GapJudge(const Tolerance& tolerance) : tolerance_{tolerance} {}

  // The two are the same step; with `both_are_runs` their times count from the start of a run. nullopt: in
  // time, or there is nothing to measure from.
  [[nodiscard]] std::optional<GapChange> judge(const TraceEvent& a, const TraceEvent& b,
                                               bool both_are_runs) const;
  // Afterwards: both traces have this step.
  void note_matched(const TraceEvent& a, const TraceEvent& b);

 private:
  struct Anchor {
    std::uint64_t order_a = 0;
    std::uint64_t order_b = 0;
    TimePoint at_a;
    TimePoint at_b;
  };
  static constexpr std::size_t kAnchors = 8;

  [[nodiscard]] static Duration basis(const TraceEvent& event);

  const Tolerance& tolerance_;
  std::array<Anchor, kAnchors> anchors_{};
  std::size_t count_ = 0;
};

// A timer made its sender send it: the timer's granularity counts.
[[nodiscard]] bool is_timers(const TraceEvent& event);

}  // namespace halfopen::compare
