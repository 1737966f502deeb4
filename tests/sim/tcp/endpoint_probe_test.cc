// Zero-window probes and keepalive.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

// Data waits behind a closed window from second 1 on.
void close_window(Alone& a, std::size_t waiting = 1000) {
  a.open().run(at(1s) - a.now());
  Segment s = a.segment(tcp_flag::ack);
  s.window = 0;
  a.take(s);
  a.write(waiting);
  EXPECT_EQ(a.sent(), "");
}

// --- Zero window: RFC 9293 section 3.8.6.1

// net/ipv4/tcp_timer.c tcp_probe_timer; measured with retries2 = 5: .227 .695 1.623 3.447 7.096, abort
// at 14.5 s.
TEST(Persist, LinuxProbesBelowTheWindowAndDoublesUntilRetries2AreUnanswered) {
  Alone a{"linux"};
  a.os().retransmit.retries.value = 5;
  a.ideal();
  close_window(a);
  a.run_out();
  EXPECT_EQ(a.sent_at(at(1s)), "0.220 0.660 1.540 3.300 6.820");
  EXPECT_EQ(a.last().seq, a.pair.a.iss);
  EXPECT_EQ(a.last().payload.size(), 0u);
  EXPECT_EQ(a.now(), at(1s + 13'860ms));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

// An answer keeps the connection and the backoff, which ends after retries2 doublings (net/ipv4/tcp_output.c
// tcp_send_probe0): with retries2 = 3 Linux 6.18 probes every 1.92 s
// (pcaps/host-crash-zero-window.live.pcapng).
TEST(Persist, LinuxGoesOnAsLongAsProbesAreAnswered) {
  Alone a{"linux"};
  a.os().retransmit.retries.value = 5;
  a.ideal();
  close_window(a);
  std::size_t seen = a.pair.rungs.size();
  for (int i = 0; i < 40; ++i) {
    a.run(a.tcp().next_deadline().when - a.now());
    ASSERT_EQ(a.pair.rungs.size(), ++seen);
    Segment s = a.segment(tcp_flag::ack);
    s.window = 0;
    a.take(s);
  }
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.tcp().next_deadline().when - a.now(), 32 * 220ms);
}

// netinet/tcp_output.c tcp_setpersist: 5, 5, 5, 8, 16, 32, 60 s, one byte beyond the window; the first tick
// is partial.
TEST(Persist, BsdProbesWithOneByteEveryFiveToSixtySeconds) {
  Alone a{"4.4bsd"};
  close_window(a);
  a.run(300s);
  EXPECT_EQ(a.sent_at(at(1s)), "5.000 10.000 15.000 23.000 39.000 71.000 131.000 191.000 251.000");
  EXPECT_EQ(a.sent().substr(0, 17), "> . 1:2(1) ack 1\n");
}

// It gives up only at the end of the table and after long silence: here REXMTVAL / 2 * 511 ticks or more.
TEST(Persist, BsdGivesUpLateAndWithAReset) {
  Alone a{"4.4bsd"};
  close_window(a);
  a.run_out(5h);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
  EXPECT_GE(a.now(), at(251s + 5 * 60s));
  EXPECT_LE(a.now(), at(2h + 2min));
  EXPECT_EQ(a.last().flags, tcp_flag::rst | tcp_flag::ack);
}

TEST(Persist, TheRfcsProbeWithOneByteAndStayWhileAnswered) {
  Alone a{"rfc"};
  close_window(a);
  a.run(1s);
  EXPECT_EQ(a.sent(), "> . 1:2(1) ack 1\n");
  for (int i = 0; i < 100; ++i) {
    a.run(a.tcp().next_deadline().when - a.now());
    Segment s = a.ack_of(0);
    s.window = 0;
    a.take(s);
  }
  EXPECT_EQ(a.state(), State::established);
  const TimePoint answered = a.now();
  a.run_out();  // RFC 9293 section 3.8.3: R2 of silence
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
  EXPECT_GE(a.now() - answered, 100s);
  EXPECT_LE(a.now() - answered, 180s);
}

// The window update was lost: the probe's answer shows the open window, and what waited goes out.
TEST(Persist, AnAnswerWithAnOpenWindowLetsTheDataGo) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    close_window(a);
    a.run(a.tcp().next_deadline().when - a.now());
    const bool byte = a.last().payload.size() == 1;
    (void)a.sent();
    Segment s = a.ack_of(byte ? 1 : 0);  // the peer keeps the byte: there is room now
    a.take(s);
    EXPECT_EQ(a.sent(), byte ? "> P. 2:1001(999) ack 1\n" : "> P. 1:1001(1000) ack 1\n") << os;
    EXPECT_NE(a.tcp().next_deadline().why, Timer::persist) << os;
    a.take(a.segment(tcp_flag::ack));
    EXPECT_EQ(a.tcp().info().snd_una, a.pair.a.iss + 1001) << os;
  }
}

