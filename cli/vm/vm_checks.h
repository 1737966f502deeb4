// `vm --kernel A --kernel B ... -- check ...`: the same in each kernel, and a table.
#pragma once

#include <string>
#include <vector>

#include "cli/line/options.h"

namespace halfopen {

// `options.command` is a check without outputs of its own; `options.jobs` kernels at a time, each in a
// process of its own. Prints the table; the exit status is the worst.
int run_vm_checks(const VmOptions& options, const std::vector<std::string>& kernels);

// The same of `packetdrill --on kernel --table`: scripts by kernels, with the first difference.
int run_vm_scripts(const VmOptions& options, const std::vector<std::string>& kernels);

}  // namespace halfopen
