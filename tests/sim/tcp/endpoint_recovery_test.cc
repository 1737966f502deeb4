// Fast retransmit and recovery, with and without SACK; spurious timeouts; tail loss.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr std::uint32_t kMss = 1460;

// Ten segments of 1460 bytes are out (no timestamps).
Alone& ten_out(Alone& a, bool sack) {
  a.ideal().open(20ms, {.timestamps = false, .sack = sack, .window = 65535}).run(at(1s) - a.now());
  a.take(a.ack_of(0));  // its window is scaled, the SYN's was not: no later ACK changes it
  // 4.4BSD begins with one segment, and its send buffer holds few.
  a.pair.a.options.send_buffer = 200'000;
  a.tcp().set_options(a.now(), a.pair.a.options);
  while (a.tcp().info().cwnd < 10 * kMss && a.os().congestion.unit == CwndUnit::bytes) {
    a.write(kMss * (a.tcp().info().cwnd / kMss)).run(20ms);
    a.take(a.segment(tcp_flag::ack));
  }
  a.write(10 * kMss);
  a.run(20ms);
  a.forget();
  return a;
}

// RFC 5681 section 3.2: the third duplicate ACK, not the second.
TEST(FastRetransmit, TheThirdDuplicateRepeatsTheFirstSegment) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    ten_out(a, false);
    const Seq una = a.tcp().info().snd_una;
    const std::uint32_t flight = distance(una, a.tcp().info().snd_nxt) / kMss;
    const std::uint32_t cwnd = a.tcp().info().cwnd;
    a.take(a.ack_of(0));
    a.take(a.ack_of(0));
    EXPECT_EQ(a.sent().find(") ack"), std::string::npos) << os;
    a.take(a.ack_of(0));
    EXPECT_EQ(a.last().seq, una) << os;
    EXPECT_EQ(a.last().payload.size(), kMss) << os;
    EXPECT_EQ(a.last_cause(), Cause::retransmit_fast) << os;
    const bool cubic = a.os().congestion.algorithm == CongestionAlgorithm::cubic;
    const std::uint32_t one = a.os().congestion.unit == CwndUnit::segments ? 1 : kMss;
    const std::uint32_t ssthresh = cubic ? cwnd / one * 717 / 1024 * one : flight / 2 * kMss;
    EXPECT_EQ(a.tcp().info().ssthresh, ssthresh) << os;
    // Linux lets go what one arrival allows: of ten four are missing or supposed to have arrived, one goes
    // again.
    const bool segments = a.os().congestion.unit == CwndUnit::segments;
    EXPECT_EQ(a.tcp().info().cwnd, segments ? flight - 3 : ssthresh + 3 * one) << os;
  }
}

