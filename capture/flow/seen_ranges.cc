#include "capture/flow/seen_ranges.h"

#include <algorithm>

namespace halfopen {

void SeenRanges::start(Seq next, bool begins_here) {
  low_ = next_ = next;
  begins_here_ = begins_here;
  holes_.clear();
}

std::uint32_t SeenRanges::see(Seq from, std::uint32_t length) {
  if (length == 0) {
    miss_to(from);  // a FIN that overtook the data before it
    return 0;
  }
  const Seq to = from + length;
  if (from == next_) {  // in order
    next_ = to;
    return length;
  }
  std::uint32_t fresh = 0;
  if (to.after(next_)) {
    if (from.after(next_)) add_hole(next_, from);
    fresh = distance(later(from, next_), to);
    next_ = to;
  }
  if (!from.before(next_)) return fresh;
  if (!begins_here_ && from.before(low_)) {
    fresh += distance(from, earlier(to, low_));
    if (to.before(low_)) holes_.insert(holes_.begin(), {to, distance(to, low_)});
    low_ = from;
  }
  return fresh + (holes_.empty() ? 0 : fill(from, to));
}

void SeenRanges::miss_to(Seq acked) {
  if (!acked.after(next_)) return;
  add_hole(next_, acked);
  next_ = acked;
}

void SeenRanges::add_hole(Seq from, Seq to) {
  if (!holes_.empty() && holes_.back().end() == from) {
    holes_.back().length += distance(from, to);
    return;
  }
  if (holes_.size() == kMostHoles) holes_.erase(holes_.begin());
  holes_.push_back({from, distance(from, to)});
}

// What of [from, to) lies in holes, which it fills.
std::uint32_t SeenRanges::fill(Seq from, Seq to) {
  std::uint32_t filled = 0;
  std::vector<SeqSpan> left;
  for (const SeqSpan& hole : holes_) {
    const Seq begin = later(hole.start, from);
    const Seq end = earlier(hole.end(), to);
    if (!begin.before(end)) {
      left.push_back(hole);
      continue;
    }
    filled += distance(begin, end);
    if (hole.start.before(begin)) left.push_back({hole.start, distance(hole.start, begin)});
    if (end.before(hole.end())) left.push_back({end, distance(end, hole.end())});
  }
  if (left.size() <= kMostHoles) holes_ = std::move(left);
  return filled;
}

}  // namespace halfopen
