// The rows of the table of operating systems, one file a family; sim/tcp/profile.cc strings them together.
#pragma once

#include "sim/tcp/profile.h"

namespace halfopen {

extern const OsProfile kBsd44;
extern const OsProfile kLinux61;
extern const OsProfile kLinux618;
extern const OsProfile kFreebsd14;
extern const OsProfile kRfc;

// For constants that a row's other choices leave without effect.
inline constexpr std::string_view kUnused = "not used by this stack";

}  // namespace halfopen
