#include "replay/run/lateness.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration d) { return kTimeZero + d; }

TEST(Lateness, WhatEveryMachineIsCountsForNothing) {
  Lateness lateness;
  for (int i = 0; i < 1000; ++i) lateness.add(at(i * 10ms), 999us);
  EXPECT_EQ(lateness.worst().by, Duration::zero());
  EXPECT_EQ(lateness.explains(at(100s)), Duration::zero());
  EXPECT_FALSE(lateness.may_have_decided());
}

TEST(Lateness, TheWorstIsThatBeforeAMoment) {
  Lateness lateness;
  lateness.add(at(1s), 5ms);
  lateness.add(at(3200ms), 380ms);
  lateness.add(at(5s), 20ms);
  EXPECT_EQ(lateness.worst(at(999ms)).by, Duration::zero());
  EXPECT_EQ(lateness.worst(at(3s)).by, 5ms);
  EXPECT_EQ(lateness.worst().by, 380ms);
  EXPECT_EQ(lateness.worst().at, at(3200ms));
}

TEST(Lateness, ManyMomentsCloseToOneAnotherAddUp) {
  Lateness lateness;
  for (int i = 0; i < 10; ++i) lateness.add(at(1s + i * 5ms), 2ms);
  EXPECT_EQ(lateness.explains(at(1s)), 20ms);
}

// A round trip measured 40 ms too long makes a timeout of 200 ms one of 320 ms: what comes a second later may
// come 600 ms after that.
TEST(Lateness, ARoundTripThatWasLateStretchesEveryTimeout) {
  Lateness lateness;
  lateness.add(at(0s), 40ms);
  EXPECT_DOUBLE_EQ(lateness.stretch(), 0.6);
  EXPECT_EQ(lateness.explains(at(1s)), 640ms);
  EXPECT_EQ(lateness.explains(at(2s)), 1240ms);
}

TEST(Lateness, LessThanAJiffyDecidesNothing) {
  Lateness lateness;
  lateness.add(at(1s), 3999us);
  EXPECT_FALSE(lateness.may_have_decided());
  lateness.add(at(2s), 4ms);
  EXPECT_TRUE(lateness.may_have_decided());
}

// What comes to pass at 3 s may have been put there by what was due at 1 s, and came at 2.
TEST(Lateness, DecidesWhatComesAfterItWasDue) {
  Lateness lateness;
  lateness.add(at(2s), 1s);
  EXPECT_FALSE(lateness.may_have_decided(at(999ms)));
  EXPECT_TRUE(lateness.may_have_decided(at(1s)));
}

// The machine was late when no round trip was measured: the timeout is the path's, and nothing is stretched.
TEST(Lateness, ATimeoutThatIsAsItShouldBeStretchesNothing) {
  Lateness lateness;
  lateness.add(at(0s), 40ms);
  lateness.timeout_is(220ms, 220ms);
  EXPECT_DOUBLE_EQ(lateness.stretch(), 0);
  EXPECT_EQ(lateness.explains(at(2s)), 40ms);
}

// By a tenth; a tail loss probe that waits for two round trips by twice as much.
TEST(Lateness, TheLongestTimeoutThatWasSeenIsTheBound) {
  Lateness lateness;
  lateness.add(at(0s), 40ms);
  lateness.timeout_is(242ms, 220ms);
  lateness.timeout_is(220ms, 220ms);
  EXPECT_DOUBLE_EQ(lateness.stretch(), 0.2);
  lateness.timeout_is(900ms, 220ms);
  EXPECT_DOUBLE_EQ(lateness.stretch(), 0.6) << "no more than lateness could do";
}

// A stack that has another least timeout: what it would be in time is not known.
TEST(Lateness, ATimeoutBelowTheLeastSaysNothing) {
  Lateness lateness;
  lateness.add(at(0s), 40ms);
  lateness.timeout_is(60ms, 220ms);
  lateness.timeout_is(220ms, 220ms);
  EXPECT_DOUBLE_EQ(lateness.stretch(), 0.6);
}

}  // namespace
}  // namespace halfopen
