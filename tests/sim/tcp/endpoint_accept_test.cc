// Which segments are accepted, and what the others get for an answer: RFC 9293 section 3.10.7.4, RFC 5961.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

class Accept : public ::testing::TestWithParam<const char*> {
 protected:
  Accept() : a{GetParam()} {}
  // As open(), but the peer's sequence numbers begin at `irs`.
  void open(std::uint32_t irs = 1'000'000) {
    a.pair.b.iss = Seq{irs};
    a.ideal().open().run(1s);
    (void)a.sent();
  }
  std::uint32_t window() { return a.tcp().info().rcv_wnd; }
  Alone a;
};
INSTANTIATE_TEST_SUITE_P(Profiles, Accept, ::testing::ValuesIn(kEvery));

// The four cases of the table, slid across the wrap of the sequence space: what is not acceptable is answered
// with an ACK and changes nothing.
TEST_P(Accept, TheTableHoldsAcrossTheWrap) {
  for (int slide = -10; slide <= 10; slide += 2) {
    Alone b{GetParam()};
    b.pair.b.iss = Seq{static_cast<std::uint32_t>(-slide - 1)};
    b.ideal().open().run(1s);
    const int wnd = static_cast<int>(b.tcp().info().rcv_wnd);
    struct Case {
      int ahead;
      std::size_t length;
      bool acceptable;
    };
    // From the far edge inwards, so that accepted data does not move RCV.NXT before the end.
    const Case cases[] = {
        {wnd + 1, 0, false}, {wnd + 1, 1, false}, {-1, 0, false}, {-5, 4, false},
        {-1000, 5, false},   {wnd - 1, 0, true},  {0, 0, true},   {-5, 6, true},
    };
    for (const Case& c : cases) {
      b.run(600ms);
      (void)b.sent();
      const Seq before = b.tcp().info().rcv_nxt;
      b.take(b.segment(tcp_flag::ack, std::string(c.length, 'd'), c.ahead));
      const std::string answer = b.sent();
      const bool moved = b.tcp().info().rcv_nxt != before;
      EXPECT_EQ(moved, c.acceptable && c.length > 0) << c.ahead << " " << c.length << " slide " << slide;
      if (!c.acceptable) {
        EXPECT_EQ(answer.substr(0, 16), "> . 1:1(0) ack 1")
            << c.ahead << " " << c.length << " slide " << slide;
      } else if (c.length == 0) {
        EXPECT_EQ(answer, "") << c.ahead << " slide " << slide;
      }
    }
  }
}

// With a closed window only a segment without length at RCV.NXT is acceptable; data is answered.
TEST_P(Accept, AClosedWindowTakesNothingButAnswers) {
  a.pair.a.options.receive_buffer = 4096;
  open();
  a.pair.a.reads = false;
  for (int i = 0; i < 64 && window() > 0; ++i) {
    a.take(a.segment(tcp_flag::ack, std::string(std::min<std::size_t>(window(), 512), 'd')));
    a.run(300ms);
  }
  ASSERT_EQ(window(), 0u);
  (void)a.sent();
  const Seq edge = a.tcp().info().rcv_nxt;
  a.take(a.segment(tcp_flag::ack, "x"));
  EXPECT_EQ(a.last().ack, edge);
  EXPECT_EQ(a.last().window, 0);
  EXPECT_NE(a.sent(), "");
  a.run(600ms);
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.sent(), "");
  EXPECT_EQ(a.tcp().info().rcv_nxt, edge);
}

// --- RST

TEST_P(Accept, AResetAtRcvNxtEndsTheConnection) {
  open();
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::connreset);
  EXPECT_EQ(a.sent(), "");
}

// RFC 5961 section 3.2: elsewhere in the window a challenge ACK; 4.4BSD is older and takes it.
TEST_P(Accept, AResetElsewhereInTheWindowIsChallengedOrTaken) {
  open();
  a.take(a.segment(tcp_flag::rst, {}, 1));
  if (GetParam() == std::string_view{"4.4bsd"}) {
    EXPECT_EQ(a.state(), State::closed);
    EXPECT_EQ(a.sent(), "");
  } else {
    EXPECT_EQ(a.state(), State::established);
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n");
    EXPECT_EQ(a.last_cause(), Cause::challenge_ack);
  }
}

TEST_P(Accept, AResetOutsideTheWindowIsNothing) {
  open();
  a.take(a.segment(tcp_flag::rst, {}, -1));
  a.take(a.segment(tcp_flag::rst, {}, static_cast<int>(window()) + 1));
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.sent(), "");
}

