// Which constants of a profile decide when, whether and with what a packet leaves.
#pragma once

#include <string_view>
#include <vector>

#include "sim/tcp/profile_fields.h"
#include "sim/why/why.h"

namespace halfopen {

// The constants behind a packet that left for this cause, as they are in `profile`, sysctls included; in the
// order of describe_profile(). None where no constant is asked, as for data that the window lets go.
[[nodiscard]] std::vector<ProfileLine> constants_behind(Cause cause, const OsProfile& profile);

// The constants behind a field of a segment: "tcp_window", "tcp options".
[[nodiscard]] std::vector<ProfileLine> constants_behind_field(std::string_view field,
                                                              const OsProfile& profile);

}  // namespace halfopen
