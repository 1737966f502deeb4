#include "sim/tcp/send_plan.h"

#include <gtest/gtest.h>

namespace halfopen::test {
namespace {

constexpr std::uint32_t kMss = 1000;

// A long write, an open window, nothing sent yet.
SendView fresh() {
  return {.waiting = 20 * kMss,
          .more = false,
          .segment = kMss,
          .full = kMss,
          .window = 65'535,
          .whole_window = 65'535,
          .max_window = 65'535,
          .cwnd = 10,
          .in_flight = 0,
          .small_may_go = true,
          .ends = false,
          .pace = 2,
          .may_wait = true,
          .now = TimePoint{1s},
          .last_sent = TimePoint{0s},
          .oldest_sent = kNever,
          .srtt = 20ms};
}

TEST(SendPlan, ABurstIsWhatThePaceAndHalfTheWindowLetGo) {
  SendView view = fresh();
  EXPECT_EQ(plan_burst(view), 2 * kMss);
  view.pace = 40;
  EXPECT_EQ(plan_burst(view), 5 * kMss);  // two bursts on the way
  view.in_flight = 8;
  EXPECT_EQ(plan_burst(view), 2 * kMss);
  view.in_flight = 10;
  EXPECT_EQ(plan_burst(view), 0u);
}

TEST(SendPlan, ABurstTakesASmallRestIfNagleLetsIt) {
  SendView view = fresh();
  view.waiting = kMss + 300;
  EXPECT_EQ(plan_burst(view), kMss + 300);
  view.small_may_go = false;
  EXPECT_EQ(plan_burst(view), kMss);
  view.waiting = 300;
  EXPECT_EQ(plan_burst(view), 0u);
}

TEST(SendPlan, ABurstIsCutAtTheWindow) {
  SendView view = fresh();
  view.window = kMss + 500;
  EXPECT_EQ(plan_burst(view), kMss + 500);
  view.window = kMss - 1;
  EXPECT_EQ(plan_burst(view), 0u);
}

TEST(SendPlan, WhatWouldGoAloneWaitsWhileSegmentsLeaveAndAnAckIsNear) {
  SendView view = fresh();
  view.in_flight = 9;
  view.last_sent = view.now;
  view.oldest_sent = view.now - 20ms;
  EXPECT_EQ(plan_burst(view), 0u);
  view.oldest_sent = view.now - 9ms;  // the next ACK is half a round trip away
  EXPECT_EQ(plan_burst(view), kMss);
  view.oldest_sent = view.now - 20ms;
  view.last_sent = view.now - 2ms;  // nothing was leaving
  EXPECT_EQ(plan_burst(view), kMss);
  view.last_sent = view.now;
  view.may_wait = false;  // loss recovery
  EXPECT_EQ(plan_burst(view), kMss);
}

TEST(SendPlan, ASegmentGoesByItselfWhereThereAreNoBursts) {
  SendView view = fresh();
  EXPECT_EQ(plan_segment(view, CwndUnit::segments), kMss);
  view.cwnd = 1500;
  view.in_flight = 1000;
  view.max_window = 4000;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 0u);  // silly window
  view.max_window = 800;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 500u);
  view.waiting = 300;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 300u);
  view.small_may_go = false;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 0u);
  view.more = true;  // a record ends there
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 300u);
}

TEST(SendPlan, ABurstTakesAMillisecondAtTwiceTheWindowARoundTrip) {
  EXPECT_EQ(burst_segments(2, 1448, 10, true, 20ms, 20ms), 2u);    // 1.4 segments: the least
  EXPECT_EQ(burst_segments(2, 1448, 100, true, 20ms, 20ms), 9u);   // 100 * 2 / 20 ms / 1024
  EXPECT_EQ(burst_segments(2, 1448, 100, false, 20ms, 20ms), 5u);  // 1.2 times
  EXPECT_EQ(burst_segments(2, 1448, 10, true, 0ns, Duration::max()),
            45u);  // no sample: as much as there may be
  EXPECT_EQ(burst_segments(2, 1448, 10, true, 2ms, 2ms),
            15u);  // a short path: 9.8, and 65536 >> 3 bytes more
}

// 4.4BSD with timestamps: t_maxseg counts, the packet is twelve bytes shorter.
TEST(SendPlan, AFullSegmentMayBeMoreThanAPacketTakes) {
  SendView view = fresh();
  view.segment = kMss - 12;
  view.cwnd = 2 * kMss;
  view.small_may_go = false;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), kMss - 12);
  view.in_flight = kMss - 12;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), kMss - 12);
  view.in_flight = 2 * (kMss - 12);  // 24 bytes of the window are left: no full segment
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 0u);
  view.in_flight = 0;
  view.waiting = kMss - 12;  // would fill a packet, and is no full segment
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), 0u);
  view.small_may_go = true;
  EXPECT_EQ(plan_segment(view, CwndUnit::bytes), kMss - 12);
}

}  // namespace
}  // namespace halfopen::test
