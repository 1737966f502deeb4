// What is made of several plays of one script on a kernel.
#include <gtest/gtest.h>

#include <initializer_list>

#include "cli/drill/case_attempts.h"

namespace halfopen {
namespace {

DrillResult result(CaseOutcome outcome, std::uint32_t line = 0, const std::string& field = "time") {
  DrillResult one;
  one.outcome = outcome;
  one.line = line;
  if (outcome == CaseOutcome::failed)
    one.mismatches.push_back({.place = {}, .message = "", .differences = {{field, "1", "2"}}});
  return one;
}

CaseAttempts attempts(std::initializer_list<DrillResult> results) {
  CaseAttempts all;
  for (const DrillResult& one : results) all.add(one);
  return all;
}

constexpr CaseOutcome kPassed = CaseOutcome::passed;
constexpr CaseOutcome kFailed = CaseOutcome::failed;
constexpr CaseOutcome kUnresolved = CaseOutcome::unresolved;

TEST(CaseAttempts, OneIsEnoughUnlessItMayBeAnAccident) {
  for (const CaseOutcome outcome : {kPassed, CaseOutcome::skipped, CaseOutcome::trouble})
    EXPECT_TRUE(attempts({result(outcome)}).is_settled());
  for (const CaseOutcome outcome : {kFailed, kUnresolved})
    EXPECT_FALSE(attempts({result(outcome, 3)}).is_settled());
}

TEST(CaseAttempts, WhatFailsTwiceTheSameHasFailed) {
  const CaseAttempts twice = attempts({result(kFailed, 3), result(kFailed, 3)});
  EXPECT_TRUE(twice.is_settled());
  EXPECT_EQ(twice.verdict().outcome, kFailed);
  const CaseAttempts later = attempts({result(kUnresolved, 3), result(kFailed, 4), result(kFailed, 4)});
  EXPECT_EQ(later.verdict().outcome, kFailed);
}

TEST(CaseAttempts, WhatFailsElsewhereEachTimeIsUnresolved) {
  for (const DrillResult& other :
       {result(kFailed, 4), result(kFailed, 3, "tcp_window"), result(kUnresolved, 3)}) {
    EXPECT_FALSE(attempts({result(kFailed, 3), other}).is_settled());
    const CaseAttempts all = attempts({result(kFailed, 3), other, result(kFailed, 3)});
    EXPECT_TRUE(all.is_settled());
    EXPECT_EQ(all.verdict().outcome, kUnresolved);
  }
}

TEST(CaseAttempts, WhatPassesOnceHolds) {
  const CaseAttempts all = attempts({result(kFailed, 3), result(kPassed)});
  EXPECT_TRUE(all.is_settled());
  EXPECT_EQ(all.verdict().outcome, kPassed);
}

// In a guest there is one attempt, and it counts.
TEST(CaseAttempts, OneAloneCounts) { EXPECT_EQ(attempts({result(kFailed, 3)}).verdict().outcome, kFailed); }

}  // namespace
}  // namespace halfopen
