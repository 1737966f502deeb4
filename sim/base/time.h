// Virtual time. A clock type without now(): every instant is handed in as an argument, so nothing in sim/
// can read the machine's clock by accident. Integers of nanoseconds; instants are absolute.
#pragma once

#include <chrono>
#include <cstdint>

namespace halfopen {

struct SimClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SimClock>;
  static constexpr bool is_steady = true;
};

using Duration = SimClock::duration;
using TimePoint = SimClock::time_point;

using namespace std::chrono_literals;

inline constexpr TimePoint kTimeZero{};                // the moment the client's program starts
inline constexpr TimePoint kNever = TimePoint::max();  // a deadline that does not exist

// Nanoseconds since time zero.
[[nodiscard]] constexpr std::int64_t nanos(TimePoint t) { return t.time_since_epoch().count(); }
[[nodiscard]] constexpr TimePoint at_nanos(std::int64_t n) { return TimePoint{Duration{n}}; }

}  // namespace halfopen
