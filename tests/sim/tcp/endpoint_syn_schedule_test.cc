// SYNs and SYN-ACKs that nobody answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

std::string syns_of(Alone& a) {
  a.pair.start_connect();
  a.run_out();
  return a.sent_at(kTimeZero);
}

std::string syn_acks_of(Alone& a) {
  a.pair.a.endpoint = std::make_unique<Endpoint>(
      a.pair.a.env, EndpointBirth{.addresses = a.pair.a.addresses, .iss = a.pair.a.iss}, a.pair.a.options);
  a.tcp().open_passively(a.now(), Arrival{.segment = a.syn({}, tcp_flag::syn)});
  a.pair.after_input(a.pair.a);
  a.run_out();
  return a.sent_at(kTimeZero);
}

// Since 6.5 four timeouts that do not double come first (tcp_syn_linear_timeouts).
TEST(Syn, Linux618RepeatsTenTimesAndGivesUpAfter131Seconds) {
  Alone a{"linux-6.18"};
  EXPECT_EQ(syns_of(a.ideal()), "0.000 1.000 2.000 3.000 4.000 5.000 7.000 11.000 19.000 35.000 67.000");
  EXPECT_EQ(a.now(), at(131s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

TEST(Syn, Linux61DoublesFromTheFirst) {
  Alone a{"linux-6.1"};
  EXPECT_EQ(syns_of(a.ideal()), "0.000 1.000 3.000 7.000 15.000 31.000 63.000");
  EXPECT_EQ(a.now(), at(127s));
}

// Measured at HZ=250: 0 1.00 2.02 3.04 4.06 5.08 7.10 11.13 19.32 35.45 67.97, ETIMEDOUT at 133.5 s.
TEST(Syn, LinuxsWheelDelaysThemAsMeasured) {
  constexpr Duration kMeasured[] = {0ms,    1000ms,  2020ms,  3040ms,  4060ms,  5080ms,
                                    7100ms, 11130ms, 19320ms, 35450ms, 67970ms, 133'500ms};
  std::array<TimePoint, std::size(kMeasured)> first{}, last{};
  first.fill(kNever);
  for (int step = 0; step < 1000; ++step) {
    Alone a{"linux-6.18"};
    const Duration start = step * 4'100us;
    a.run(start);
    syns_of(a);
    ASSERT_EQ(a.pair.rungs.size(), std::size(kMeasured) - 1);
    for (std::size_t i = 0; i < std::size(kMeasured); ++i) {
      const TimePoint when = (i < a.pair.rungs.size() ? a.pair.rungs[i].at : a.now()) - start;
      first[i] = std::min(first[i], when);
      last[i] = std::max(last[i], when);
    }
  }
  for (std::size_t i = 0; i < std::size(kMeasured); ++i) {
    EXPECT_TRUE(first[i] <= at(kMeasured[i] + 25ms)) << i;
    EXPECT_TRUE(last[i] >= at(kMeasured[i] - 50ms)) << i;
  }
}

// The budget of syn_retries doublings also holds for the linear ones (tcp_timer.c tcp_write_timeout).
TEST(Syn, LinuxWithOneRetryGivesUpAfterThreeSeconds) {
  Alone a{"linux-6.18"};
  a.os().retransmit.syn_retries.value = 1;
  EXPECT_EQ(syns_of(a.ideal()), "0.000 1.000 2.000");
  EXPECT_EQ(a.now(), at(3s));
}

TEST(Syn, LinuxsUserTimeoutEndsTheAttempt) {
  Alone a{"linux-6.18"};
  a.pair.a.options.user_timeout = 2500ms;
  EXPECT_EQ(syns_of(a.ideal()), "0.000 1.000 2.000");
  EXPECT_EQ(a.now(), at(3s));
}

// netinet/tcp_timer.h: the first RTO is 12 ticks, the next 48; the 75 s connect timer ends it.
TEST(Syn, BsdSendsThreeAndGivesUpAfter75Seconds) {
  Alone a{"4.4bsd"};
  EXPECT_EQ(syns_of(a), "0.000 6.000 30.000");
  EXPECT_EQ(a.now(), at(75s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

TEST(Syn, FreebsdDoublesAndAddsSlopUntilKeepinitEndsIt) {
  Alone a{"freebsd"};
  EXPECT_EQ(syns_of(a), "0.000 1.000 3.200 7.400 15.600 31.800 64.000");
  EXPECT_EQ(a.now(), at(75s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

// RFC 9293 section 3.8.3: at least three minutes for a SYN.
TEST(Syn, ThePlainRfcsTryForThreeMinutesOrMore) {
  Alone a{"rfc"};
  EXPECT_EQ(syns_of(a), "0.000 1.000 3.000 7.000 15.000 31.000 63.000 123.000");
  EXPECT_GE(a.now(), at(180s));
  EXPECT_EQ(a.tcp().peek_error(), Errno::timedout);
}

TEST(Syn, ThePlainRfcsUserTimeoutEndsTheAttempt) {
  Alone a{"rfc"};
  a.pair.a.options.user_timeout = 10s;
  EXPECT_EQ(syns_of(a), "0.000 1.000 3.000 7.000");
  EXPECT_EQ(a.now(), at(10s));
}

// Each repetition has a new TSval and the same sequence number.
TEST(Syn, ARepetitionCarriesTheTimeOfItsSending) {
  Alone a{"linux"};
  a.ideal().pair.start_connect();
  const Segment first = a.last();
  a.run(1s);
  EXPECT_EQ(a.last().seq, first.seq);
  EXPECT_EQ(distance(first.options.timestamps().value, a.last().options.timestamps().value), 1000u);
}

// net/ipv4/inet_connection_sock.c reqsk_timer_handler: dropped without a word at 63 s.
TEST(SynAck, LinuxRepeatsFiveTimesAndForgetsSilently) {
  Alone a{"linux"};
  EXPECT_EQ(syn_acks_of(a.ideal()), "0.000 1.000 3.000 7.000 15.000 31.000");
  EXPECT_EQ(a.now(), at(63s));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.last().flags, tcp_flag::syn | tcp_flag::ack);
}

// net.inet.tcp.syncache.rexmtlimit.
TEST(SynAck, FreebsdRepeatsThreeTimes) {
  Alone a{"freebsd"};
  syn_acks_of(a);
  EXPECT_EQ(a.pair.rungs.size(), 4u);
  EXPECT_EQ(a.last().flags, tcp_flag::syn | tcp_flag::ack);
}

// RFC 6298 section 5.7: without a sample from the handshake, data starts with three seconds.
TEST(Syn, ARepeatedSynWithoutTimestampsLeavesTheFallbackTimeout) {
  for (const char* os : {"linux", "rfc"}) {
    Alone a{os};
    a.ideal().pair.start_connect();
    a.run(1'500ms);
    Segment s = a.syn({.timestamps = false}, tcp_flag::syn | tcp_flag::ack);
    s.ack = a.pair.a.iss + 1;
    a.take(s);
    EXPECT_EQ(a.tcp().info().rto, 3s) << os;
    EXPECT_EQ(a.tcp().info().srtt, 0s) << os;
  }
}

}  // namespace
}  // namespace halfopen::testing
