// The four estimators: RFC 6298, Linux, 4.4BSD, FreeBSD.
#include "sim/tcp/rtt.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

class Estimator {
 public:
  explicit Estimator(std::string_view os) : os_{*find_profile(os)}, clock_{os_.clock, Duration{0}} {}
  Estimator& exact(Duration rtt, Seq una = Seq{0}, Seq nxt = Seq{1'000'000}) {
    rtt_.sample(os_.rtt, {.exact = rtt}, una, nxt);
    return *this;
  }
  Estimator& ticks(std::int64_t n) {
    rtt_.sample(os_.rtt, {.ticks = n}, Seq{0}, Seq{0});
    return *this;
  }
  [[nodiscard]] Duration rto(std::uint32_t shift = 0) const {
    return rtt_.timeout(os_.rtt, os_.retransmit.backoff.value, clock_, shift);
  }
  [[nodiscard]] Duration srtt() const { return rtt_.srtt(os_.rtt); }
  [[nodiscard]] Duration persist() const { return rtt_.persist_base(os_.rtt, clock_); }
  RttEstimator& raw() { return rtt_; }

 private:
  const OsProfile& os_;
  TickClock clock_;
  RttEstimator rtt_;
};

// --- RFC 6298 section 2

TEST(RfcEstimator, StartsAtOneSecondAndNeverFallsBelow) {
  Estimator e{"rfc"};
  EXPECT_EQ(e.rto(), 1s);
  EXPECT_EQ(e.exact(20ms).rto(), 1s);
}

TEST(RfcEstimator, TheFirstSampleGivesThriceIt) {
  Estimator e{"rfc"};
  e.exact(800ms);
  EXPECT_EQ(e.srtt(), 800ms);
  EXPECT_EQ(e.rto(), 800ms + 4 * 400ms);
}

// RTTVAR before SRTT: 3/4 * 400 + 1/4 * |800 - 1600| = 500; 7/8 * 800 + 1/8 * 1600 = 900.
TEST(RfcEstimator, TheVarianceIsTakenAgainstTheOldMean) {
  Estimator e{"rfc"};
  e.exact(800ms).exact(1600ms);
  EXPECT_EQ(e.srtt(), 900ms);
  EXPECT_EQ(e.rto(), 900ms + 4 * 500ms);
}

// Sections 2.4, 2.5 and 5.5.
TEST(RfcEstimator, BacksOffByDoublingUpToAMinute) {
  Estimator e{"rfc"};
  e.exact(20ms);
  EXPECT_EQ(e.rto(1), 2s);
  EXPECT_EQ(e.rto(5), 32s);
  EXPECT_EQ(e.rto(6), 60s);
  EXPECT_EQ(e.rto(200), 60s);
}

TEST(RfcEstimator, FallsBackToThreeSecondsWithoutASampleFromTheHandshake) {
  Estimator e{"rfc"};
  e.raw().use_fallback();
  EXPECT_EQ(e.rto(), 3s);
  EXPECT_EQ(e.rto(1), 6s);
  EXPECT_EQ(e.exact(20ms).rto(), 1s);
}

// --- Linux: net/ipv4/tcp_input.c tcp_rtt_estimator

