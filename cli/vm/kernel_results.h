// The same command in several kernels, and what it found in each, as the JSON that it writes itself.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line/options.h"

namespace halfopen {

struct KernelResults {
  std::string kernel;                                // its release, or the image's name where it never said
  std::string problem;                               // why there are none; empty if there are
  std::string remark;                                // of the guest; mostly empty
  int status = 0;                                    // exit status
  nlohmann::json results = nlohmann::json::array();  // "results" of the document
};

// Runs `options.command`, which writes nothing, with "--json -" in each of `kernels`, `options.jobs` at a
// time, each in a process of its own. `format`: the "format" of the document; `doing`: "checking", for
// whoever waits.
[[nodiscard]] std::vector<KernelResults> results_in(const VmOptions& options,
                                                    const std::vector<std::string>& kernels,
                                                    std::string_view format, std::string_view doing);

// Says on standard error what the kernels' problems and remarks are; gives the worst exit status.
[[nodiscard]] int tell_problems(const std::vector<KernelResults>& all);

}  // namespace halfopen
