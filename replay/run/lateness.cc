#include "replay/run/lateness.h"

#include <algorithm>
#include <cstdint>

namespace halfopen {
namespace {

using namespace std::chrono_literals;

constexpr Duration kNotable = 1ms;
constexpr Duration kBucket = 100ms;
// A jiffy of a kernel at 250 Hz: its timers do not tell less apart. Which of two packets goes first, whether
// an acknowledgement rides on an answer, or a probe is due, may hang on more.
constexpr Duration kDecides = 4ms;
constexpr int kLonger = 3;

}  // namespace

void Lateness::add(TimePoint at, Duration by) {
  if (by < kNotable) return;
  if (by >= kDecides) decides_from_ = std::min(decides_from_, at - by);
  const bool begins = samples_.empty() || at - samples_.back().at >= kBucket;
  if (begins) {
    Sample next = samples_.empty() ? Sample{} : samples_.back();
    next.at = at;
    samples_.push_back(next);
  }
  Sample& sample = samples_.back();
  sample.total += by;
  if (by > sample.worst.by) sample.worst = {at, by};
}

const Lateness::Sample* Lateness::last_before(TimePoint until) const {
  const auto after = std::ranges::upper_bound(samples_, until, {}, &Sample::at);
  return after == samples_.begin() ? nullptr : &*(after - 1);
}

Lateness::Moment Lateness::worst(TimePoint until) const {
  const Sample* sample = last_before(until);
  return sample == nullptr ? Moment{} : sample->worst;
}

Duration Lateness::explains(TimePoint at) const {
  const Sample* sample = last_before(at);
  if (sample == nullptr) return Duration::zero();
  const auto since = static_cast<double>((at - samples_.front().at).count());
  return sample->total + Duration{static_cast<std::int64_t>(since * stretch(at))};
}

void Lateness::timeout_is(Duration timeout, Duration least) {
  has_other_timeouts_ |= timeout + kDecides < least;
  const double grown = static_cast<double>((timeout - least).count()) / static_cast<double>(least.count());
  grown_ = std::max(grown_.value_or(0), grown);
}

double Lateness::stretch(TimePoint until) const {
  const double most = static_cast<double>(kLonger * worst(until).by.count()) /
                      static_cast<double>(kLeastRetransmissionTimeout.count());
  return grown_ && !has_other_timeouts_ ? std::min(most, 2 * *grown_) : most;
}

// What was to happen by then may itself be late.
bool Lateness::may_have_decided(TimePoint by) const {
  if (decides_from_ == kNever) return false;
  return by == kNever || decides_from_ - by <= explains(by);
}

}  // namespace halfopen
