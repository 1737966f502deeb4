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

Verdict excused(Verdict verdict, const Lateness& lateness, const Races& races = {}) {
  std::vector<Verdict> all{std::move(verdict)};
  excuse(all, lateness, races);
  return all.front();
}

// Without a size: nothing of the kind came, and from `decided` on nothing could.
Verdict never_came(TimePoint decided) {
  return {.what = What::failed,
          .place = "a.toml:3:1",
          .text = "it connects",
          .found = "nothing of the kind",
          .decided_at = decided};
}

Races races_from(TimePoint first) { return {.first = first}; }

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

TEST(Excuse, WhatCameAfterItWasDecidedDecidedNothing) {
  Lateness lateness;
  lateness.add(at(5s), 10ms);
  EXPECT_EQ(excused(never_came(at(4s)), lateness).what, What::failed);
  EXPECT_EQ(excused(never_came(at(5s)), lateness).what, What::unresolved);
  EXPECT_EQ(excused(never_came(kNever), lateness).what, What::unresolved);
}

// Due before, though it was seen only afterwards.
TEST(Excuse, WhatWasOverdueWhenItWasDecidedMayHaveDecidedIt) {
  Lateness lateness;
  lateness.add(at(5s), 2s);
  EXPECT_EQ(excused(never_came(at(3s)), lateness).what, What::unresolved);
  EXPECT_EQ(excused(never_came(at(2999ms)), lateness).what, What::failed);
}

TEST(Excuse, BeforeTheFirstRaceLatenessDecidesNothing) {
  Lateness lateness;
  lateness.add(at(10ms), 10ms);
  EXPECT_EQ(excused(never_came(at(500ms)), lateness, races_from(at(1s))).what, What::failed);
  EXPECT_EQ(excused(never_came(at(1s)), lateness, races_from(at(1s))).what, What::unresolved);
}

// 10 ms of 200 stretch what comes after a second by 15 hundredths, and it was 10 ms late to begin with.
TEST(Excuse, WhatWasToComeShortlyBeforeARaceMayHaveComeAfterIt) {
  Lateness lateness;
  lateness.add(at(0s), 10ms);
  EXPECT_EQ(excused(never_came(at(839ms)), lateness, races_from(at(1s))).what, What::failed);
  EXPECT_EQ(excused(never_came(at(841ms)), lateness, races_from(at(1s))).what, What::unresolved);
}

TEST(Excuse, HowBytesArePackedHangsOnLittle) {
  Lateness lateness;
  lateness.add(at(10ms), 10ms);
  Verdict verdict = never_came(at(500ms));
  verdict.is_fragile = true;
  EXPECT_EQ(excused(verdict, lateness, races_from(at(1s))).what, What::unresolved);
}

// It could not connect and ended at once: whatever came later, it would not have told.
TEST(Excuse, NothingOfAProgramIsDecidedAfterItsEnd) {
  Lateness lateness;
  lateness.add(at(10ms), 10ms);
  Verdict verdict = never_came(kNever);
  verdict.program = HostId::client;
  Races races = races_from(at(1s));
  EXPECT_EQ(excused(verdict, lateness, races).what, What::unresolved);
  races.program_over[0] = at(30ms);
  EXPECT_EQ(excused(verdict, lateness, races).what, What::failed);
  verdict.program = HostId::server;
  EXPECT_EQ(excused(verdict, lateness, races).what, What::unresolved);
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
