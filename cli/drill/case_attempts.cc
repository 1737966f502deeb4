#include "cli/drill/case_attempts.h"

#include <string>

namespace halfopen {
namespace {

constexpr std::size_t kMost = 3;

// What the first difference of a failure is about: "tcp_window"; empty where it has none.
std::string field_of(const DrillResult& result) {
  if (result.mismatches.empty() || result.mismatches.front().differences.empty()) return {};
  return result.mismatches.front().differences.front().field;
}

}  // namespace

bool CaseAttempts::fails_again() const {
  if (attempts_.size() < 2) return false;
  const DrillResult& last = attempts_.back();
  const DrillResult& before = attempts_[attempts_.size() - 2];
  return last.outcome == CaseOutcome::failed && before.outcome == CaseOutcome::failed &&
         last.line == before.line && field_of(last) == field_of(before);
}

bool CaseAttempts::is_settled() const {
  const CaseOutcome last = attempts_.back().outcome;
  const bool may_be_accident = last == CaseOutcome::failed || last == CaseOutcome::unresolved;
  return !may_be_accident || fails_again() || attempts_.size() >= kMost;
}

DrillResult CaseAttempts::verdict() const {
  DrillResult result = attempts_.back();
  if (attempts_.size() == 1 || result.outcome != CaseOutcome::failed || fails_again()) return result;
  result.outcome = CaseOutcome::unresolved;
  result.reason += " (it fails differently each time)";
  return result;
}

}  // namespace halfopen
