// One run against one reference: compared, held against what is declared of it, and excused where a busy
// machine explains what differs.
#pragma once

#include "cli/check/check_plan.h"
#include "cli/check/check_result.h"
#include "cli/run/traced_run.h"

namespace halfopen {

// Does not throw: what goes wrong makes the result broken. Remarks of the comparison, and what of an
// unresolved difference has no size, go to `result`.
[[nodiscard]] ReferenceResult compare_with(const Reference& reference, const TracedRun& traced,
                                           CheckResult& result);

}  // namespace halfopen
