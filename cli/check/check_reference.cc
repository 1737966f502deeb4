#include "cli/check/check_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "capture/compare/compare.h"
#include "capture/compare/difference.h"
#include "cli/check/declared.h"
#include "cli/run/excuse.h"
#include "replay/run/kernel_run.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using What = ReferenceResult::What;

// What is compared: A is the reference, or the kernel's run where it is held against the model.
struct Sides {
  std::string a;
  std::string b;
  std::string name_a = "reference";
  std::string name_b = "run";
  std::vector<std::string> names;  // of what the declarations speak of
};

struct Held {
  ReferenceResult judged;
  DeclaredVerdict verdict;
  std::vector<std::string> remarks;
};

// What `where` of a declaration may say of a run.
std::vector<std::string> names_of(const PreparedRun& run) {
  std::vector<std::string> names{std::string{to_string(run.spec.hosts)}, run.facts.client_profile,
                                 run.facts.server_profile};
  if (!run.spec.hosts.is_simulated()) names.push_back("linux-" + full_kernel_release());
  return names;
}

std::string text_of(const Comparison& comparison, const DeclaredVerdict& verdict) {
  const bool any_declared = !verdict.gone.empty() || !verdict.reasons.empty() || !verdict.varied.empty();
  if (!any_declared) return comparison.first;
  std::string text;
  if (!verdict.undeclared.empty()) {
    text = "not declared: " + verdict.undeclared.front().text();
    if (verdict.undeclared.size() > 1) text += fmt::format(", and {} more", verdict.undeclared.size() - 1);
  }
  if (!verdict.gone.empty()) {
    text += fmt::format("{}declared, but not found: {}", text.empty() ? "" : "; ", verdict.gone.front());
    if (verdict.gone.size() > 1) text += fmt::format(", and {} more", verdict.gone.size() - 1);
  }
  return text;
}

ReferenceResult judge(const Comparison& comparison, const DeclaredVerdict& verdict,
                      const Reference& reference) {
  ReferenceResult judged{.name = reference.name(), .what = What::same, .text = {}, .undeclared = {}};
  if (comparison.has_trouble()) {
    judged.what = What::broken;
    judged.text = fmt::format("{}", fmt::join(comparison.faults, "; "));
    return judged;
  }
  const bool is_as_declared = !verdict.reasons.empty() || !verdict.varied.empty();
  if (verdict.undeclared.empty() && verdict.gone.empty() && (comparison.is_same() || is_as_declared)) {
    if (comparison.is_same()) return judged;
    judged.what = What::expected;
    std::vector<std::string> reasons = verdict.reasons;
    if (!verdict.varied.empty()) {
      reasons.push_back(
          fmt::format("{} (this time: {})", reference.varying.reason, verdict.varied.front().text()));
    }
    judged.text = fmt::format("{}", fmt::join(reasons, "; "));
    return judged;
  }
  judged.text = text_of(comparison, verdict);
  judged.what = verdict.undeclared.empty() ? What::gone : What::different;
  for (const compare::Difference& one : verdict.undeclared) judged.undeclared.push_back(toml_of(one));
  return judged;
}

CompareOptions options_for(const Reference& reference, const Sides& sides) {
  return {.connection = {},
          .tolerance = reference.tolerance,
          .ignored = {},
          .context = 0,
          .name_a = sides.name_a,
          .name_b = sides.name_b};
}

Held compare_once(const Reference& reference, const Sides& sides, const CompareOptions& options) {
  compare::DifferenceList differences;
  const Comparison comparison = compare_captures(sides.a, sides.b, options, &differences);
  differences.add_outcomes(comparison);
  Held held;
  held.verdict = hold(differences.all(), reference.declared, reference.varying, sides.names);
  held.judged = judge(comparison, held.verdict, reference);
  held.remarks = comparison.remarks;
  return held;
}

// If the run's lateness explains the difference, it is unresolved.
ReferenceResult excuse(Held held, const Reference& reference, const Sides& sides, const Lateness& lateness,
                       std::vector<std::string>& unsized) {
  ReferenceResult judged = std::move(held.judged);
  const bool is_bad = judged.what == What::different || judged.what == What::gone;
  if (!is_bad || lateness.worst().by == Duration::zero()) return judged;
  CompareOptions options = options_for(reference, sides);
  allow_for(lateness, options);
  const Held rest = compare_once(reference, sides, options);
  const bool is_time_alone = held.verdict.gone.empty() && rest.verdict.undeclared.empty();
  if (!is_time_alone && !lateness.may_have_decided()) return judged;
  if (!is_time_alone) {
    if (!rest.judged.text.empty()) judged.text = rest.judged.text;
    for (const compare::Difference& one : rest.verdict.undeclared) {
      if (!one.is_of_any_load()) unsized.push_back(judged.name + ": " + one.text_without_time());
    }
    if (judged.what == What::gone) unsized.push_back(judged.name + ": gone");
  }
  judged.what = What::unresolved;
  judged.text += "; " + text_of(lateness);
  return judged;
}

}  // namespace

ReferenceResult compare_with(const Reference& reference, const TracedRun& traced, CheckResult& result) {
  const auto against = [&](const Sides& sides) {
    Held held = compare_once(reference, sides, options_for(reference, sides));
    result.remarks.insert(result.remarks.end(), held.remarks.begin(), held.remarks.end());
    return excuse(std::move(held), reference, sides, traced.end.lateness, result.unsized);
  };
  try {
    if (reference.simulation) {
      const TracedRun simulated = run_to_capture(*reference.simulation);
      return against({.a = traced.capture.path(),
                      .b = simulated.capture.path(),
                      .name_a = "run",
                      .name_b = "the simulation",
                      .names = names_of(simulated.run)});
    }
    std::error_code ignored;
    if (!fs::exists(reference.file, ignored)) {
      throw InputError{reference.place, fmt::format("the capture {}", reference.file),
                       "no such file ('halfopen check --bless' writes it)"};
    }
    return against({.a = reference.file, .b = traced.capture.path(), .names = names_of(traced.run)});
  } catch (const std::exception& error) {
    return {.name = reference.name(), .what = What::broken, .text = error.what(), .undeclared = {}};
  }
}

}  // namespace halfopen
