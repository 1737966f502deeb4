// How `halfopen check` tells what became of its cases: for people, as KTAP, as JUnit's XML and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/check/check_plan.h"
#include "cli/check/check_result.h"
#include "cli/tell/case_report.h"
#include "cli/tell/prose.h"

namespace halfopen {

// Case by case, in their order.
class CheckTelling {
 public:
  // All outlive it. As KTAP, or a line each.
  CheckTelling(Prose& out, const CheckPlan& plan, const CheckOptions& options);

  void begin();
  void tell(const CheckResult& result);
  void end(const CaseTotals& totals);

 private:
  void tell_prose(const CheckResult& result);

  Prose& out_;
  const CheckPlan& plan_;
  const CheckOptions& options_;
  std::size_t told_ = 0;
  std::size_t width_ = 0;  // of the longest name
};

// "8 expectations, 2 references": what was looked at, or written.
[[nodiscard]] std::string summary_of(const CheckResult& result);

// For KTAP and JUnit.
[[nodiscard]] CaseReport report_of(const CheckResult& result, const CheckOptions& options);
// "format": "halfopen-check/1".
[[nodiscard]] nlohmann::json json_of(const std::vector<CheckResult>& results, const CaseTotals& totals,
                                     const CheckOptions& options);

}  // namespace halfopen
