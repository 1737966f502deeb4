#include "cli/vm/vm_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/drill/drill_report.h"
#include "cli/drill/host_table.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/vm/kernel_results.h"
#include "cli/vm/kernel_table.h"

namespace halfopen {
namespace {

void print(const std::vector<std::string>& lines) {
  Prose out{stdout};
  for (const std::string& line : lines) out.line(line);
  out.flush();
}

}  // namespace

int run_vm_checks(const VmOptions& options, const std::vector<std::string>& kernels) {
  std::vector<KernelChecks> checks;
  const std::vector<KernelResults> all = results_in(options, kernels, "halfopen-check/1", "checking");
  for (const KernelResults& one : all) {
    checks.push_back({.kernel = one.kernel,
                      .problem = one.problem,
                      .remark = one.remark,
                      .status = one.status,
                      .results = {}});
    for (const nlohmann::json& result : one.results) checks.back().results.push_back(result_from(result));
  }
  print(kernel_table(checks));
  return tell_problems(all);
}

int run_vm_scripts(const VmOptions& options, const std::vector<std::string>& kernels) {
  HostTable table;
  const std::vector<KernelResults> all = results_in(options, kernels, "halfopen-packetdrill/1", "playing");
  std::vector<std::string> names;
  for (const KernelResults& one : all) {
    const auto same = std::ranges::count(names, one.kernel);
    const std::string name = same == 0 ? one.kernel : fmt::format("{} ({})", one.kernel, same + 1);
    names.push_back(one.kernel);
    for (const nlohmann::json& found : one.results) {
      auto [played, result] = case_from_json(found);
      played.profile = name;  // each calls itself `kernel`
      table.add(played, result);
    }
  }
  print(table.lines());
  return tell_problems(all);
}

}  // namespace halfopen
