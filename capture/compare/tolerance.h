// How far two gaps may lie apart: absolute plus relative, and for a timer's gap what the profile's clock does
// to timers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"

namespace halfopen::compare {

struct Tolerance {
  Duration absolute{};
  double relative = 0;                 // of the longer gap
  const OsProfile* profile = nullptr;  // whose timers may be late; null: timers get nothing extra

  [[nodiscard]] bool is_exact() const { return absolute == Duration::zero() && relative == 0 && !profile; }
  // What is allowed between two gaps, the longer of which is `gap`.
  [[nodiscard]] Duration allowed(Duration gap, bool is_timer) const;
  // "exact", "5 ms + 1 %, and for timers the granularity of linux-6.18 at 250 Hz".
  [[nodiscard]] std::string text() const;
};

// Where captures were taken in real time: scheduling of a busy machine, and a path that is only nearly as
// long.
[[nodiscard]] Tolerance default_tolerance(const OsProfile& profile);

// "exact", "5ms", "5ms+1%", "1%", a profile's name ("linux-6.1": the default with its timers), or a profile
// and bounds, "linux-6.1:10ms+2%". Throws InputError with the place "--tolerance".
[[nodiscard]] Tolerance tolerance_from(std::string_view text);

}  // namespace halfopen::compare