// A duplicate has no data and does not change the window (RFC 5681 section 2).
TEST(FastRetransmit, WindowUpdatesAndDataAreNoDuplicates) {
  Alone a{"rfc"};
  ten_out(a, false);
  for (int i = 0; i < 4; ++i) {
    Segment s = a.ack_of(0);
    s.window = static_cast<std::uint16_t>(60'000 + i);
    a.take(s);
    a.take([&] {
      Segment d = a.segment(tcp_flag::ack, "data");
      d.ack = a.tcp().info().snd_una;
      d.window = static_cast<std::uint16_t>(60'000 + i);
      return d;
    }());
  }
  EXPECT_EQ(a.tcp().info().total_retransmissions, 0u);
}

// 4.4BSD deflates at the first new ACK, which opens the window like any other, and a second hole waits for
// the timeout. It deflates only if there were more than three duplicates (a trace of the original: b14).
TEST(Recovery, RenoEndsWithTheFirstNewAck) {
  for (const int duplicates : {3, 4}) {
    Alone a{"4.4bsd"};
    ten_out(a, false);
    for (int i = 0; i < duplicates; ++i) a.take(a.ack_of(0));
    const std::uint32_t ssthresh = a.tcp().info().ssthresh;
    const std::uint32_t inflated = a.tcp().info().cwnd;
    a.forget();
    a.take(a.ack_of(2 * kMss));
    const std::uint32_t one = a.tcp().info().mss;
    EXPECT_EQ(a.tcp().info().cwnd, duplicates == 3 ? inflated + one * one / inflated : ssthresh + one);
    EXPECT_EQ(a.tcp().info().total_retransmissions, 1u);
  }
}

// RFC 6582: each partial ACK repeats the next hole, and the end is reached without a timeout.
TEST(Recovery, NewRenoRepeatsOneHolePerPartialAck) {
  for (const char* os : {"rfc", "linux", "freebsd"}) {
    Alone a{os};
    ten_out(a, false);
    const Seq una = a.tcp().info().snd_una;
    const std::uint32_t out = distance(una, a.tcp().info().snd_nxt);
    for (int i = 0; i < 3; ++i) a.take(a.ack_of(0));
    a.take(a.ack_of(3 * kMss));
    EXPECT_EQ(a.last().seq, una + 3 * kMss) << os;
    EXPECT_EQ(a.last_cause(), Cause::retransmit_partial_ack) << os;
    a.take(a.ack_of(2 * kMss));
    EXPECT_EQ(a.last().seq, una + 5 * kMss) << os;
    EXPECT_EQ(a.tcp().info().total_retransmissions, 3u) << os;
    a.take(a.ack_of(out - 5 * kMss));
    EXPECT_LE(a.tcp().info().cwnd, a.tcp().info().ssthresh) << os;
  }
}

// RFC 6675 section 4: three segments above a hole, and every hole at once as far as the pipe allows.
TEST(Recovery, ThreeSackedSegmentsShowTheHole) {
  for (const char* os : {"rfc", "freebsd", "linux"}) {
    Alone a{os};
    ten_out(a, true);
    const Seq una = a.tcp().info().snd_una;
    a.take(a.sack_of(0, {{kMss, 2 * kMss}}));
    a.take(a.sack_of(0, {{kMss, 3 * kMss}}));
    EXPECT_EQ(a.tcp().info().total_retransmissions, 0u) << os;
    a.take(a.sack_of(0, {{kMss, 4 * kMss}}));
    EXPECT_EQ(a.tcp().info().total_retransmissions, 1u) << os;
    EXPECT_EQ(a.pair.rungs.back().packet.segment()->seq, una) << os;
    a.take(a.ack_of(distance(una, a.tcp().info().snd_nxt)));
    EXPECT_EQ(a.tcp().info().total_retransmissions, 1u) << os;
  }
}

TEST(Recovery, TwoHolesAreBothRepaired) {
  for (const char* os : {"rfc", "freebsd", "linux"}) {
    Alone a{os};
    ten_out(a, true);
    const Seq una = a.tcp().info().snd_una;
    const auto tail = distance(una, a.tcp().info().snd_nxt);
    a.take(a.sack_of(0, {{kMss, 4 * kMss}}));
    a.take(a.sack_of(0, {{5 * kMss, 10 * kMss}, {kMss, 4 * kMss}}));
    a.run(20ms);
    a.take(a.sack_of(4 * kMss, {{5 * kMss, 10 * kMss}}));
    bool second = false;
    for (const Pair::Rung& rung : a.pair.rungs) {
      const bool repeats = rung.packet.why.retransmission > 0 && rung.packet.segment()->seq == una + 4 * kMss;
      second = second || repeats;
    }
    EXPECT_TRUE(second) << os;
    a.run(20ms);
    a.take(a.ack_of(tail - 4 * kMss));
    EXPECT_EQ(a.tcp().info().unacked_segments, 0u) << os;
    EXPECT_EQ(a.tcp().info().total_retransmissions, 2u) << os;
  }
}

// RFC 8985 section 6.2: one SACKed segment starts a wait of a quarter of the shortest round trip.
TEST(Rack, WaitsForReorderingBeforeItRepeats) {
  Alone a{"linux"};
  ten_out(a, true);
  a.take(a.sack_of(0, {{kMss, 2 * kMss}}));
  EXPECT_EQ(a.tcp().next_deadline().why, Timer::reorder);
  EXPECT_EQ(a.tcp().info().total_retransmissions, 0u);
  a.run(5ms);
  EXPECT_EQ(a.tcp().info().total_retransmissions, 0u);
  a.run(2ms);
  EXPECT_EQ(a.tcp().info().total_retransmissions, 1u);
}

TEST(Rack, ALateSegmentWithinTheWaitRepeatsNothing) {
  Alone a{"linux"};
  ten_out(a, true);
  a.take(a.sack_of(0, {{kMss, 2 * kMss}}));
  a.run(3ms);
  a.take(a.ack_of(2 * kMss));
  a.run(10ms);
  EXPECT_EQ(a.tcp().info().total_retransmissions, 0u);
}

// --- Timeouts

// RFC 5681 section 3.1: one segment; a second timeout of the same data does not halve again.
TEST(LossState, ATimeoutLeavesOneSegmentAndHalvesOnce) {
  Alone a{"rfc"};
  ten_out(a, true);
  const std::uint32_t flight = distance(a.tcp().info().snd_una, a.tcp().info().snd_nxt);
  a.run(a.tcp().next_deadline().when - a.now());
  EXPECT_EQ(a.tcp().info().cwnd, kMss);
  EXPECT_EQ(a.tcp().info().ssthresh, flight / 2 / kMss * kMss);
  const std::uint32_t ssthresh = a.tcp().info().ssthresh;
  a.run(a.tcp().next_deadline().when - a.now());
  EXPECT_EQ(a.tcp().info().ssthresh, ssthresh);
  EXPECT_EQ(a.tcp().info().total_retransmissions, 2u);
}

TEST(LossState, SlowStartRepairsTheRest) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    ten_out(a, false);
    const Seq end = a.tcp().info().snd_nxt;
    a.run(a.tcp().next_deadline().when - a.now());
    for (int i = 0; i < 40 && a.tcp().info().snd_una != end; ++i) {
      a.run(20ms);
      Segment s = a.ack_of(0);
      s.ack = later(a.tcp().info().snd_una, a.last().end());
      a.take(s);
    }
    EXPECT_EQ(a.tcp().info().snd_una, end) << os;
    EXPECT_EQ(a.tcp().info().retransmits, 0u) << os;
  }
}