// FreeBSD compares with the last ACK it sent, 4.4BSD and the RFCs with what they received.
TEST_P(Accept, AResetWhileAnAckIsOwed) {
  open();
  const std::string_view os = GetParam();
  a.pair.a.reads = false;
  for (int i = 0; i < 40; ++i) {  // Linux is through with its quick ACKs then
    a.take(a.segment(tcp_flag::ack, "data"));
    a.run(1ms);
  }
  (void)a.sent();
  if (a.tcp().next_deadline().why != Timer::delayed_ack) a.take(a.segment(tcp_flag::ack, "data"));
  ASSERT_EQ(a.tcp().next_deadline().why, Timer::delayed_ack);
  (void)a.sent();
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.state() == State::closed, os != "freebsd-14") << os;
}

TEST(AcceptReset, BsdIgnoresOneBeforeRcvNxtEvenIfItsAckIsOwed) {
  Alone a{"4.4bsd"};
  a.open().take(a.segment(tcp_flag::ack, "data"));
  a.take(a.segment(tcp_flag::rst, {}, -2));
  EXPECT_EQ(a.state(), State::established);
}

// net/ipv4/tcp_input.c tcp_validate_incoming: the right edge of the highest SACK block counts as exact, too.
TEST(AcceptReset, LinuxTakesOneAtTheEndOfWhatItSacked) {
  Alone a{"linux"};
  a.open().take(a.segment(tcp_flag::ack, "beyond", 100));
  a.take(a.segment(tcp_flag::rst, {}, 106));
  EXPECT_EQ(a.state(), State::closed);
}

// After the peer's FIN a reset that does not count it is still the peer's (tcp_reset_check).
TEST(AcceptReset, LinuxTakesOneThatDoesNotCountTheFin) {
  Alone a{"linux"};
  a.open().take(a.segment(tcp_flag::fin | tcp_flag::ack));
  a.run(100ms);
  a.take(a.segment(tcp_flag::rst, {}, -1));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::pipe);
}

// --- SYN in a synchronized state

// RFC 5961 section 4.2; RFC 793 before it: reset.
TEST_P(Accept, ASynInTheWindowIsChallengedOrEndsIt) {
  open();
  Segment syn = a.syn({}, tcp_flag::syn);
  syn.seq = a.tcp().info().rcv_nxt + 100;
  a.take(syn);
  if (GetParam() == std::string_view{"4.4bsd"}) {
    EXPECT_EQ(a.state(), State::closed);
    EXPECT_EQ(a.tcp().peek_error(), Errno::connreset);
    // The SYN has no ACK to answer at: RFC 9293 section 3.5.2 group 1.
    EXPECT_EQ(a.last().flags, tcp_flag::rst | tcp_flag::ack);
    EXPECT_EQ(a.last().seq, Seq{0});
    EXPECT_EQ(a.last().ack, syn.seq + 1);
  } else {
    EXPECT_EQ(a.state(), State::established);
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n");
  }
}

// A rebooted peer connects with the old ports; its SYN is anywhere. The answer makes it send the reset that
// ends it.
TEST_P(Accept, ASynOutsideTheWindowIsAnsweredWithAnAck) {
  open();
  Segment syn = a.syn({}, tcp_flag::syn);
  syn.seq = a.tcp().info().rcv_nxt + 0x4000'0000;
  a.take(syn);
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n");
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.tcp().peek_error(), Errno::connreset);
}

// --- ACK

TEST_P(Accept, AnAckOfWhatWasNeverSentChangesNothing) {
  open();
  Segment s = a.segment(tcp_flag::ack, "data");
  s.ack += 1;
  a.take(s);
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.pair.a.received, "");
}

// RFC 9293 section 3.10.7.4: it is answered. (Linux in ESTABLISHED says nothing.)
TEST(AcceptAck, AnAckOfWhatWasNeverSentIsAnswered) {
  for (const char* os : {"4.4bsd", "freebsd-14", "rfc"}) {
    Alone a{os};
    a.open();
    Segment s = a.segment(tcp_flag::ack);
    s.ack += 1;
    a.take(s);
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n") << os;
  }
}

