// Closing: all the ways out, FIN_WAIT_2 and TIME_WAIT, resets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

bool is_freebsd(std::string_view os) { return os == "freebsd-14"; }
// BSD's ACKs are a FIN again as long as it is out (netinet/tcp_output.c: tcp_outflags, TF_SENTFIN).
bool repeats_fin(std::string_view os) { return is_freebsd(os) || os == "4.4bsd"; }

class Close : public ::testing::TestWithParam<const char*> {
 protected:
  Close() : a{GetParam()} { a.ideal().open().run(1s); }
  void close() {
    a.tcp().close(a.now());
    a.pair.after_input(a.pair.a);
  }
  void finish_with(std::uint8_t flags) { a.take(a.segment(flags)); }
  Alone a;
};
INSTANTIATE_TEST_SUITE_P(Profiles, Close, ::testing::ValuesIn(kEvery));

// RFC 9293 section 3.6, figure 12.
TEST_P(Close, TheOneWhoClosesFirstEndsInTimeWait) {
  Pair pair{GetParam(), GetParam()};
  pair.connect();
  pair.a.endpoint->close(pair.now);
  pair.after_input(pair.a);
  pair.run_for(400ms);
  EXPECT_EQ(states_of(pair.a), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2");
  pair.b.endpoint->close(pair.now);
  pair.after_input(pair.b);
  pair.run_for(400ms);
  EXPECT_EQ(states_of(pair.a), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT");
  EXPECT_EQ(states_of(pair.b), "LISTEN SYN_RECEIVED ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED");
  EXPECT_EQ(pair.b.endpoint->peek_error(), Errno::none);
}

// Figure 13: FINs cross.
TEST_P(Close, BothAtOncePassThroughClosing) {
  Pair pair{GetParam(), GetParam()};
  pair.connect();
  (void)pair.ladder();
  for (Pair::Side* side : {&pair.a, &pair.b}) {
    side->endpoint->close(pair.now);
    pair.after_input(*side);
  }
  pair.run_for(400ms);
  EXPECT_EQ(states_of(pair.a), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
  EXPECT_EQ(states_of(pair.b), "LISTEN SYN_RECEIVED ESTABLISHED FIN_WAIT_1 CLOSING TIME_WAIT");
  const std::string fins = "> F. 1:1(0) ack 1\n< F. 1:1(0) ack 1\n";
  const std::string ladder = pair.ladder_without_time();
  if (repeats_fin(GetParam())) {
    EXPECT_THAT(ladder, ::testing::StartsWith(fins + "< F. 1:1(0) ack 2\n> F. 1:1(0) ack 2\n"));
  } else {
    EXPECT_EQ(ladder, fins + "< . 2:2(0) ack 2\n> . 2:2(0) ack 2\n");
  }
}

TEST_P(Close, AFinThatAlsoAcknowledgesOursSkipsFinWait2) {
  close();
  EXPECT_EQ(a.sent(), "> F. 1:1(0) ack 1\n");
  finish_with(tcp_flag::fin | tcp_flag::ack);
  EXPECT_EQ(a.state(), State::time_wait);
  EXPECT_EQ(a.sent(), "> . 2:2(0) ack 2\n");
}

// RFC 9293 section 3.6 case 1 without close(): data still comes in.
TEST_P(Close, AHalfClosedConnectionStillReads) {
  a.tcp().shutdown_write(a.now());
  a.pair.after_input(a.pair.a);
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.state(), State::fin_wait_2);
  a.run(2h);
  a.take(a.segment(tcp_flag::ack, "late"));
  EXPECT_EQ(a.pair.a.received, "late");
  EXPECT_EQ(a.state(), State::fin_wait_2);
  EXPECT_FALSE(a.tcp().can_send());
}

TEST_P(Close, DataQueuedBeforeTheFinGoesFirst) {
  a.take(a.segment(tcp_flag::ack));
  a.write(3000);
  close();
  for (int i = 0; i < 20 && a.tcp().info().snd_una != a.tcp().info().snd_nxt; ++i) {
    Segment s = a.segment(tcp_flag::ack);
    a.run(20ms);
    a.take(s);
  }
  EXPECT_EQ(a.state(), State::fin_wait_2);
  EXPECT_EQ(a.tcp().info().snd_una, a.pair.a.iss + 3002);
}

// The peer missed our ACK of its FIN: each FIN is answered.
TEST_P(Close, AFinAgainIsAnsweredInCloseWait) {
  finish_with(tcp_flag::fin | tcp_flag::ack);
  a.run(1s);
  (void)a.sent();
  a.take(a.segment(tcp_flag::fin | tcp_flag::ack, {}, -1));
  EXPECT_EQ(a.sent().substr(0, 16), "> . 1:1(0) ack 2");
  EXPECT_EQ(a.state(), State::close_wait);
}

TEST_P(Close, AFinAgainIsAnsweredInClosingAndLastAck) {
  Segment fin = a.segment(tcp_flag::fin | tcp_flag::ack);  // does not acknowledge ours
  close();
  a.take(fin);
  EXPECT_EQ(a.state(), State::closing);
  (void)a.sent();
  a.take(fin);
  EXPECT_THAT(a.sent(),
              ::testing::StartsWith(repeats_fin(GetParam()) ? "> F. 1:1(0) ack 2" : "> . 2:2(0) ack 2"));
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.state(), State::time_wait);
}

// --- Resets

TEST_P(Close, AbortResetsAtSndNxt) {
  a.write(10);
  (void)a.sent();
  a.tcp().abort(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.sent(), "> R. 11:11(0) ack 1\n");
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().next_deadline().when, kNever);
}

