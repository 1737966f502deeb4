#include "sim/tcp/ack_policy.h"

#include <gtest/gtest.h>

#include "sim/tcp/profile.h"

namespace halfopen::test {
namespace {

const AckProfile& linux_acks() { return find_profile("linux-6.18")->ack; }

constexpr std::uint32_t kMss = 1000;

AckPolicy::Data segment() {
  return {.length = kMss, .segment = kMss, .advertised = 64'000, .unacknowledged = kMss};
}
AckPolicy::Clock at(Duration now) {
  return {.jiffy = TimePoint{now}, .tick = 1ms, .rto = 200ms, .receive_rtt = 1s, .srtt = 20ms, .most = 196ms};
}

// The quick ACKs of the start are used up: as many as fit half of the window in segments, sixteen at most.
AckPolicy after_quick_acks(std::uint32_t count) {
  AckPolicy policy{false};
  for (std::uint32_t i = 0; i < count; ++i) {
    EXPECT_EQ(policy.on_data(linux_acks(), segment(), at(1ms)), std::nullopt);
    EXPECT_TRUE(policy.is_pending()) << i;
    policy.on_ack_sent(linux_acks());
  }
  return policy;
}

TEST(AckPolicy, TheFirstSegmentsAreAcknowledgedAtOnce) {
  AckPolicy policy = after_quick_acks(16);
  const auto wait = policy.on_data(linux_acks(), segment(), at(2ms));
  EXPECT_FALSE(policy.is_pending());
  EXPECT_TRUE(policy.is_owed());
  EXPECT_EQ(wait, 40ms);
}

TEST(AckPolicy, ASecondSegmentIsAcknowledgedIfTheWindowHolds) {
  AckPolicy policy = after_quick_acks(16);
  policy.on_data(linux_acks(), segment(), at(2ms));
  AckPolicy::Data second = segment();
  second.unacknowledged = 2 * kMss;
  policy.on_data(linux_acks(), second, at(2ms));
  EXPECT_FALSE(policy.is_pending());  // the reader lags behind
  second.window_holds = true;
  policy.on_data(linux_acks(), second, at(2ms));
  EXPECT_TRUE(policy.is_pending());
}

TEST(AckPolicy, AWindowThatGrowsIsToldAtOnce) {
  AckPolicy policy = after_quick_acks(16);
  AckPolicy::Data grown = segment();
  grown.window_grew = true;
  policy.on_data(linux_acks(), grown, at(2ms));
  EXPECT_TRUE(policy.is_pending());
}

// net/ipv4/tcp_input.c tcp_event_data_recv counts in jiffies: what is halved loses the fraction.
TEST(AckPolicy, TheWaitIsOfWholeJiffies) {
  AckPolicy policy = after_quick_acks(16);
  AckPolicy::Clock later = at(64ms);
  later.tick = 4ms;
  policy.on_data(linux_acks(), segment(), at(4ms));
  policy.on_timer(linux_acks(), 200ms);
  policy.on_ack_sent(linux_acks());
  ASSERT_EQ(policy.ato(), 80ms);
  policy.on_data(linux_acks(), segment(), later);
  // 25 jiffies by the gap of 15, then 17, 13, 11 and 10.
  for (const Duration wait : {100ms, 68ms, 52ms, 44ms, 40ms, 40ms}) {
    EXPECT_EQ(policy.ato(), wait);
    policy.on_data(linux_acks(), segment(), later);
  }
}

TEST(AckPolicy, DataInAnswerMakesItInteractive) {
  AckPolicy policy{false};
  policy.on_data(linux_acks(), segment(), at(1ms));
  EXPECT_TRUE(policy.is_quick());
  policy.on_data_sent(TimePoint{2ms});
  EXPECT_FALSE(policy.is_quick());
  policy.on_ack_sent(linux_acks());
  policy.on_data(linux_acks(), segment(), at(30ms));
  EXPECT_FALSE(policy.is_pending());
}

TEST(AckPolicy, BerkeleyWaitsForTheFastTickAndItsHeirsForASecondSegment) {
  AckPolicy berkeley{false};
  EXPECT_EQ(berkeley.on_data(find_profile("4.4bsd")->ack, segment(), at(1ms)), 200ms);
  EXPECT_FALSE(berkeley.is_pending());
  AckPolicy freebsd{false};
  const AckProfile& acks = find_profile("freebsd-14")->ack;
  EXPECT_EQ(freebsd.on_data(acks, segment(), at(1ms)), acks.delay_min.value);
  EXPECT_EQ(freebsd.on_data(acks, segment(), at(2ms)), std::nullopt);
  EXPECT_TRUE(freebsd.is_pending());
}

TEST(AckPolicy, AnOwedAckIsPaidByWhateverAcknowledges) {
  AckPolicy policy = after_quick_acks(16);
  policy.on_data(linux_acks(), segment(), at(2ms));
  policy.on_ack_sent(linux_acks());
  EXPECT_FALSE(policy.is_owed());
  policy.on_timer(linux_acks(), 200ms);
  EXPECT_FALSE(policy.is_pending());
}

}  // namespace
}  // namespace halfopen::test