// RFC 5961 section 5.2: SND.UNA - MAX.SND.WND is the oldest acceptable one.
TEST(AcceptAck, AVeryOldAckIsChallenged) {
  for (const char* os : {"linux", "rfc"}) {
    Alone a{os};
    a.ideal().open().run(1s);
    (void)a.sent();
    Segment s = a.segment(tcp_flag::ack, "data");
    const std::uint32_t max_wnd = a.tcp().info().snd_wnd;
    s.ack = a.tcp().info().snd_una - (max_wnd + 1);
    a.take(s);
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n") << os;
    EXPECT_EQ(a.pair.a.received, "") << os;
  }
}

TEST_P(Accept, ASegmentWithoutAckIsDropped) {
  open();
  a.take(a.segment(tcp_flag::psh, "data"));
  EXPECT_EQ(a.pair.a.received, "");
  EXPECT_EQ(a.sent(), "");
}

// --- Limits

// Linux: one in 500 ms (measured); FreeBSD: five in a second; RFC 5961 section 7: ten in five seconds.
TEST(ChallengeAck, IsLimitedByCountAndTime) {
  struct Limit {
    const char* os;
    std::size_t count;
    Duration interval;
  };
  for (const Limit& limit : {Limit{"linux", 1, 500ms}, Limit{"freebsd", 5, 1s}, Limit{"rfc", 10, 5s}}) {
    Alone a{limit.os};
    a.ideal().open();
    const TimePoint start = a.now();
    const std::size_t before = a.pair.rungs.size();
    for (int i = 0; i < 20; ++i) a.take(a.segment(tcp_flag::rst, {}, 1));
    EXPECT_EQ(a.pair.rungs.size() - before, limit.count) << limit.os;
    a.run(start + limit.interval - 1ns - a.now());
    a.take(a.segment(tcp_flag::rst, {}, 1));
    EXPECT_EQ(a.pair.rungs.size() - before, limit.count) << limit.os;
    a.run(1ns);
    a.take(a.segment(tcp_flag::rst, {}, 1));
    EXPECT_EQ(a.pair.rungs.size() - before, limit.count + 1) << limit.os;
  }
}

// net/ipv4/tcp_input.c tcp_oow_rate_limited: of segments without data one in 500 ms is answered, with data
// each.
TEST(OutOfWindow, LinuxAnswersBareSegmentsOnceInAWhile) {
  Alone a{"linux"};
  a.ideal().open();
  const std::size_t before = a.pair.rungs.size();
  for (int i = 0; i < 3; ++i) a.take(a.segment(tcp_flag::ack, {}, -100));
  EXPECT_EQ(a.pair.rungs.size() - before, 1u);
  for (int i = 0; i < 3; ++i) a.take(a.segment(tcp_flag::ack, "old", -100));
  EXPECT_EQ(a.pair.rungs.size() - before, 4u);
  a.run(500ms);
  a.take(a.segment(tcp_flag::ack, {}, -100));
  EXPECT_EQ(a.pair.rungs.size() - before, 5u);
}

// --- PAWS: RFC 7323 section 5

TEST_P(Accept, AnOlderTimestampIsAnsweredAndDroppedEvenInSequence) {
  open();
  a.take(a.with_time(a.segment(tcp_flag::ack, "new"), 6000));
  a.run(300ms);
  (void)a.sent();
  a.take(a.with_time(a.segment(tcp_flag::ack, "old"), 5999));
  EXPECT_EQ(a.pair.a.received, "new");
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 4\n");
}

TEST_P(Accept, AResetIsExemptFromPaws) {
  open();
  a.take(a.with_time(a.segment(tcp_flag::rst), 1));
  EXPECT_EQ(a.state(), State::closed);
}

// Section 5.5: after 24 days without a segment TS.Recent says nothing.
TEST_P(Accept, ATimestampOf24DaysAgoIsNoMeasure) {
  open();
  a.os().keepalive.always.value = false;
  a.tcp().set_options(a.now(), a.pair.a.options);
  a.run(25 * 24h);
  a.take(a.with_time(a.segment(tcp_flag::ack, "late"), 1));
  EXPECT_EQ(a.pair.a.received, "late");
}

// Section 4.3: TS.Recent is taken only from a segment that covers the last ACK sent, and never goes back.
TEST_P(Accept, TsRecentComesFromTheSegmentAtTheLastAckSent) {
  open();
  a.take(a.with_time(a.segment(tcp_flag::ack, "beyond", 10), 7000));
  EXPECT_NE(a.last().options.timestamps().echo, TsVal{7000});
  a.take(a.with_time(a.segment(tcp_flag::ack, "0123456789"), 6500));
  a.run(300ms);
  EXPECT_EQ(a.last().options.timestamps().echo, TsVal{6500});
}

}  // namespace
}  // namespace halfopen::testing
