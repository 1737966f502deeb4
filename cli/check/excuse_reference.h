// A difference from a reference that a busy machine explains.
#pragma once

#include <string>
#include <vector>

#include "capture/compare/compare.h"
#include "cli/check/check_result.h"
#include "replay/run/lateness.h"

namespace halfopen {

// `judged` came of comparing `reference` with `run` by `options`. If the run's lateness explains the
// difference it becomes unresolved. What differs but in time goes to `unsized`, a line each: "NAME: extra
// client > server R.". Throws as compare_captures() does.
[[nodiscard]] ReferenceResult excuse_reference(ReferenceResult judged, const Lateness& lateness,
                                               const std::string& reference, const std::string& run,
                                               CompareOptions options, std::vector<std::string>& unsized);

}  // namespace halfopen