TEST_P(Close, LingerOfZeroSecondsResets) {
  a.pair.a.options.linger = true;
  a.tcp().set_options(a.now(), a.pair.a.options);
  close();
  EXPECT_EQ(a.sent(), "> R. 1:1(0) ack 1\n");
  EXPECT_EQ(a.last_cause(), Cause::rst_linger);
  EXPECT_EQ(a.state(), State::closed);
}

// RFC 2525 section 2.17, RFC 9293 section 3.6.1; BSD throws the data away and sends a FIN all the same.
TEST_P(Close, UnreadDataMeansResetOrNot) {
  a.pair.a.reads = false;
  a.take(a.segment(tcp_flag::ack, "unread"));
  (void)a.sent();
  close();
  const std::string_view os = GetParam();
  const bool bsd = os == "4.4bsd" || os == "freebsd-14";
  EXPECT_EQ(a.sent(), bsd ? "> F. 1:1(0) ack 7\n" : "> R. 1:1(0) ack 7\n");
  EXPECT_EQ(a.state(), bsd ? State::fin_wait_1 : State::closed);
}

// RFC 1122 section 4.2.2.13: data for a process that is gone.
TEST_P(Close, DataAfterCloseIsReset) {
  close();
  (void)a.sent();
  a.take(a.segment(tcp_flag::ack, "data"));
  EXPECT_EQ(a.sent(), "> R 2:2(0)\n");
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.last().window, 0);
}

TEST_P(Close, AResetTellsTheErrorOfTheState) {
  finish_with(tcp_flag::fin | tcp_flag::ack);
  a.run(1s);
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.state(), State::closed);
  const bool linux_os = std::string_view{GetParam()}.starts_with("linux");
  EXPECT_EQ(a.tcp().take_error(), linux_os ? Errno::pipe : Errno::connreset);
  EXPECT_EQ(a.tcp().take_error(), Errno::none);
}

// --- FIN_WAIT_2 of a closed socket

struct FinWait2 {
  const char* os;
  Duration lasts;  // from the ACK of the FIN; zero: for ever
};
class FinWait2Lasts : public ::testing::TestWithParam<FinWait2> {};
INSTANTIATE_TEST_SUITE_P(Profiles, FinWait2Lasts,
                         ::testing::Values(FinWait2{"linux", 60s}, FinWait2{"4.4bsd", 675s},
                                           FinWait2{"freebsd", 660s}, FinWait2{"rfc", 0s}));

// tcp_fin_timeout; 4.4BSD: after 10 min, then looks again each 75 s until idle for longer than 10 min;
// FreeBSD: after 60 s, then the same.
TEST_P(FinWait2Lasts, AsLongAsTheProfileSays) {
  Alone a{GetParam().os};
  a.ideal().open().run(1s);
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  a.take(a.segment(tcp_flag::ack));
  ASSERT_EQ(a.state(), State::fin_wait_2);
  (void)a.sent();
  if (GetParam().lasts == 0s) {
    a.run(240h);
    EXPECT_EQ(a.state(), State::fin_wait_2);
    return;
  }
  a.run(GetParam().lasts - 1ns);
  EXPECT_EQ(a.state(), State::fin_wait_2);
  a.run(1ns);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.sent(), "");
  EXPECT_EQ(a.tcp().peek_error(), Errno::none);
}

TEST(FinWait2, BeginsToCountWhenAHalfClosedSocketIsClosed) {
  Alone a{"linux"};
  a.ideal().open().run(1s);
  a.tcp().shutdown_write(a.now());
  a.pair.after_input(a.pair.a);
  a.take(a.segment(tcp_flag::ack));
  a.run(10min);
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  a.run(60s - 1ns);
  EXPECT_EQ(a.state(), State::fin_wait_2);
  a.run(1ns);
  EXPECT_EQ(a.state(), State::closed);
}

// --- TIME_WAIT

class TimeWait : public Close {
 protected:
  TimeWait() {
    close();
    fin_ = a.segment(tcp_flag::fin | tcp_flag::ack);
    a.take(fin_);
    EXPECT_EQ(a.state(), State::time_wait);
    (void)a.sent();
  }
  Duration length() const { return a.pair.a.profile.close.time_wait; }
  Segment fin_;
};
INSTANTIATE_TEST_SUITE_P(Profiles, TimeWait, ::testing::ValuesIn(kEvery));

