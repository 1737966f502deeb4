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

std::optional<GapChange> GapJudge::judge(const TraceEvent& a, const TraceEvent& b) const {
  const bool is_timer = is_timers(a) && is_timers(b);
  std::optional<GapChange> nearest;
  bool in_time = false;
  const auto consider = [&](Duration gap_a, Duration gap_b) {
    const Duration allowed = tolerance_.allowed(std::max(gap_a, gap_b), is_timer);
    const GapChange gap{gap_a, gap_b, allowed};
    in_time |= std::chrono::abs(gap.late()) <= allowed;
    if (!nearest || std::chrono::abs(gap.late()) < std::chrono::abs(nearest->late())) nearest = gap;
  };
  if (a.before && b.before) consider(a.at - *a.before, b.at - *b.before);
  for (std::size_t i = 0; i < std::min(count_, kAnchors) && !in_time; ++i) {
    const Anchor& anchor = anchors_[i];
    if (anchor.order_a < a.order && anchor.order_b < b.order)
      consider(a.at - anchor.at_a, b.at - anchor.at_b);
  }
  return in_time ? std::nullopt : nearest;
}

void GapJudge::note_matched(const TraceEvent& a, const TraceEvent& b) {
  anchors_[count_++ % kAnchors] = {a.order, b.order, a.at, b.at};
}

}  // namespace halfopen::compare