// R + max(2R, 200 ms), in whole jiffies.
TEST(LinuxEstimator, TheVarianceHasAFloorOf200ms) {
  EXPECT_EQ(Estimator{"linux"}.exact(20ms).rto(), 220ms);
  EXPECT_EQ(Estimator{"linux"}.exact(20'560us).rto(), 224ms);  // measured
  EXPECT_EQ(Estimator{"linux"}.exact(99ms).rto(), 300ms);
  EXPECT_EQ(Estimator{"linux"}.exact(200ms).rto(), 600ms);
}

TEST(LinuxEstimator, SteadyRoundTripsKeepTheTimeout) {
  Estimator e{"linux"};
  for (std::uint32_t i = 0; i < 100; ++i) e.exact(20ms, Seq{i * 1000}, Seq{i * 1000 + 500});
  EXPECT_EQ(e.rto(), 220ms);
  EXPECT_EQ(e.srtt(), 20ms);
}

// Units of 8 * SRTT and 4 * mdev. 100 ms, then 180 ms: error 80; SRTT 110; mdev4 = 200 + 80 - 50 = 230.
TEST(LinuxEstimator, ALongerRoundTripRaisesTheDeviationAtOnce) {
  Estimator e{"linux"};
  e.exact(100ms).exact(180ms);
  EXPECT_EQ(e.srtt(), 110ms);
  EXPECT_EQ(e.rto(), 340ms);
}

// 180 ms, then 20 ms: error -160; |error| - mdev4/4 = 160 - 90 = 70, an eighth of it: mdev4 = 360 + 8.75.
TEST(LinuxEstimator, AShorterRoundTripRaisesItSlowly) {
  Estimator e{"linux"};
  e.exact(180ms).exact(20ms);
  EXPECT_EQ(e.srtt(), 160ms);
  EXPECT_EQ(e.rto(), 532ms);  // 160 + 368.75, up to a jiffy
}

// Once a window: a quarter of what the last window's largest deviation lies below.
TEST(LinuxEstimator, TheVarianceDecaysOncePerWindow) {
  Estimator e{"linux"};
  e.exact(400ms, Seq{0}, Seq{1000});
  EXPECT_EQ(e.rto(), 1200ms);
  e.exact(400ms, Seq{1000}, Seq{2000});  // not past the mark
  EXPECT_EQ(e.rto(), 1200ms);
  e.exact(400ms, Seq{1001}, Seq{2000});  // past it: the maximum was still the first 800
  EXPECT_EQ(e.rto(), 1200ms);
  e.exact(400ms, Seq{2001}, Seq{3000});
  EXPECT_LT(e.rto(), 1200ms);
  EXPECT_GE(e.rto(), 1000ms);
}

TEST(LinuxEstimator, BacksOffUpToTwoMinutes) {
  Estimator e{"linux"};
  e.exact(20ms);
  EXPECT_EQ(e.rto(1), 440ms);
  EXPECT_EQ(e.rto(9), 112'640ms);
  EXPECT_EQ(e.rto(10), 120s);
  EXPECT_EQ(e.rto(32), 120s);
}

TEST(LinuxEstimator, BeginsWithOneSecondOrThreeAfterALostSyn) {
  Estimator e{"linux"};
  EXPECT_EQ(e.rto(), 1s);
  EXPECT_EQ(e.rto(3), 8s);
  e.raw().use_fallback();
  EXPECT_EQ(e.rto(), 3s);
}

// --- 4.4BSD: netinet/tcp_input.c tcp_xmit_timer, in ticks of 500 ms

TEST(BsdEstimator, TheFirstTimeoutIsTwelveTicksAndTheSecondTwiceTwentyFour) {
  Estimator e{"4.4bsd"};
  EXPECT_EQ(e.rto(), 6s);
  EXPECT_EQ(e.rto(1), 24s);
  EXPECT_EQ(e.rto(2), 48s);
}

// An ACK within the tick counts as one: srtt 8, rttvar 2; then 7 and 3, and so it stays: three ticks.
TEST(BsdEstimator, AShortRoundTripGivesThreeTicks) {
  Estimator e{"4.4bsd"};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(e.ticks(0).rto(), 1500ms) << i;
}

TEST(BsdEstimator, BacksOffByTheTableUpTo64Seconds) {
  Estimator e{"4.4bsd"};
  e.ticks(0);
  constexpr Duration kExpected[] = {1500ms, 3s, 6s, 12s, 24s, 48s, 64s, 64s, 64s, 64s, 64s, 64s, 64s};
  for (std::uint32_t shift = 0; shift < 13; ++shift) EXPECT_EQ(e.rto(shift), kExpected[shift]) << shift;
}

TEST(BsdEstimator, TwoTicksAreTheLeast) {
  Estimator e{"4.4bsd"};
  for (int i = 0; i < 50; ++i) e.ticks(0);
  EXPECT_GE(e.rto(), 1s);
}

// Beyond three expiries the mean moves into the variance: the timeout stays, and the next sample starts
// afresh.
TEST(BsdEstimator, ForgettingTheMeanKeepsTheTimeout) {
  Estimator e{"4.4bsd"};
  e.ticks(3);
  const Duration before = e.rto();
  e.raw().forget_srtt();
  EXPECT_EQ(e.rto(), before);
  e.ticks(0);
  EXPECT_EQ(e.rto(), 1500ms);
}

// ((srtt / 4) + rttvar) / 2 = (2 + 2) / 2 ticks: tcp_output.c tcp_setpersist.
TEST(BsdEstimator, ThePersistTimerBuildsOnHalf) { EXPECT_EQ(Estimator{"4.4bsd"}.ticks(0).persist(), 1s); }

// --- FreeBSD: the same, finer

// The first sample of r ticks and one: 3r, and 200 ms of slop.
TEST(FreebsdEstimator, TheFirstSampleGivesThriceItAndTheSlop) {
  EXPECT_EQ(Estimator{"freebsd"}.ticks(20).rto(), 263ms);
  EXPECT_EQ(Estimator{"freebsd"}.ticks(19).rto(), 260ms);
  EXPECT_EQ(Estimator{"freebsd"}.ticks(1).rto(), 230ms);  // rexmit_min
}

TEST(FreebsdEstimator, BacksOffByTheTableAndAddsTheSlopOnce) {
  Estimator e{"freebsd"};
  e.ticks(20);
  EXPECT_EQ(e.rto(1), 326ms);
  EXPECT_EQ(e.rto(9), 63ms * 512 + 200ms);
  EXPECT_EQ(e.rto(12), 63ms * 512 + 200ms);
  EXPECT_EQ(Estimator{"freebsd"}.ticks(200).rto(12), 64s);
}

TEST(FreebsdEstimator, SteadyRoundTripsComeDownToTheFloor) {
  Estimator e{"freebsd"};
  for (int i = 0; i < 200; ++i) e.ticks(5);
  EXPECT_EQ(e.rto(), 230ms);
}

TEST(FreebsdEstimator, TheFirstTimeoutHasNoSlop) {
  EXPECT_EQ(Estimator{"freebsd"}.rto(), 1s);
  EXPECT_EQ(Estimator{"freebsd"}.rto(1), 2200ms);
}

}  // namespace
}  // namespace halfopen
