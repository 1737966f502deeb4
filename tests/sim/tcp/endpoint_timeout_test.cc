// Retransmission timeouts: when each repetition leaves, and when and how the stack gives up.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

// The story of most: a round trip of 20 ms, an idle connection, 20 bytes written, and nobody answers.
void write_to_the_dead(Alone& a, Duration when = 1s) {
  a.run(at(when) - a.now());
  a.write(20);
  a.run_out();
}

// net/ipv4/tcp_timer.c with timers to the nanosecond: a tail loss probe after one RTO of 220 ms (twice the
// round trip and 200 ms would be later), the first retransmission one RTO after it, then doubling up to 120
// s; the first expiry 924.6 s or more after the first retransmission ends it, without a word to the peer.
TEST(Timeout, LinuxGivesUpByTimeBudgetAndSilently) {
  Alone a{"linux"};
  a.ideal().open();
  write_to_the_dead(a);
  EXPECT_EQ(a.sent_at(at(1s)),
            "0.000 0.220 0.440 0.880 1.760 3.520 7.040 14.080 28.160 56.320 112.640 225.280 345.280 465.280 "
            "585.280 "
            "705.280 825.280");
  EXPECT_EQ(a.now(), at(1s + 945'280ms));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
  EXPECT_EQ(a.last_cause(), Cause::retransmit_timeout);
}

struct Budget {
  std::uint32_t retries;
  Duration gives_up;
};

// tcp_retries2 is a budget: T(n) = (2^(n+1) - 1) * 0.2 s up to n = 9, then 120 s more for each.
TEST(Timeout, LinuxTurnsRetries2IntoABudget) {
  for (const Budget& b : {Budget{5, 14'080ms}, Budget{8, 112'640ms}, Budget{12, 585'280ms}}) {
    Alone a{"linux"};
    a.os().retransmit.retries.value = b.retries;
    a.ideal().open();
    write_to_the_dead(a);
    EXPECT_EQ(a.now(), at(1s + b.gives_up)) << b.retries;
  }
}

TEST(Timeout, NothingEndsOneInstantBeforeTheBudgetAndItEndsAtTheExpiry) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(20).run(945'280ms - 1ns);
  EXPECT_EQ(a.state(), State::established);
  const std::size_t count = a.pair.rungs.size();
  a.run(1ns);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.pair.rungs.size(), count);
}

// The timer wheel at HZ=250 with an RTO of 55 jiffies: every start within a jiffy lands in the ranges that
// were calculated from kernel/time/timer.c and agree with measurements; from 57 s on those ranges are rounded
// to 10 ms.
TEST(Timeout, LinuxsWheelMakesTimersLateByUpToAnEighth) {
  struct Range {
    Duration first, last;
  };
  constexpr Range kRanges[] = {{0ms, 0ms},           {220ms, 224ms},       {444ms, 448ms},
                               {888ms, 920ms},       {1784ms, 1816ms},     {3576ms, 3608ms},
                               {7128ms, 7384ms},     {14296ms, 14552ms},   {28632ms, 28888ms},
                               {57050ms, 59100ms},   {114390ms, 116440ms}, {229080ms, 231130ms},
                               {349910ms, 351960ms}, {470750ms, 472790ms}, {591580ms, 593620ms},
                               {712410ms, 714460ms}, {833240ms, 835290ms}};
  for (int step = 0; step < 600; ++step) {
    Alone a{"linux"};
    a.open();
    const Duration start = 1s + step * 3'777us;
    write_to_the_dead(a, start);
    ASSERT_EQ(a.pair.rungs.size(), std::size(kRanges) + 2);  // SYN and ACK came before
    for (std::size_t i = 0; i < std::size(kRanges); ++i) {
      const Duration gap = a.pair.rungs[i + 2].at - at(start);
      EXPECT_GE(gap, kRanges[i].first - 5ms * (i > 8)) << i << " from " << step;
      EXPECT_LE(gap, kRanges[i].last + 5ms * (i > 8)) << i << " from " << step;
    }
    EXPECT_GE(a.now() - at(start), 954'070ms);
    EXPECT_LE(a.now() - at(start), 956'130ms);
    if (HasFailure()) return;
  }
}

// Two segments out: the probe is the last one, after twice the round trip and 2 ms; then the first is
// repeated.
TEST(Timeout, LinuxProbesWithTheLastSegmentAndRepeatsTheFirst) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(1448 * 2).run(700ms);
  EXPECT_EQ(a.sent_at(at(1s)), "0.000 0.000 0.042 0.262");
  EXPECT_EQ(a.sent(),
            "> . 1:1449(1448) ack 1\n> P. 1449:2897(1448) ack 1\n> P. 1449:2897(1448) ack 1\n> . "
            "1:1449(1448) ack 1\n");
}

// Without SACK there is no probe: RTO, three, seven times RTO.
TEST(Timeout, LinuxWithoutSackHasNoTailLossProbe) {
  Alone a{"linux"};
  a.ideal().open(20ms, {.sack = false}).run(at(1s) - a.now());
  a.write(20).run(4s);
  EXPECT_EQ(a.sent_at(at(1s)), "0.000 0.220 0.660 1.540 3.300");
}

// netinet/tcp_timer.c of 4.4BSD: ticks of 500 ms, an RTO of three of them, the backoff table, and at the
// thirteenth expiry a reset at SND.NXT.
TEST(Timeout, BsdCountsToTwelveInTicksAndResets) {
  Alone a{"4.4bsd"};
  a.open();
  write_to_the_dead(a, 1s);
  EXPECT_EQ(a.sent_at(at(1s)),
            "0.000 1.500 4.500 10.500 22.500 46.500 94.500 158.500 222.500 286.500 350.500 414.500 478.500 "
            "542.500");
  EXPECT_EQ(a.last().flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(a.last().seq, a.pair.a.iss + 21);
  EXPECT_EQ(a.last_cause(), Cause::rst_give_up);
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

// The first gap takes what is left of the tick; all later ones are whole.
TEST(Timeout, BsdsFirstTickIsAPartOfOne) {
  Alone a{"4.4bsd"};
  a.open();
  write_to_the_dead(a, 1300ms);
  EXPECT_EQ(a.sent_at(at(1300ms)).substr(0, 29), "0.000 1.200 4.200 10.200 22.2");
  EXPECT_EQ(a.now(), at(1300ms + 542'200ms));
}

// netinet/tcp_timer.c of FreeBSD: base * backoff + 200 ms; a sample of 20 ms and a tick makes the base 63 ms.
TEST(Timeout, FreebsdAddsItsSlopToEachTimeout) {
  Alone a{"freebsd"};
  a.open();
  write_to_the_dead(a);
  EXPECT_EQ(a.sent_at(at(1s)),
            "0.000 0.263 0.589 1.041 1.745 2.953 5.169 9.401 17.665 33.993 66.449 98.905 131.361 163.817");
  EXPECT_EQ(a.last().flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

// RFC 6298 and RFC 9293 section 3.8.3: a second at least, doubling, a minute at most; R2 is 100 s, looked at
// when the timer runs out.
TEST(Timeout, ThePlainRfcsGiveUpAtTheFirstExpiryAfterR2) {
  Alone a{"rfc"};
  a.open();
  write_to_the_dead(a);
  EXPECT_EQ(a.sent_at(at(1s)), "0.000 1.000 3.000 7.000 15.000 31.000 63.000");
  EXPECT_EQ(a.now(), at(1s + 123s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
  EXPECT_EQ(a.last_cause(), Cause::retransmit_timeout);
}

// Small segments travel together when repeated, with the FIN (net/ipv4/tcp_output.c
// tcp_retrans_try_collapse).
TEST(Timeout, DataAndFinAreRepeatedAsOneSegment) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(20);
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.sent(), "> P. 1:21(20) ack 1\n> F. 21:21(0) ack 1\n");
  a.run(42ms);
  EXPECT_EQ(a.sent(), "> F. 21:21(0) ack 1\n");  // the probe repeats the last
  a.run(220ms);
  EXPECT_EQ(a.sent(), "> FP. 1:21(20) ack 1\n");
}

// --- The user's limit

// TCP_USER_TIMEOUT on Linux counts from the first retransmission and shortens the last wait.
TEST(UserTimeout, LinuxCountsFromTheFirstRetransmission) {
  for (const auto limit : {1000ms, 5000ms}) {
    Alone a{"linux"};
    a.pair.a.options.user_timeout = limit;
    a.ideal().open();
    write_to_the_dead(a);
    EXPECT_EQ(a.now(), at(1s + 440ms + limit));
    EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
  }
}

// Measured: 5000 ms end after 5.468 s with the wheel and an RTO of 224 ms.
TEST(UserTimeout, LinuxsWheelAddsItsShare) {
  Alone a{"linux"};
  a.pair.a.options.user_timeout = 5s;
  a.open(20'560us);
  write_to_the_dead(a);
  EXPECT_GE(a.now(), at(1s + 5452ms));
  EXPECT_LE(a.now(), at(1s + 5500ms));
}

// Commit 97a9063518f1 of Linux: nor does a peer outlast it that takes its window back. Without the commit,
// packets go out tick by tick from then on, for four minutes.
TEST(UserTimeout, LinuxEndsRetransmissionsIntoAWindowThatWasTakenBack) {
  for (const char* os : {"linux-6.1", "linux-6.18"}) {
    Alone a{os};
    a.pair.a.options.user_timeout = 5s;
    a.ideal().open().run(at(1s) - a.now());
    a.write(100);
    Segment closed = a.ack_of(0);
    closed.window = 0;
    a.take(closed);
    a.run_out();
    EXPECT_EQ(a.sent_at(at(1s)), "0.000 0.220 0.440 0.880 1.760 3.520") << os;
    EXPECT_EQ(a.now(), at(1s + 440ms + 5s)) << os;
    EXPECT_EQ(a.tcp().peek_error(), Errno::timedout) << os;
  }
}

// RFC 9293 section 3.8.3: the user's limit counts from the sending.
TEST(UserTimeout, ThePlainRfcsCountFromTheSending) {
  Alone a{"rfc"};
  a.pair.a.options.user_timeout = 10s;
  a.open();
  write_to_the_dead(a);
  EXPECT_EQ(a.now(), at(11s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

TEST(UserTimeout, RunsAgainForWhatAnAckLeavesUnacknowledged) {
  Alone a{"rfc"};
  a.pair.a.options.user_timeout = 10s;
  a.open().run(at(1s) - a.now());
  a.write(100).write(100);
  a.run(1s);
  a.tcp().set_options(a.now(), a.pair.a.options);
  a.take(a.ack_of(50));
  a.run_out();
  EXPECT_EQ(a.now(), at(12s));
}

// --- Orphans

// tcp_orphan_retries 0 acts as 8: T(8) = 102.2 s after the first retransmission; nothing is sent at the end.
TEST(Orphan, LinuxGivesUpAClosedConnectionEarlier) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.state(), State::fin_wait_1);
  a.run_out();
  EXPECT_EQ(a.sent_at(at(1s)), "0.000 0.220 0.440 0.880 1.760 3.520 7.040 14.080 28.160 56.320");
  EXPECT_EQ(a.now(), at(1s + 112'640ms));
  EXPECT_EQ(a.state(), State::closed);
}

TEST(Orphan, BsdCountsToTwelveAsWithAProcess) {
  Alone a{"4.4bsd"};
  a.open().run(at(1s) - a.now());
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  a.run_out();
  EXPECT_EQ(a.now(), at(1s + 542'500ms));
}

// --- Karn

// RFC 6298 section 3 and 5.7: no sample from what was sent twice, and the backed-off timeout stays until
// there is one.
TEST(Karn, ARepetitionsAckGivesNoSampleAndLeavesTheBackoff) {
  Alone a{"rfc"};
  a.open(20ms, {.timestamps = false}).run(at(1s) - a.now());
  const Duration srtt = a.tcp().info().srtt;
  a.write(20).run(3'100ms);  // repeated at 1 s and 3 s
  a.take(a.ack_of(20));
  EXPECT_EQ(a.tcp().info().srtt, srtt);
  EXPECT_EQ(a.tcp().info().rto, 4s);
  a.write(20).run(20ms);
  a.take(a.ack_of(20));
  EXPECT_EQ(a.tcp().info().rto, 1s);
}

// RFC 7323 section 4: the echo tells which sending was answered.
TEST(Karn, TimestampsMakeASampleOfARepetition) {
  Alone a{"rfc"};
  a.open().run(at(1s) - a.now());
  a.write(20).run(3'100ms);
  const std::uint32_t echo = a.last().options.timestamps().value.wire();
  a.take(a.with_time(a.ack_of(20), 9000, echo));
  EXPECT_EQ(a.tcp().info().rto, 1s);
  EXPECT_GT(a.tcp().info().srtt, 20ms);
}

}  // namespace
}  // namespace halfopen::testing
