// The same checks on several kernels: a table of scenario by kernel, and what changed from one to the next.
#pragma once

#include <string>
#include <vector>

#include "cli/check/check_result.h"

namespace halfopen {

// What `check` said in one kernel.
struct KernelChecks {
  std::string kernel;   // its release; where that is not known, the file
  std::string problem;  // why it said nothing; empty if it did
  std::string remark;   // what is wrong with the kernel, in a line; mostly empty
  int status = 0;       // as the process's
  std::vector<CheckResult> results;
};

// Lines for people: a column for each kernel, in their order, then for each scenario that changed from one
// kernel to the next what was said before and what is said now. A kernel with a problem has dashes.
[[nodiscard]] std::vector<std::string> kernel_table(const std::vector<KernelChecks>& kernels);

}  // namespace halfopen
