// Time as libhalfopen has it: nanoseconds since time zero, which is whatever its user says. Nothing in the
// library reads a clock.
#pragma once

#include <chrono>

namespace ho {

using Time = std::chrono::nanoseconds;

inline constexpr Time never = Time::max();  // a deadline that does not exist

}  // namespace ho