TEST_P(TimeWait, LastsTwoMsl) {
  EXPECT_EQ(length(), std::string_view{GetParam()} == "rfc" ? 240s : 60s);
  a.run(length() - 1ns);
  EXPECT_EQ(a.state(), State::time_wait);
  a.run(1ns);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.sent(), "");
}

// RFC 9293 section 3.10.7.4, eighth step: acknowledge, restart. 4.4BSD has cut the FIN off before it looks.
TEST_P(TimeWait, AFinAgainIsAcknowledgedAndStartsTheTimeAnew) {
  a.run(length() - 1s);
  a.take(fin_);
  EXPECT_EQ(a.sent(), "> . 2:2(0) ack 2\n");
  if (std::string_view{GetParam()} == "4.4bsd") {
    a.run(1s);
    EXPECT_EQ(a.state(), State::closed);
    return;
  }
  a.run(length() - 1ns);
  EXPECT_EQ(a.state(), State::time_wait);
  a.run(1ns);
  EXPECT_EQ(a.state(), State::closed);
}

TEST_P(TimeWait, AnAckThatFitsIsNothing) {
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.sent(), "");
}

// FreeBSD drops it (netinet/tcp_timewait.c tcp_twcheck; RFC 1337).
TEST_P(TimeWait, AResetAtRcvNxtKillsIt) {
  a.take(a.segment(tcp_flag::rst, {}, -1));
  EXPECT_EQ(a.state(), State::time_wait);
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.state(), is_freebsd(GetParam()) ? State::time_wait : State::closed);
}

// RFC 9293 section 3.6.1 and RFC 6191.
TEST_P(TimeWait, ANewerSynReopensIt) {
  Segment syn = a.syn({.timestamps = false}, tcp_flag::syn);
  syn.seq = a.tcp().info().rcv_nxt + 1;
  EXPECT_EQ(a.take(syn), Endpoint::Verdict::reopen);
  EXPECT_EQ(a.state(), State::closed);
}

TEST_P(TimeWait, AnOldSynIsAnsweredAndDoesNotReopenIt) {
  Segment syn = a.syn({.timestamps = false}, tcp_flag::syn);
  syn.seq = a.tcp().info().rcv_nxt - 100;
  EXPECT_EQ(a.take(syn), Endpoint::Verdict::done);
  EXPECT_EQ(a.state(), State::time_wait);
  EXPECT_EQ(a.sent(), is_freebsd(GetParam()) ? "" : "> . 2:2(0) ack 2\n");
}

TEST_P(TimeWait, TimestampsDecideWhereTheyAreKnown) {
  Segment newer = a.with_time(a.syn({.timestamps = false}, tcp_flag::syn), 900'000);
  newer.seq = a.tcp().info().rcv_nxt - 100;
  Segment older = a.with_time(a.syn({.timestamps = false}, tcp_flag::syn), 1);
  older.seq = a.tcp().info().rcv_nxt + 100;
  if (is_freebsd(GetParam())) {  // netinet/tcp_timewait.c tcp_twcheck: the sequence number alone decides
    EXPECT_EQ(a.take(newer), Endpoint::Verdict::done);
    EXPECT_EQ(a.take(older), Endpoint::Verdict::reopen);
    return;
  }
  EXPECT_EQ(a.take(older), Endpoint::Verdict::done);
  EXPECT_EQ(a.take(newer), Endpoint::Verdict::reopen);
}

TEST(TimeWaitReuse, TheNextIssLiesBeyondTheOldSequenceNumbers) {
  Alone a{"linux"};
  a.ideal().open();
  EXPECT_EQ(a.tcp().reuse_iss(), a.tcp().info().snd_nxt + 65537);
}

// The wheel: TIME_WAIT of 60 s takes up to 62.05 s at HZ=250.
TEST(TimeWaitWheel, LinuxsLastsUpToAGranuleLonger) {
  Alone a{"linux"};
  a.open().run(1s);
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  a.take(a.segment(tcp_flag::fin | tcp_flag::ack));
  const TimePoint start = a.now();
  a.run_out();
  EXPECT_GT(a.now() - start, 60s);
  EXPECT_LE(a.now() - start, 62'056ms);
}

// Measured on 6.18: a program that gives up while its line is being retransmitted closes without a word.
TEST(Close, TheFinWaitsForTheCongestionWindowOrNot) {
  for (const auto& [os, waits] : {std::pair{"linux-6.1", false}, std::pair{"linux-6.18", true},
                                  std::pair{"freebsd-14", false}, std::pair{"4.4bsd", false}}) {
    Alone a{os};
    a.open().write(10).run(5s);  // retransmitted: the window is one segment, and that is on its way
    (void)a.sent();
    a.tcp().close(a.now());
    a.pair.after_input(a.pair.a);
    EXPECT_EQ(a.sent(), waits ? "" : "> F. 11:11(0) ack 1\n") << os;
    a.take(a.ack_of(10));
    EXPECT_EQ(a.sent(), waits ? "> F. 11:11(0) ack 1\n" : "") << os;
  }
}

}  // namespace
}  // namespace halfopen::testing
