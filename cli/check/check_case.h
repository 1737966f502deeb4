// One case of `halfopen check`: runs the scenario, and holds the run against what it expects and against its
// references, or makes references of it.
#pragma once

#include "cli/check/check_plan.h"
#include "cli/check/check_result.h"

namespace halfopen {

// Never throws for what goes wrong: the result says it. Run it in a process of its own: what
// dies there takes nobody along.
[[nodiscard]] CheckResult run_case(const CheckCase& one);

}  // namespace halfopen
