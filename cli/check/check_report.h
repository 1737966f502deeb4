// How `halfopen check` tells what became of its cases: for people, as KTAP, as JUnit's XML and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/check/check_plan.h"
#include "cli/check/check_result.h"
#include "cli/tell/prose.h"

namespace halfopen {

// Counts by CheckResult::What.
struct CheckTotals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t trouble = 0;
  std::size_t unresolved = 0;
  std::chrono::milliseconds took{};  // on the clock of the wall

  void add(const CheckResult& result);
  // The worst of 2 > 1 > 5 > 0; 4 if everything was skipped.
  [[nodiscard]] int exit_code() const;
};

// Case by case, in their order.
class CheckTelling {
 public:
  // `out` and `plan` outlive it. `ktap`: KTAP version 1 (Documentation/dev-tools/ktap.rst), else a line each.
  CheckTelling(Prose& out, const CheckPlan& plan, bool ktap);

  void begin();
  void tell(const CheckResult& result);
  void end(const CheckTotals& totals);

 private:
  void tell_ktap(const CheckResult& result);
  void tell_prose(const CheckResult& result);

  Prose& out_;
  const CheckPlan& plan_;
  bool ktap_;
  std::size_t told_ = 0;
  std::size_t width_ = 0;  // of the longest name
};

// "8 expectations, 2 references": what was looked at, or written.
[[nodiscard]] std::string summary_of(const CheckResult& result);

// One <testsuite>, a <testcase> for each, valid UTF-8 and XML 1.0 whatever the names are.
[[nodiscard]] std::string junit_of(const std::vector<CheckResult>& results, const CheckTotals& totals,
                                   const CheckOptions& options);
// "format": "halfopen-check/1".
[[nodiscard]] nlohmann::json json_of(const std::vector<CheckResult>& results, const CheckTotals& totals,
                                     const CheckOptions& options);

}  // namespace halfopen
