// What must hold whatever the peer sends: options with something in them, packets that fit, timeouts in their
// bounds. Pair looks at every packet that goes out.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};
constexpr const char* kWithSack[] = {"linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

class Limits : public ::testing::TestWithParam<const char*> {
 protected:
  Limits() : a{GetParam()} { a.ideal().open(20ms, {.timestamps = false}).run(1s); }
  // Two bytes at `from`, counted from the first that the peer sent.
  void give(int from) {
    const int done = static_cast<int>(distance(a.pair.b.iss + 1, a.tcp().info().rcv_nxt));
    a.take(a.segment(tcp_flag::ack, "xx", from - done));
  }
  Alone a;
};
class SackLimits : public Limits {};
INSTANTIATE_TEST_SUITE_P(Profiles, Limits, ::testing::ValuesIn(kEvery));
INSTANTIATE_TEST_SUITE_P(Profiles, SackLimits, ::testing::ValuesIn(kWithSack));

TEST_P(SackLimits, NoOptionGoesOutWhenEveryBlockThatIsRememberedIsGone) {
  for (const int from : {22, 2, 6, 10, 14}) give(from);  // the first of five is forgotten
  for (const int from : {0, 4, 8, 12}) give(from);       // and the others become part of the stream
  a.run(1s);
  EXPECT_EQ(a.tcp().info().rcv_nxt, a.pair.b.iss + 1 + 16);
  EXPECT_TRUE(a.last().options.wire().empty());
  give(24);
  EXPECT_EQ(a.pair.rungs.back().text, "> . 1:1(0) ack 17 sack 23-27");
}

TEST_P(SackLimits, ABlockThatIsGoneLeavesItsPlaceToAnOlderOne) {
  for (const int from : {20, 14, 8, 2}) give(from);
  give(0);
  give(26);
  EXPECT_EQ(a.pair.rungs.back().text, "> . 1:1(0) ack 5 sack 27-29 sack 9-11 sack 15-17 sack 21-23");
}

// Both directions are full and have holes: what is sent again carries blocks, and is cut for them.
TEST_P(SackLimits, ARetransmissionWithBlocksFitsThePacket) {
  a.write(std::size_t{3} * 1460);
  Segment beyond = a.segment(tcp_flag::ack, "xx", 2);
  beyond.ack = a.tcp().info().snd_una;
  a.take(beyond);
  const std::size_t before = a.pair.rungs.size();
  a.run(5s);
  std::size_t full = 0;
  for (std::size_t i = before; i < a.pair.rungs.size(); ++i) {
    const Segment& again = *a.pair.rungs[i].packet.segment();
    EXPECT_LE(again.payload.size() + again.options.wire().size(), 1460u) << a.pair.rungs[i].text;
    if (again.payload.size() == 1460 - 12 && again.options.sack().size() == 1) ++full;
  }
  // A congestion window of whole segments sends so much again; one in bytes may have less left.
  EXPECT_GE(full, a.os().congestion.unit == CwndUnit::segments ? 1u : 0u);
}

// The same for a first sending, where the only block is a duplicate's (RFC 2883).
TEST_P(SackLimits, NewDataWithADuplicatesBlockFitsThePacket) {
  if (!a.os().options.dsack) GTEST_SKIP() << "names no duplicates";
  give(0);
  a.run(1s);
  // The duplicate is owed an answer, and data is there to carry it.
  Segment again = a.segment(tcp_flag::ack, "xx", -2);
  a.tcp().write(a.now(), std::vector<std::uint8_t>(std::size_t{2} * 1460));
  a.take(again);
  a.run(1s);
  for (const Pair::Rung& rung : a.pair.rungs) {
    const Segment& sent = *rung.packet.segment();
    EXPECT_LE(sent.payload.size() + sent.options.wire().size(), 1460u) << rung.text;
  }
}

// A TSecr is the peer's to choose. Too old a one measures nothing (Linux: INT_MAX microseconds).
TEST_P(Limits, NoEchoMovesTheTimeoutOutOfItsBounds) {
  for (int bit = 0; bit < 32; ++bit) {
    Alone one{GetParam()};
    one.ideal().open().run(1s);
    for (int i = 0; i < 3; ++i) {
      one.write(10);
      one.run(10s);  // sent again, so that the echo is all there is to measure by
      const std::uint32_t sent_at = one.last().options.timestamps().value.wire();
      one.take(one.with_time(one.ack_of(10), 6000, sent_at - (1u << bit)));
      const Duration rto = one.tcp().info().rto;
      EXPECT_GT(rto, Duration{0}) << bit;
      EXPECT_LE(rto, one.os().rtt.rto_max.value) << bit;
      EXPECT_LE(one.tcp().info().srtt, RttEstimator::kLongestSample + 1s) << bit;
    }
  }
}

TEST(EstimatorLimits, NoSampleOverflowsATimeout) {
  for (const char* os : kEvery) {
    const OsProfile& row = *find_profile(os);
    const TickClock clock{row.clock, Duration{0}};
    for (const std::int64_t ticks : {std::int64_t{0}, std::int64_t{UINT32_MAX}, INT64_MAX}) {
      RttEstimator estimator;
      for (int i = 0; i < 100; ++i) {
        estimator.sample(row.rtt, {.exact = Duration{ticks}, .ticks = ticks}, Seq{0}, Seq{1});
        for (std::uint32_t shift = 0; shift < 20; ++shift) {
          const Duration rto = estimator.timeout(row.rtt, row.retransmit.backoff.value, clock, shift);
          ASSERT_GT(rto, Duration{0}) << os;
          ASSERT_LE(rto, row.rtt.rto_max.value) << os;
        }
        ASSERT_GT(estimator.persist_base(row.rtt, clock), Duration{0}) << os;
      }
    }
  }
}

}  // namespace
}  // namespace halfopen::testing
