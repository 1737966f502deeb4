#include "cli/run/excuse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halfopen {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using What = Verdict::What;

TimePoint at(Duration d) { return kTimeZero + d; }

Verdict missed(TimePoint when, Duration by) {
  return {.what = What::failed,
          .place = "a.toml:3:1",
          .text = "it ends",
          .found = "it at another time",
          .missed_at = when,
          .missed_by = by};
}

Verdict excused(Verdict verdict, const Lateness& lateness) {
  std::vector<Verdict> all{std::move(verdict)};
  excuse(all, lateness);
  return all.front();
}

TEST(Excuse, AMachineInTimeExcusesNothing) {
  const Verdict verdict = excused(missed(at(7500ms), 1ms), {});
  EXPECT_EQ(verdict.what, What::failed);
  EXPECT_EQ(verdict.found, "it at another time");
}

TEST(Excuse, NoMoreThanTheLatenessExplainsIsUnresolvedAndSaysHowLate) {
  Lateness lateness;
  lateness.add(at(3200ms), 380ms);
  const Verdict verdict = excused(missed(at(3300ms), 400ms), lateness);
  EXPECT_EQ(verdict.what, What::unresolved);
  EXPECT_THAT(verdict.found, HasSubstr("; the machine was 380 ms late at 3.2 s"));
  EXPECT_THAT(line_of(verdict), ::testing::StartsWith("UNRESOLVED a.toml:3:1: expected it ends, found "));
  EXPECT_TRUE(verdict.has_size());
}

TEST(Excuse, LatenessAfterwardsExplainsNothing) {
  Lateness lateness;
  lateness.add(at(8s), 3ms);
  EXPECT_EQ(excused(missed(at(3300ms), 1ms), lateness).what, What::failed);
}

// Three milliseconds move what comes, and decide nothing.
TEST(Excuse, MoreThanALittleLatenessExplainsFails) {
  Lateness lateness;
  lateness.add(at(1s), 3ms);
  EXPECT_EQ(excused(missed(at(2s), 60ms), lateness).what, What::failed);
  Verdict nothing = missed(at(2s), 60ms);
  nothing.missed_at = kNever;
  EXPECT_EQ(excused(nothing, lateness).what, What::failed);
}

// Whether it was lateness that decided, only another run can tell.
TEST(Excuse, WhatIsAnotherThingAltogetherIsUnresolvedWithoutASize) {
  Lateness lateness;
  lateness.add(at(1s), 10ms);
  const Verdict verdict = excused(missed(at(2s), 60s), lateness);
  EXPECT_EQ(verdict.what, What::unresolved);
  EXPECT_FALSE(verdict.has_size());
}

TEST(Excuse, WhatPassedStays) {
  Lateness lateness;
  lateness.add(at(1s), 1s);
  Verdict passed = missed(at(2s), 0s);
  passed.what = What::passed;
  EXPECT_EQ(excused(passed, lateness).what, What::passed);
}

}  // namespace
}  // namespace halfopen
