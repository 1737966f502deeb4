#include "sim/tcp/prr.h"

#include <gtest/gtest.h>

namespace halfopen::test {
namespace {

// RFC 6937 section 4, the first example: a window of 20, Reno's half of it, one segment lost. Of the ACKs
// that follow each second one lets a segment go.
TEST(Prr, LetsTheShareOfWhatArrivesGo) {
  Prr prr;
  prr.begin(20);
  std::uint32_t flight = 19;  // one is lost
  std::uint32_t sent = 0;
  for (int ack = 0; ack < 9; ++ack) {
    --flight;
    const std::uint32_t send = prr.allow({.delivered = 1, .in_flight = flight, .ssthresh = 10});
    prr.on_sent(send);
    sent += send;
    flight += send;
  }
  EXPECT_EQ(sent, 5u);
  EXPECT_EQ(flight, 15u);
}

TEST(Prr, TheFirstAckLetsTheRepairGo) {
  Prr prr;
  prr.begin(10);
  EXPECT_EQ(prr.allow({.delivered = 1, .in_flight = 50, .ssthresh = 1}), 1u);
}

// Section 3, PRR-SSRB: below ssthresh no more than what arrived, and one more where that is safe.
TEST(Prr, BelowTheTargetItGrowsByOneMoreWhereNoOtherLossShows) {
  Prr prr;
  prr.begin(20);
  prr.on_sent(1);
  EXPECT_EQ(prr.allow({.delivered = 1, .in_flight = 4, .ssthresh = 10}), 1u);
  prr.on_sent(1);
  EXPECT_EQ(prr.allow({.delivered = 1, .in_flight = 4, .ssthresh = 10, .advanced_clean = true}), 2u);
  prr.on_sent(2);
  EXPECT_EQ(prr.allow({.delivered = 5, .in_flight = 9, .ssthresh = 10, .advanced_clean = true}), 1u);
}

TEST(Prr, CountsInBytesWhereTheWindowDoes) {
  Prr prr;
  prr.begin(20'000);
  EXPECT_EQ(prr.allow({.delivered = 1000, .in_flight = 18'000, .ssthresh = 10'000, .segment = 1000}), 1000u);
  prr.on_sent(1000);
  EXPECT_EQ(prr.allow({.delivered = 1000, .in_flight = 18'000, .ssthresh = 10'000, .segment = 1000}), 0u);
  EXPECT_EQ(prr.allow({.delivered = 1000, .in_flight = 17'000, .ssthresh = 10'000, .segment = 1000}), 500u);
}

}  // namespace
}  // namespace halfopen::test
