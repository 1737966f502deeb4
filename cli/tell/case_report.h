// Cases that were tried, one after the other, as programs that read test results want them: KTAP and JUnit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen {

enum class CaseOutcome : std::uint8_t {
  passed,
  failed,
  skipped,
  trouble,
  unresolved,  // it failed, but by no more than a busy machine explains: it proves nothing
  known,       // it failed, as it is listed to
};
[[nodiscard]] std::string_view to_string(CaseOutcome outcome);  // "passed", "failed", ...
// Of what to_string() gives; nullopt for anything else.
[[nodiscard]] std::optional<CaseOutcome> case_outcome_from(std::string_view name);

struct CaseReport {
  std::string group;  // of JUnit's class names: "halfopen.GROUP"
  std::string name;
  CaseOutcome outcome = CaseOutcome::passed;
  std::string reason;                   // of what was skipped
  std::vector<std::string> complaints;  // what went wrong, a line each
  std::vector<std::string> comments = {};
  std::chrono::milliseconds took{};
};

struct CaseTotals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t trouble = 0;
  std::size_t unresolved = 0;
  std::size_t known = 0;
  std::chrono::milliseconds took{};  // on the clock of the wall

  void add(CaseOutcome outcome);
  // The worst of 2 > 1 > 5 > 0; 4 if everything was skipped.
  [[nodiscard]] int exit_code() const;
};

// KTAP version 1 (Documentation/dev-tools/ktap.rst): the lines before `count` cases, those of the number-th,
// counted from 1, and the one after all, as kselftest's own programs end.
[[nodiscard]] std::vector<std::string> ktap_head(std::size_t count);
[[nodiscard]] std::vector<std::string> ktap_lines(std::size_t number, const CaseReport& report);
[[nodiscard]] std::string ktap_totals(const CaseTotals& totals);

// One <testsuite>, a <testcase> for each, valid UTF-8 and XML 1.0 whatever the names are.
[[nodiscard]] std::string junit_of(const std::string& suite, const std::vector<CaseReport>& reports,
                                   const CaseTotals& totals);

// "1 script", "2 scripts".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

}  // namespace halfopen
