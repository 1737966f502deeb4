#include "capture/compare/timing.h"

#include <algorithm>

namespace halfopen::compare {

bool is_timers(const TraceEvent& event) {
  switch (event.origin) {
    case Origin::open_again:
    case Origin::timeout:
    case Origin::window_probe:
    case Origin::keepalive:
    case Origin::ack:                 // it may have been delayed
    case Origin::reset: return true;  // a stack that gives up may say so
    default: return false;
  }
}

namespace {

// A program was started, got a line, ended or was killed; not what only a timer of TCP sends.
bool may_be_of_a_timeline(const TraceEvent& event) {
  switch (event.origin) {
    case Origin::open:
    case Origin::data:
    case Origin::ack:
    case Origin::reset: return true;
    default: return false;
  }
}

}  // namespace

// How long it took its sender, as far as the tolerance goes: since the packet before, and where a timer sent
// it, since what that sender sent before.
Duration GapJudge::basis(const TraceEvent& event) {
  Duration gap = event.at - *event.before;
  const bool may_be_answer = event.origin == Origin::ack || event.origin == Origin::reset;
  if (is_timers(event) && !may_be_answer && event.before_same)
    gap = std::max(gap, event.at - *event.before_same);
  return gap;
}

std::optional<GapChange> GapJudge::judge(const TraceEvent& a, const TraceEvent& b, bool both_are_runs) const {
  if (!a.before || !b.before) return std::nullopt;
  const bool is_timer = is_timers(a) && is_timers(b);
  const Duration allowed = tolerance_.allowed(std::max(basis(a), basis(b)), is_timer);
  GapChange nearest{a.at - *a.before, b.at - *b.before, allowed};
  for (std::size_t i = 0; i < std::min(count_, kAnchors); ++i) {
    const Anchor& anchor = anchors_[i];
    if (anchor.order_a >= a.order || anchor.order_b >= b.order) continue;
    const GapChange gap{a.at - anchor.at_a, b.at - anchor.at_b, allowed};
    if (std::chrono::abs(gap.late()) < std::chrono::abs(nearest.late())) nearest = gap;
  }
  const bool may_be_timelines = both_are_runs && may_be_of_a_timeline(a) && may_be_of_a_timeline(b);
  const bool is_on_time = may_be_timelines && std::chrono::abs(b.at - a.at) <= allowed;
  if (is_on_time || std::chrono::abs(nearest.late()) <= allowed) return std::nullopt;
  return nearest;
}

void GapJudge::note_matched(const TraceEvent& a, const TraceEvent& b) {
  anchors_[count_++ % kAnchors] = {a.order, b.order, a.at, b.at};
}

}  // namespace halfopen::compare
