#include "capture/compare/tolerance.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "capture/note/text.h"
#include "sim/base/input_error.h"
#include "sim/base/units.h"
#include "sim/tcp/tick_clock.h"

namespace halfopen::compare {
namespace {

constexpr Duration kAbsolute = 5ms;  // the reference traces' scheduling noise is 1 to 3 ms
constexpr double kRelative = 0.01;

std::optional<double> percent_from(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  const auto share = probability_from(text);
  return share ? std::optional<double>{*share} : std::nullopt;
}

[[noreturn]] void reject(std::string_view text) {
  throw InputError{"--tolerance", "exact, a bound such as 5ms+1%, a profile such as linux, or linux:5ms+1%",
                   std::string{text}};
}

// "5ms+1%" into `out`.
bool read_bounds(std::string_view text, Tolerance& out) {
  out.absolute = Duration::zero();
  out.relative = 0;
  while (!text.empty()) {
    const auto plus = text.find('+');
    const std::string_view part = text.substr(0, plus);
    if (const auto share = percent_from(part)) {
      out.relative = *share;
    } else if (const auto span = duration_from(part); span && *span >= Duration::zero()) {
      out.absolute = *span;
    } else {
      return false;
    }
    if (plus == std::string_view::npos) return true;
    text.remove_prefix(plus + 1);
  }
  return false;
}

}  // namespace

Duration Tolerance::allowed(Duration gap, bool is_timer) const {
  gap = std::chrono::abs(gap);  // a clock that was set back leaves negative ones
  const auto share = [gap](double part) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(gap.count()) * part)};
  };
  const Duration bounds = absolute + share(relative);
  if (!is_timer || profile == nullptr) return bounds;
  const TickClock clock{profile->clock, {}};
  const Duration late = clock.granularity(gap) + clock.tick();
  if (profile->clock.style.value != TickStyle::linux_wheel) return bounds + late;
  // A sample that is rounded to one jiffy more lengthens the least timeout by it, and each backoff doubles
  // that.
  return bounds + late +
         share(static_cast<double>(clock.tick().count()) /
               static_cast<double>(profile->rtt.rto_min.value.count()));
}

std::string Tolerance::text() const {
  if (is_exact()) return "exact";
  std::string text = human_duration(absolute);
  if (relative > 0) text += fmt::format(" + {:g} %", relative * 100);
  if (profile == nullptr) return text;
  const ClockProfile& clock = profile->clock;
  const bool has_hz = clock.style.value == TickStyle::linux_wheel || clock.style.value == TickStyle::callout;
  text += fmt::format(", and for timers the granularity of {}", profile->name);
  return has_hz ? text + fmt::format(" at {} Hz", clock.hz.value) : text;
}

Tolerance default_tolerance(const OsProfile& profile) { return {kAbsolute, kRelative, &profile}; }

Tolerance tolerance_from(std::string_view text) {
  if (text == "exact") return {};
  Tolerance tolerance;
  if (read_bounds(text, tolerance)) return tolerance;
  const auto colon = text.find(':');
  const OsProfile* profile = find_profile(text.substr(0, colon));
  if (profile == nullptr) reject(text);
  tolerance = default_tolerance(*profile);
  if (colon != std::string_view::npos && !read_bounds(text.substr(colon + 1), tolerance)) reject(text);
  return tolerance;
}

}  // namespace halfopen::compare
