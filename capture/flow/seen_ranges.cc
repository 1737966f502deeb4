#include "capture/flow/seen_ranges.h"

#include <algorithm>

namespace halfopen {
namespace {

// Numbers farther apart than any window reaches (RFC 7323 section 2.3) say nothing of each other.
constexpr std::uint32_t kLargestWindow = 1u << 30;

}  // namespace

void SeenRanges::start(Seq next, bool begins_here) {
  low_ = next_ = next;
  begins_here_ = begins_here;
  holes_.clear();
}

SeenRanges::News SeenRanges::see(Seq from, std::uint32_t length, TimePoint now) {
  News news;
  if (length == 0) {
    miss_to(from, now);  // a FIN that overtook the data before it
    return news;
  }
  const Seq to = from + length;
  if (from == next_) {  // in order
    next_ = to;
    news.bytes = length;
    return news;
  }
  const Seq end = next_;
  if (to.after(end)) {
    miss_to(from, now);
    news.bytes = distance(later(from, end), to);
    next_ = to;
  }
  if (!from.before(end)) return news;
  begins_here_ = begins_here_ || distance(low_, end) > kLargestWindow;
  if (!begins_here_ && from.before(low_)) {
    news.bytes += distance(from, earlier(to, low_));
    if (to.before(low_)) holes_.insert(holes_.begin(), {to, low_, now});
    low_ = from;
  }
  fill(from, earlier(to, end), news);
  return news;
}

void SeenRanges::miss_to(Seq end, TimePoint now) {
  if (!end.after(next_)) return;
  add_hole({next_, end, now});
  next_ = end;
}

void SeenRanges::add_hole(Hole hole) {
  if (!holes_.empty() && holes_.back().end == hole.start) {
    holes_.back().end = hole.end;
    return;
  }
  const bool is_far = !holes_.empty() && distance(holes_.front().start, hole.end) > kLargestWindow;
  if (is_far || holes_.size() == kMostHoles) holes_.erase(holes_.begin());
  holes_.push_back(hole);
}

// What of [from, to) lies in holes, which it fills: mostly in the last ones.
void SeenRanges::fill(Seq from, Seq to, News& news) {
  for (std::size_t i = holes_.size(); i-- > 0 && holes_[i].end.after(from);) {
    Hole& hole = holes_[i];
    const Seq begin = later(hole.start, from);
    const Seq end = earlier(hole.end, to);
    if (!begin.before(end)) continue;
    news.bytes += distance(begin, end);
    news.missing_since = std::min(news.missing_since, hole.since);
    const Hole behind{end, hole.end, hole.since};
    hole.end = begin;
    const bool is_empty = hole.start == hole.end;
    const auto place = holes_.begin() + static_cast<std::ptrdiff_t>(i);
    if (behind.start.before(behind.end)) {
      is_empty ? static_cast<void>(*place = behind) : static_cast<void>(holes_.insert(place + 1, behind));
    } else if (is_empty) {
      holes_.erase(place);
    }
  }
  if (holes_.size() > kMostHoles) holes_.erase(holes_.begin());
}

}  // namespace halfopen
