#include "sim/drill/timing.h"

#include <fmt/format.h>

#include <algorithm>

namespace halfopen::drill {
namespace {

using Kind = script::EventTime::Kind;

double seconds(TimePoint at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }
double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

EventWindow EventWindow::of(const script::EventTime& time, TimePoint base) {
  const bool is_range = time.kind == Kind::absolute_range || time.kind == Kind::relative_range;
  const bool is_absolute = time.kind == Kind::absolute || time.kind == Kind::absolute_range;
  const Duration offset = is_absolute ? Duration{} : base - kTimeZero;
  const TimePoint from = kTimeZero + offset + time.from;
  return {.kind = time.kind,
          .from = from,
          .to = is_range ? kTimeZero + offset + time.to : from,
          .offset = offset};
}

Duration tolerance_at(const DrillConfig& config, TimePoint due, std::optional<TimePoint> last) {
  if (!last) return config.tolerance;
  const double share = config.tolerance_percent / 100.0 * static_cast<double>((due - *last).count());
  return std::max(config.tolerance, Duration{static_cast<Duration::rep>(share)});
}

std::optional<std::string> timing_error(const EventWindow& window, TimePoint at, Duration tolerance,
                                        std::string_view what) {
  if (window.kind == Kind::any || (at >= window.from - tolerance && at <= window.to + tolerance))
    return std::nullopt;
  switch (window.kind) {
    case Kind::absolute_range:
      return fmt::format(
          "timing error: expected {} in time range {:.6f}~{:.6f} sec but happened at {:.6f} sec", what,
          seconds(window.from), seconds(window.to), seconds(at));
    case Kind::relative_range:
      return fmt::format(
          "timing error: expected {} in relative time range +{:.6f}~+{:.6f} sec but happened at {:+.6f} sec",
          what, seconds(window.from - window.offset), seconds(window.to - window.offset),
          seconds(at - window.offset));
    default:
      return fmt::format(
          "timing error: expected {} at {:.6f} sec but happened at {:.6f} sec; tolerance {:.6f} sec", what,
          seconds(window.from), seconds(at), seconds(tolerance));
  }
}

}  // namespace halfopen::drill
