// What the measure of real stacks counts as the same.
#include "tests/fidelity/measure.h"

#include <gtest/gtest.h>

namespace halfopen::fidelity {
namespace {

Packet packet(Duration at, const char* what, std::uint32_t window = 1000) {
  return {.at = kTimeZero + at, .what = what, .has_window = true, .window = window};
}
Call call(Duration at, const char* name, std::int64_t result, const char* error = "") {
  return {.at = kTimeZero + at, .name = name, .result = result, .error = error};
}

Recording usual() {
  return {.packets = {packet(0ms, "client S"), packet(20ms, "server S."), packet(1020ms, "client P.")},
          .calls = {call(20ms, "connect", 0), call(3s, "read", -1, "ETIMEDOUT")}};
}

TEST(MeasureOfStacks, TheSameIsFull) {
  const Measure m = measure(usual(), usual());
  EXPECT_TRUE(m.in_full());
  EXPECT_EQ(m.packets, 3u);
  EXPECT_EQ(m.first, "");
}

TEST(MeasureOfStacks, APacketThatIsMissingLeavesTheOthersMatched) {
  Recording less = usual();
  less.packets.erase(less.packets.begin() + 1);
  const Measure m = measure(usual(), less);
  EXPECT_EQ(m.packets, 3u);
  EXPECT_EQ(m.matched, 2u);
  EXPECT_FALSE(m.in_full());
  EXPECT_EQ(m.first.rfind("packet 2: 0.020000 server S. win 1000 | 1.020000 client P.", 0), 0u) << m.first;
  EXPECT_EQ(measure(less, usual()).matched, 2u) << "from either side";
}

TEST(MeasureOfStacks, WindowsMayDifferByTwoPercent) {
  Recording other = usual();
  other.packets[2].window = 1020;
  EXPECT_TRUE(measure(usual(), other).in_full());
  other.packets[2].window = 1021;
  EXPECT_EQ(measure(usual(), other).windows, 2u);
  other.packets[2].has_window = false;
  EXPECT_TRUE(measure(other, usual()).in_full()) << "a reset's window tells nothing";
}

TEST(MeasureOfStacks, GapsMayDifferByFourMillisecondsAndTwoPercent) {
  Recording other = usual();
  other.packets[2].at = kTimeZero + 1044ms;  // 1,024 ms after the one before: 4 + 20.48 ms are allowed
  EXPECT_TRUE(measure(usual(), other).in_full());
  other.packets[2].at = kTimeZero + 1045ms;
  EXPECT_EQ(measure(usual(), other).gaps, 2u);
}

TEST(MeasureOfStacks, CallsAreComparedByResultErrorAndTime) {
  Recording other = usual();
  other.calls[1].at = kTimeZero + 3060ms;
  EXPECT_TRUE(measure(usual(), other).calls);
  other.calls[1].at = kTimeZero + 3080ms;
  EXPECT_FALSE(measure(usual(), other).calls);
  EXPECT_TRUE(measure(usual(), other).call_results);
  other.calls[1].error = "ECONNRESET";
  EXPECT_FALSE(measure(usual(), other).call_results);
  other.calls.pop_back();
  EXPECT_FALSE(measure(usual(), other).call_results);
}

}  // namespace
}  // namespace halfopen::fidelity