// A window too small for a segment opens nothing at once, but not for ever: RFC 9293 section 3.8.6.2.1 (the
// override timeout); net/ipv4/tcp_output.c tcp_write_wakeup; netinet/tcp_output.c t_force.
TEST(Persist, ASmallWindowIsUsedWhenTheTimerRunsOut) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    close_window(a, 5000);
    a.run(100ms);
    Segment s = a.segment(tcp_flag::ack);
    s.window = 1;  // 128 bytes with the scale of 7
    a.take(s);
    EXPECT_EQ(a.sent(), "") << os;
    a.run(a.tcp().next_deadline().when - a.now());
    EXPECT_EQ(a.last().payload.size(), 128u) << os;
    EXPECT_EQ(a.tcp().info().snd_nxt, a.pair.a.iss + 129) << os;
    EXPECT_EQ(a.last().has(tcp_flag::psh), std::string_view{os} == "linux");
  }
}

// The user's limit counts from the first probe, answered or not (icsk_probes_tstamp).
TEST(Persist, LinuxsUserTimeoutEndsItEvenIfProbesAreAnswered) {
  Alone a{"linux"};
  a.pair.a.options.user_timeout = 3s;
  a.ideal();
  close_window(a);
  while (a.state() == State::established && a.now() < at(60s)) {
    a.run(a.tcp().next_deadline().when - a.now());
    if (a.state() != State::established) break;
    Segment s = a.segment(tcp_flag::ack);
    s.window = 0;
    a.take(s);
  }
  EXPECT_EQ(a.now(), at(1s + 3'220ms));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

TEST(Persist, AFinWaitsBehindTheDataThatWaits) {
  Alone a{"linux"};
  a.ideal();
  close_window(a);
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.sent(), "");
  a.run(300ms);
  a.take(a.segment(tcp_flag::ack));
  EXPECT_NE(a.sent().find("FP. 1:1001(1000)"), std::string::npos);
}

// --- Keepalive: RFC 9293 section 3.8.4

SocketOptions keeping(std::chrono::seconds idle, std::chrono::seconds interval, std::uint16_t probes) {
  SocketOptions o;
  o.keepalive = true;
  o.keepalive_idle = idle;
  o.keepalive_interval = interval;
  o.keepalive_probes = probes;
  return o;
}

// net/ipv4/tcp_timer.c tcp_keepalive_timer: probes at idle + k * interval, then a reset and ETIMEDOUT.
TEST(Keepalive, LinuxDiesAfterUnansweredProbes) {
  Alone a{"linux"};
  a.pair.a.options = keeping(5s, 3s, 3);
  a.ideal().open(20ms);
  a.run_out();
  EXPECT_EQ(a.sent_at(at(20ms)), "5.000 8.000 11.000 14.000");
  EXPECT_EQ(a.sent(), "> . 0:0(0) ack 1\n> . 0:0(0) ack 1\n> . 0:0(0) ack 1\n> R. 1:1(0) ack 1\n");
  EXPECT_EQ(a.last_cause(), Cause::rst_keepalive);
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

// Measured: 5.06, 8.13, 11.20, reset at 14.27 s; the wheel makes 3 s into 3.072 s.
TEST(Keepalive, LinuxsWheelStretchesIt) {
  Alone a{"linux"};
  a.pair.a.options = keeping(5s, 3s, 3);
  a.open(20ms);
  a.run_out();
  ASSERT_EQ(a.pair.rungs.size(), 6u);
  EXPECT_LE(a.pair.rungs[2].at, at(20ms + 5256ms));
  EXPECT_GE(a.pair.rungs[3].at - a.pair.rungs[2].at, 3s);
  EXPECT_EQ(a.pair.rungs[4].at - a.pair.rungs[3].at, 3072ms);
  EXPECT_EQ(a.pair.rungs[5].at - a.pair.rungs[4].at, 3072ms);
}

TEST(Keepalive, LinuxsDefaultsEndAfter7875Seconds) {
  Alone a{"linux"};
  a.pair.a.options.keepalive = true;
  a.ideal().open(20ms);
  a.run_out();
  EXPECT_EQ(a.now(), at(20ms + 7875s));
  EXPECT_EQ(a.pair.rungs.size(), 2u + 9 + 1);
}

TEST(Keepalive, AnAnswerStartsTheIdleTimeAnew) {
  Alone a{"linux"};
  a.pair.a.options = keeping(5s, 3s, 3);
  a.ideal().open(20ms).run(8s);
  EXPECT_EQ(a.sent(), "> . 0:0(0) ack 1\n> . 0:0(0) ack 1\n");
  a.take(a.segment(tcp_flag::ack));
  const TimePoint answered = a.now();
  a.run(5s - 1ns);
  EXPECT_EQ(a.sent(), "");
  a.run(1ns);
  EXPECT_EQ(a.sent(), "> . 0:0(0) ack 1\n");
  a.run_out();
  EXPECT_EQ(a.now(), answered + 14s);
}

// With data outstanding Linux waits: the retransmissions ask already.
TEST(Keepalive, LinuxAsksNothingWhileDataIsOutstanding) {
  Alone a{"linux"};
  a.pair.a.options = keeping(1s, 1s, 2);
  a.ideal().open(20ms).run(100ms);
  a.write(10).run(30s);
  EXPECT_EQ(a.state(), State::established);
  for (const Pair::Rung& rung : a.pair.rungs) EXPECT_NE(rung.packet.why.cause, Cause::keepalive_probe);
}

TEST(Keepalive, LinuxsUserTimeoutReplacesTheCount) {
  Alone a{"linux"};
  a.pair.a.options = keeping(5s, 3s, 9);
  a.pair.a.options.user_timeout = 9s;
  a.ideal().open(20ms);
  a.run_out();
  EXPECT_EQ(a.now(), at(20ms + 11s));
}

// netinet/tcp_timer.c: idle for two hours and ten minutes. 4.4BSD counts the tick of the last look only
// afterwards, and asks once more (a trace of the original: ka09-2h).
TEST(Keepalive, BsdDiesWhenIdleForTwoHoursAndTenMinutes) {
  for (const char* os : {"4.4bsd", "freebsd"}) {
    const bool asks_on = std::string_view{os} == "4.4bsd";
    Alone a{os};
    a.pair.a.options.keepalive = true;
    a.open(20ms);
    a.run_out();
    EXPECT_EQ(a.pair.rungs.size(), 2u + 8 + (asks_on ? 1 : 0) + 1) << os;
    EXPECT_LE(std::chrono::abs(a.now() - at(asks_on ? 7875s : 7800s)), 1s) << os;
    EXPECT_EQ(a.last_cause(), Cause::rst_keepalive) << os;
    EXPECT_EQ(a.tcp().peek_error(), Errno::timedout) << os;
  }
}

TEST(Keepalive, FreebsdKeepsEveryConnectionAliveAndTheOthersOnlyIfAsked) {
  for (const char* os : {"4.4bsd", "linux", "rfc", "freebsd"}) {
    Alone a{os};
    a.open(20ms).run(7300s);
    const bool always = std::string_view{os} == "freebsd";
    EXPECT_EQ(a.pair.rungs.size(), always ? 4u : 2u) << os;
  }
}

// The probe is old on purpose; with a garbage byte or without, it is answered at once.
TEST(Keepalive, AProbeIsAnsweredAtOnce) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    a.ideal().open().run(1s);
    a.take(a.segment(tcp_flag::ack, {}, -1));
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n") << os;
    EXPECT_EQ(a.last_cause(), Cause::keepalive_reply) << os;
    a.take(a.segment(tcp_flag::ack, "x", -1));
    const bool dsack = a.os().options.dsack;
    EXPECT_EQ(a.sent(), dsack ? "> . 1:1(0) ack 1 sack 0-1\n" : "> . 1:1(0) ack 1\n") << os;
    EXPECT_EQ(a.last_cause(), Cause::keepalive_reply) << os;
  }
}

}  // namespace
}  // namespace halfopen::testing