// RFC 5682 section 3.1: an ACK of what was never repeated shows that the timeout was for nothing.
TEST(Frto, LinuxUndoesASpuriousTimeout) {
  Alone a{"linux"};
  ten_out(a, true);
  const std::uint32_t cwnd = a.tcp().info().cwnd;
  while (a.tcp().info().retransmits == 0) a.run(a.tcp().next_deadline().when - a.now());
  EXPECT_EQ(a.tcp().info().cwnd, 1u);
  const auto repeated = a.tcp().info().total_retransmissions;
  a.run(5ms);
  a.take(a.ack_of(3 * kMss));  // the originals arrive after all
  EXPECT_GE(a.tcp().info().cwnd, cwnd);
  EXPECT_EQ(a.tcp().info().ssthresh, CongestionControl::kInfinite);
  a.run(20ms);
  EXPECT_EQ(a.tcp().info().total_retransmissions, repeated);
}

// The first segment was lost and so was the second: new data that arrives behind the hole proves nothing.
TEST(Frto, NewDataBehindTheHoleIsNoProofOfASpuriousTimeout) {
  Alone a{"linux"};
  ten_out(a, true);
  while (a.tcp().info().retransmits == 0) a.run(a.tcp().next_deadline().when - a.now());
  a.write(4 * kMss);
  a.run(20ms);
  const auto out = distance(a.tcp().info().snd_una, a.tcp().info().snd_nxt);
  a.take(a.ack_of(kMss));  // the repetition arrived: now new data asks the question
  const auto more = distance(a.tcp().info().snd_una, a.tcp().info().snd_nxt);
  ASSERT_GT(more + kMss, out);
  a.run(20ms);
  a.take(a.sack_of(0, {{out - kMss, more}}));
  EXPECT_NE(a.tcp().info().ssthresh, CongestionControl::kInfinite);
  EXPECT_EQ(a.last_cause() == Cause::retransmit_partial_ack || a.last().seq == a.tcp().info().snd_una, true);
  EXPECT_LT(a.tcp().info().cwnd, 10u);
}

// RFC 3522: the echo is older than the repetition, so the original was answered.
TEST(Eifel, LinuxUndoesAFastRetransmitThatTheEchoBelies) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(10 * 1448).run(20ms);
  const std::uint32_t echo = a.last().options.timestamps().value.wire();
  for (std::uint32_t i = 2; i <= 4; ++i) a.take(a.sack_of(0, {{1448, i * 1448}}));
  EXPECT_EQ(a.tcp().info().total_retransmissions, 1u);
  a.run(1ms);
  a.take(a.with_time(a.ack_of(4 * 1448), 6000, echo));
  EXPECT_EQ(a.tcp().info().ssthresh, CongestionControl::kInfinite);
  EXPECT_GE(a.tcp().info().cwnd, 10u);
}

// --- Tail loss probe: RFC 8985 section 7

TEST(TailLoss, SendsNewDataIfThereIsSome) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.pair.a.options.send_buffer = 200'000;
  a.tcp().set_options(a.now(), a.pair.a.options);
  a.write(14 * 1448);
  EXPECT_EQ(a.tcp().info().unacked_segments, 10u);
  a.run(42ms);
  EXPECT_EQ(a.tcp().info().unacked_segments, 11u);
  EXPECT_EQ(a.last_cause(), Cause::tail_loss_probe);
}

// Nagle does not hold it back (tcp_send_loss_probe: TCP_NAGLE_OFF).
TEST(TailLoss, NewDataThatNagleHoldsGoesWithTheProbe) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(100).write(50);
  EXPECT_EQ(a.sent(), "> P. 1:101(100) ack 1\n");
  a.run(220ms);
  EXPECT_EQ(a.sent(), "> P. 101:151(50) ack 1\n");
  EXPECT_EQ(a.last_cause(), Cause::tail_loss_probe);
}

// The probe's ACK alone costs nothing; the next one, without a DSACK before it, means that it repaired a
// loss.
TEST(TailLoss, TheWindowPaysOnlyIfTheProbeRepairedALoss) {
  for (const bool dsack : {true, false}) {
    Alone a{"linux"};
    a.ideal().open().run(at(1s) - a.now());
    a.write(100).run(220ms);
    ASSERT_EQ(a.last_cause(), Cause::tail_loss_probe);
    a.run(20ms);
    a.take(a.ack_of(100));
    EXPECT_EQ(a.tcp().info().ssthresh, CongestionControl::kInfinite);
    if (dsack) {
      Segment s = a.ack_of(0);
      const std::array<SeqSpan, 1> block{SeqSpan{a.tcp().info().snd_una - 100, 100}};
      s.options.add_sack(block);
      a.take(s);
    }
    a.write(100).run(20ms);
    a.take(a.ack_of(100));
    EXPECT_EQ(a.tcp().info().ssthresh == CongestionControl::kInfinite, dsack);
  }
}

}  // namespace
}  // namespace halfopen::testing
