// A case that was run more than once, because the machine was too busy to tell.
#pragma once

#include <vector>

#include "cli/check/check_result.h"

namespace halfopen {

// What the attempts at one case come to, at least one, in their order; all but the last are unresolved. The
// last one counts. But what stays unresolved, and is the same in every attempt where its size tells nothing,
// is no accident of the machine's: it failed.
[[nodiscard]] CheckResult settle(std::vector<CheckResult> attempts);

}  // namespace halfopen
