#include "capture/expect/tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "capture/expect/subject.h"

namespace halfopen {
namespace {

// "545.5 s": short, for a sentence.
std::string moment_text(TimePoint t) {
  return fmt::format("{} s", std::round(static_cast<double>(nanos(t)) / 1e3) / 1e6);
}

// What happened, for a verdict: how often and when, or the nearest miss.
std::string found_text(const Tracker& tracker) {
  const bool counted = tracker.expect.count && tracker.expect.subject != Expectation::Subject::state;
  if (tracker.count == 1) return fmt::format("{}at {}", counted ? "once, " : "", moment_text(*tracker.first));
  if (tracker.count > 1)
    return fmt::format("{} times, first at {}", tracker.count, moment_text(*tracker.first));
  if (tracker.expect.never) return {};
  if (tracker.expect.count) return "none" + (tracker.miss.empty() ? "" : "; nearest: " + tracker.miss);
  return tracker.miss.empty() ? "nothing of the kind" : tracker.miss;
}

}  // namespace

Tracker::Tracker(Expectation e) : expect{std::move(e)} {
  if (expect.after) {
    watch.emplace(*expect.after);
  } else {
    base = kTimeZero;
  }
}

void Tracker::occurred(TimePoint t, const std::string& what) {
  if (in_window(t)) {
    ++count;
    if (!first) first = t;
    const bool is_excess = expect.never || (expect.count && count > expect.count->high);
    if (is_excess && !excess) excess = t;
  } else if (!miss_is_out_of_window || is_nearer(t)) {
    miss = fmt::format("{} at {}", what, moment_text(t));
    miss_is_out_of_window = true;
    miss_at = t;
  }
}

void Tracker::missed(TimePoint t, const std::string& what) {
  if (!miss_is_out_of_window) miss = fmt::format("{} at {}", what, moment_text(t));
}

void Tracker::held_outside(TimePoint t) {
  if (!held_near || distance(t) < distance(*held_near)) held_near = t;
}

Duration Tracker::depth(TimePoint t) const {
  return closes() == kNever ? t - opens() : std::min(t - opens(), closes() - t);
}

Duration Tracker::distance(TimePoint t) const {
  return t < opens() ? opens() - t : std::max(Duration::zero(), t - closes());
}

// To the window than the miss so far. Before the trigger the later one is; no window is known yet.
bool Tracker::is_nearer(TimePoint t) const { return !base || distance(t) < distance(miss_at); }

Verdict verdict_of(const Tracker& tracker) {
  const Expectation& expect = tracker.expect;
  Verdict verdict{.what = Verdict::What::failed, .place = expect.place, .text = expect.text, .found = {}};
  verdict.is_fragile = is_fragile(expect);
  verdict.program = program_of(expect);
  if (tracker.base && !expect.at_end) verdict.decided_at = tracker.excess.value_or(tracker.closes());
  if (!tracker.base) {
    verdict.found = fmt::format("no \"{}\"", expect.after->text);
    return verdict;
  }
  bool passed = tracker.count > 0;
  if (expect.count) passed = expect.count->contains(tracker.count);
  if (expect.never) passed = tracker.count == 0;
  if (passed) verdict.what = Verdict::What::passed;
  verdict.found = found_text(tracker);
  if (passed) return verdict;
  if (expect.never && tracker.first) {
    verdict.missed_at = *tracker.first;
    verdict.missed_by = tracker.depth(*tracker.first);
  } else if (tracker.miss_is_out_of_window && !(expect.count && tracker.count > expect.count->high)) {
    verdict.missed_at = tracker.miss_at;
    verdict.missed_by = tracker.miss_by();
  } else if (tracker.held_near && !expect.count) {
    verdict.missed_at = *tracker.held_near;
    verdict.missed_by = tracker.distance(*tracker.held_near);
  }
  return verdict;
}

}  // namespace halfopen
