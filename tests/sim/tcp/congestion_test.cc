// Slow start, congestion avoidance, CUBIC, HyStart and restarts after idling.
#include "sim/tcp/congestion.h"

#include <gtest/gtest.h>

#include <cmath>

namespace halfopen {
namespace {

constexpr TimePoint at(Duration t) { return kTimeZero + t; }
const CongestionProfile& of(std::string_view os) { return find_profile(os)->congestion; }

CongestionControl::Ack plain(TimePoint now, std::uint32_t acked, bool limited) {
  return {.now = now, .acked = acked, .limited = limited, .rtt = Duration{0}, .una = Seq{}, .nxt = Seq{}};
}

// Acknowledges one window a round trip, segment by segment.
void round_trips(CongestionControl& c, const CongestionProfile& os, int count, Duration rtt, TimePoint& now,
                 std::uint32_t segment) {
  for (int i = 0; i < count; ++i) {
    now += rtt;
    const std::uint32_t window = c.cwnd() / segment;
    for (std::uint32_t k = 0; k < window; ++k) {
      c.on_ack(os,
               {.now = now, .acked = segment, .limited = true, .rtt = rtt, .una = Seq{k}, .nxt = Seq{k + 1}});
    }
  }
}

TEST(SlowStart, DoublesInEachRoundTrip) {
  TimePoint now{};
  CongestionControl bytes;
  bytes.start(of("rfc"), 1000, Seq{1}, false);
  EXPECT_EQ(bytes.cwnd(), 10'000u);
  round_trips(bytes, of("rfc"), 1, 100ms, now, 1000);
  EXPECT_EQ(bytes.cwnd(), 20'000u);
  CongestionControl segments;
  segments.start(of("linux"), 1, Seq{1}, false);
  EXPECT_EQ(segments.cwnd(), 10u);
}

// RFC 5681 section 3.1 equation 2 counts at most one segment an ACK; Linux counts what was acknowledged.
TEST(SlowStart, AStretchAckCountsOnceForBytesAndInFullForSegments) {
  CongestionControl bytes;
  bytes.start(of("rfc"), 1000, Seq{1}, false);
  bytes.on_ack(of("rfc"), plain(at(1s), 4000, true));
  EXPECT_EQ(bytes.cwnd(), 11'000u);
  CongestionControl segments;
  segments.start(of("linux"), 1, Seq{1}, false);
  segments.on_ack(of("linux"), plain(at(1s), 4, true));
  EXPECT_EQ(segments.cwnd(), 14u);
}

TEST(SlowStart, TheInitialWindowIsTheProfiles) {
  CongestionControl c;
  c.start(of("4.4bsd"), 1448, Seq{1}, false);
  EXPECT_EQ(c.cwnd(), 1448u);
  c.start(of("freebsd"), 1448, Seq{1}, false);
  EXPECT_EQ(c.cwnd(), 14'480u);
  c.start(of("linux"), 1, Seq{1}, true);
  EXPECT_EQ(c.cwnd(), 1u);
}

TEST(SlowStart, AWindowThatIsNotUsedDoesNotGrow) {
  CongestionControl c;
  c.start(of("linux"), 1, Seq{1}, false);
  c.on_ack(of("linux"), plain(at(1s), 1, false));
  EXPECT_EQ(c.cwnd(), 10u);
}

TEST(SlowStart, StopsAtTheThreshold) {
  CongestionControl c;
  c.start(of("rfc"), 1000, Seq{1}, false);
  c.on_loss(of("rfc"), 8000);
  c.set_cwnd(1000);
  EXPECT_EQ(c.ssthresh(), 4000u);
  for (int i = 0; i < 3; ++i) c.on_ack(of("rfc"), plain(at(1s), 1000, true));
  EXPECT_EQ(c.cwnd(), 4000u);
  EXPECT_FALSE(c.in_slow_start());
}

// RFC 5681 section 3.1: one segment a round trip.
TEST(Avoidance, RenoAddsOneSegmentInEachRoundTrip) {
  CongestionControl c;
  c.start(of("rfc"), 1000, Seq{1}, false);
  c.on_loss(of("rfc"), 20'000);
  c.set_cwnd(10'000);
  TimePoint now{};
  round_trips(c, of("rfc"), 5, 100ms, now, 1000);
  EXPECT_NEAR(c.cwnd(), 15'000, 1000);
}

// RFC 5681 equation 4: half of what is in flight, two segments at least.
TEST(Loss, RenoHalvesWhatIsInFlight) {
  CongestionControl c;
  c.start(of("rfc"), 1000, Seq{1}, false);
  c.on_loss(of("rfc"), 9000);
  EXPECT_EQ(c.ssthresh(), 4000u);
  c.on_loss(of("rfc"), 1000);
  EXPECT_EQ(c.ssthresh(), 2000u);
}

// netinet/tcp_input.c of 4.4BSD-Lite2: a segment for each ACK up to the threshold, beyond it a segment's
// square by the window, whether or not it was used, and never beyond what the peer can offer.
TEST(Net3, EachAckOpensTheWindow) {
  constexpr std::uint32_t kMost = 65'535;
  CongestionControl c;
  c.start(of("4.4bsd"), 1460, Seq{1}, false);
  const auto ack = [&](std::uint32_t bytes) {
    c.on_ack(
        of("4.4bsd"),
        {.now = at(1s), .acked = bytes, .limited = false, .rtt = {}, .most = kMost, .una = {}, .nxt = {}});
    return c.cwnd();
  };
  EXPECT_EQ(ack(1), 2920u);
  EXPECT_EQ(ack(5840), 4380u);
  c.on_loss(of("4.4bsd"), c.cwnd());  // 4380 / 2 is one segment; two are the least
  EXPECT_EQ(c.ssthresh(), 2920u);
  c.set_cwnd(2920);
  EXPECT_EQ(ack(1460), 4380u);  // at the threshold it is slow start yet
  EXPECT_EQ(ack(1460), 4380u + 1460u * 1460u / 4380u);
  c.set_cwnd(kMost - 10);
  EXPECT_EQ(ack(1460), kMost);
}

TEST(Loss, CubicKeepsSevenTenths) {
  CongestionControl c;
  c.start(of("linux"), 1, Seq{1}, false);
  c.set_cwnd(100);
  c.on_loss(of("linux"), 100);
  EXPECT_EQ(c.ssthresh(), 70u);
  c.set_cwnd(2);
  c.on_loss(of("linux"), 2);
  EXPECT_EQ(c.ssthresh(), 2u);
}

TEST(Loss, ATimeoutLeavesOneSegmentAndUndoGivesTheWindowBack) {
  CongestionControl c;
  c.start(of("linux"), 1, Seq{1}, false);
  c.set_cwnd(50);
  c.on_loss(of("linux"), 50);
  c.on_timeout();
  EXPECT_EQ(c.cwnd(), 1u);
  c.undo();
  EXPECT_EQ(c.cwnd(), 50u);
  EXPECT_EQ(c.ssthresh(), CongestionControl::kInfinite);
}

// RFC 9438 section 4.2: concave up to the old window, which it reaches after K = cbrt((Wmax - cwnd) / C),
// then convex.
TEST(Cubic, ReachesTheOldWindowAfterK) {
  CongestionControl c;
  const CongestionProfile& os = of("linux");
  c.start(os, 1, Seq{1}, false);
  c.set_cwnd(1000);
  c.on_loss(os, 1000);
  c.set_cwnd(c.ssthresh());
  ASSERT_EQ(c.cwnd(), 700u);
  const double k = std::cbrt((1000.0 - 700.0) / 0.4);  // 9.09 s
  constexpr Duration kRtt = 100ms;
  TimePoint now = at(100s);
  std::uint32_t half = 0;
  const int rounds = static_cast<int>(std::lround(k / 0.1));
  for (int i = 0; i < rounds; ++i) {
    round_trips(c, os, 1, kRtt, now, 1);
    if (i == rounds / 2) half = c.cwnd();
  }
  EXPECT_NEAR(half, 700 + 300 * 7 / 8, 12);  // at K/2 an eighth is missing
  EXPECT_NEAR(c.cwnd(), 1000, 8);
  const std::uint32_t before = c.cwnd();
  round_trips(c, os, rounds / 2, kRtt, now, 1);
  EXPECT_NEAR(c.cwnd() - before, 300.0 / 8, 15);  // and as much is gained in the next K/2
}

// Fast convergence (section 4.7): a second loss below the old window aims lower: 0.85 of it.
TEST(Cubic, ASecondLossBelowTheOldWindowAimsLower) {
  CongestionControl c;
  const CongestionProfile& os = of("linux");
  c.start(os, 1, Seq{1}, false);
  c.set_cwnd(1000);
  c.on_loss(os, 1000);
  c.set_cwnd(800);
  c.on_loss(os, 800);
  c.set_cwnd(c.ssthresh());
  ASSERT_EQ(c.cwnd(), 560u);
  TimePoint now = at(100s);
  const double k = std::cbrt((680.0 - 560.0) / 0.4);
  round_trips(c, os, static_cast<int>(std::lround(k / 0.1)), 100ms, now, 1);
  EXPECT_NEAR(c.cwnd(), 680, 8);
}

// Section 4.3: on short paths CUBIC is no slower than Reno with beta 0.7.
TEST(Cubic, IsNoSlowerThanRenoOnShortPaths) {
  CongestionControl c;
  const CongestionProfile& os = of("linux");
  c.start(os, 1, Seq{1}, false);
  c.set_cwnd(20);
  c.on_loss(os, 20);
  c.set_cwnd(c.ssthresh());
  const std::uint32_t before = c.cwnd();
  TimePoint now = at(1s);
  round_trips(c, os, 20, 1ms, now, 1);
  EXPECT_GE(c.cwnd(), before + 8);
}

TEST(Cubic, LongRunsAndHugeWindowsOverflowNothing) {
  CongestionControl c;
  const CongestionProfile& os = of("freebsd");
  c.start(os, 65'000, Seq{1}, false);
  c.set_cwnd(0x7fff'0000);
  c.on_loss(os, 0x7fff'0000);
  c.set_cwnd(c.ssthresh());
  TimePoint now = at(1s);
  for (int i = 0; i < 2000; ++i) {
    now += 1h;
    c.on_ack(os, {.now = now, .acked = 65'000 * 16, .limited = true, .rtt = 1s, .una = Seq{}, .nxt = Seq{}});
    ASSERT_LE(c.cwnd(), CongestionControl::kInfinite);
    ASSERT_GE(c.cwnd(), 65'000u);
  }
}

// net/ipv4/tcp_cubic.c hystart_update: round trips that grow clearly end slow start, from 16 segments on.
TEST(Hystart, LongerRoundTripsEndSlowStart) {
  CongestionControl c;
  const CongestionProfile& os = of("linux");
  c.start(os, 1, Seq{1}, false);
  TimePoint now = at(1s);
  Seq una{0};
  for (int round = 0; round < 4; ++round) {
    now += 40ms;
    const Duration rtt = round < 2 ? 40ms : 60ms;
    const Seq nxt = una + 1000;
    for (int i = 0; i < 12; ++i) {
      now += 3ms;
      c.on_ack(os, {.now = now, .acked = 1, .limited = true, .rtt = rtt, .una = una + 1, .nxt = nxt});
    }
    una = nxt;
  }
  EXPECT_LT(c.ssthresh(), CongestionControl::kInfinite);
  EXPECT_GE(c.ssthresh(), 16u);
}

TEST(Idle, EachProfileRestartsInItsWay) {
  const auto restarted = [](std::string_view os, std::uint32_t mss, Duration idle) {
    CongestionControl c;
    c.start(of(os), mss, Seq{1}, false);
    c.set_cwnd(80 * mss);
    c.on_idle(of(os), idle, 200ms);
    return c.cwnd() / mss;
  };
  EXPECT_EQ(restarted("4.4bsd", 1448, 199ms), 80u);
  EXPECT_EQ(restarted("4.4bsd", 1448, 200ms), 1u);  // netinet/tcp_output.c
  EXPECT_EQ(restarted("rfc", 1448, 200ms), 10u);    // RFC 5681 section 4.1
  EXPECT_EQ(restarted("freebsd", 1448, 200ms), 10u);
  EXPECT_EQ(restarted("linux", 1, 200ms), 40u);  // net/ipv4/tcp_output.c tcp_cwnd_restart: half for each RTO
  EXPECT_EQ(restarted("linux", 1, 600ms), 10u);
  EXPECT_EQ(restarted("linux", 1, 24h * 365), 10u);
}

TEST(Idle, ASmallWindowIsNotRaised) {
  CongestionControl c;
  c.start(of("rfc"), 1000, Seq{1}, false);
  c.set_cwnd(3000);
  c.on_idle(of("rfc"), 10s, 1s);
  EXPECT_EQ(c.cwnd(), 3000u);
}

TEST(Quench, LeavesOneSegment) {
  CongestionControl c;
  c.start(of("rfc"), 1000, Seq{1}, false);
  c.quench();
  EXPECT_EQ(c.cwnd(), 1000u);
}

}  // namespace
}  // namespace halfopen
