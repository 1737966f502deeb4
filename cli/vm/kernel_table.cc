#include "cli/vm/kernel_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace halfopen {
namespace {

const CheckResult* result_of(const KernelChecks& kernel, const std::string& name) {
  const auto found = std::ranges::find(kernel.results, name, &CheckResult::name);
  return found == kernel.results.end() ? nullptr : &*found;
}

// Scenarios in the order of the first kernel that has them.
std::vector<std::string> names_of(const std::vector<KernelChecks>& kernels) {
  std::vector<std::string> names;
  for (const KernelChecks& kernel : kernels) {
    for (const CheckResult& result : kernel.results) {
      if (std::ranges::find(names, result.name) == names.end()) names.push_back(result.name);
    }
  }
  return names;
}

std::string_view word_of(const CheckResult* result) {
  if (result == nullptr) return "-";
  switch (result->what) {
    // As it should be, and held against nothing: what its expectations do not speak of may be anything.
    case CheckResult::What::passed: return result->references.empty() ? "no reference" : "ok";
    case CheckResult::What::failed: return "FAILED";
    case CheckResult::What::skipped: return "skipped";
    case CheckResult::What::trouble: return "TROUBLE";
    case CheckResult::What::unresolved: return "UNRESOLVED";
    case CheckResult::What::known: return "known";
  }
  return "-";
}

std::string said(const CheckResult& result) {
  const std::vector<std::string> complaints = result.complaints();
  if (!complaints.empty()) return complaints.front();
  return result.what == CheckResult::What::skipped ? "skipped: " + result.reason
                                                   : std::string{word_of(&result)};
}

}  // namespace

std::vector<std::string> kernel_table(const std::vector<KernelChecks>& kernels) {
  const std::vector<std::string> names = names_of(kernels);
  std::size_t width = std::string_view{"scenario"}.size();
  for (const std::string& name : names) width = std::max(width, name.size());
  const auto width_of = [](const KernelChecks& kernel) {
    std::size_t widest = kernel.kernel.size();
    for (const CheckResult& result : kernel.results) widest = std::max(widest, word_of(&result).size());
    return widest;
  };
  const auto row = [&](std::string_view first, const auto& cell_of) {
    std::string line = fmt::format("{:<{}}", first, width);
    for (const KernelChecks& kernel : kernels)
      line += fmt::format("  {:<{}}", cell_of(kernel), width_of(kernel));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> lines{row("scenario", [](const KernelChecks& kernel) { return kernel.kernel; })};
  for (const std::string& name : names) {
    lines.push_back(row(name, [&](const KernelChecks& kernel) { return word_of(result_of(kernel, name)); }));
  }
  for (std::size_t i = 1; i < kernels.size(); ++i) {
    const KernelChecks& previous = kernels[i - 1];
    lines.emplace_back();
    const std::string which = fmt::format("from {} to {}: ", previous.kernel, kernels[i].kernel);
    if (!previous.problem.empty() || !kernels[i].problem.empty()) {
      lines.push_back(which + (previous.problem.empty() ? kernels[i].problem : previous.problem));
      continue;
    }
    std::vector<std::string> changes;
    for (const std::string& name : names) {
      const CheckResult* before = result_of(previous, name);
      const CheckResult* now = result_of(kernels[i], name);
      if (before == nullptr || now == nullptr || said(*before) == said(*now)) continue;
      changes.push_back(fmt::format("  {}", name));
      changes.push_back(fmt::format("    was: {}", said(*before)));
      changes.push_back(fmt::format("    now: {}", said(*now)));
    }
    lines.push_back(which + (changes.empty() ? "nothing changed" : "changed"));
    lines.insert(lines.end(), changes.begin(), changes.end());
  }
  return lines;
}

}  // namespace halfopen
