#include "sim/tcp/gatekeeper.h"

#include <gtest/gtest.h>

#include <vector>

namespace halfopen::test {
namespace {

using namespace std::chrono_literals;
using Ruling = Gatekeeper::Ruling;

constexpr std::uint32_t kWindow = 1000;
const Seq kNext{5000};  // RCV.NXT
const Seq kUna{700};    // SND.UNA; 300 bytes are out

class GatekeeperTest : public ::testing::Test {
 protected:
  Gatekeeper::Guarded here(const char* row, TimePoint now = kTimeZero + 1s) {
    return {.os = *find_profile(row),
            .now = now,
            .state = State::established,
            .rcv_nxt = kNext,
            .acknowledged = kNext,
            .window = kWindow,
            .held_to = std::nullopt,
            .una = kUna,
            .highest = kUna + 300,
            .ack_reach = 2000};
  }
  Segment segment_of(std::uint8_t flags, Seq seq, std::uint32_t length = 0) {
    Segment segment;
    segment.flags = flags;
    segment.seq = seq;
    segment.ack = kUna;
    const std::vector<std::uint8_t> bytes(length, 'x');
    if (length > 0) segment.payload = Payload{pool, bytes};
    return segment;
  }
  Ruling judge(const char* row, const Segment& segment) { return gate.judge(here(row), segment); }
  BlockPool pool;
  Gatekeeper gate;
};

TEST_F(GatekeeperTest, WhatFitsTheWindowPasses) {
  for (const char* row : {"linux-6.18", "freebsd", "4.4bsd", "rfc"}) {
    EXPECT_EQ(judge(row, segment_of(tcp_flag::ack, kNext, 10)), Ruling::pass) << row;
    EXPECT_EQ(judge(row, segment_of(tcp_flag::ack, kNext + kWindow)), Ruling::pass) << row;
    EXPECT_EQ(judge(row, segment_of(tcp_flag::ack, kNext + kWindow + 1)), Ruling::acknowledge) << row;
    EXPECT_EQ(judge(row, segment_of(tcp_flag::ack, kNext - 10, 9)), Ruling::repetition) << row;
  }
}

// net/ipv4/tcp_input.c tcp_sequence, since 6.17: only into an empty queue, but for a FIN.
TEST_F(GatekeeperTest, WhatEndsBeyondTheWindowPassesUnlessSomethingWaitsToBeRead) {
  const Segment crossing = segment_of(tcp_flag::ack, kNext + 10, kWindow);
  Segment fin = segment_of(tcp_flag::ack, kNext, kWindow);
  fin.flags |= tcp_flag::fin;
  for (const char* row : {"linux-6.1", "linux-6.12", "linux-6.18", "linux-7.2", "freebsd"}) {
    Gatekeeper::Guarded guarded = here(row);
    EXPECT_EQ(gate.judge(guarded, crossing), Ruling::pass) << row;
    guarded.unread = true;
    const bool minds = find_profile(row)->check.right_edge.value == RightEdge::passes_if_empty;
    EXPECT_EQ(gate.judge(guarded, crossing), minds ? Ruling::repetition : Ruling::pass) << row;
    EXPECT_EQ(gate.judge(guarded, fin), Ruling::pass) << row;
  }
  EXPECT_EQ(find_profile("linux-6.12")->check.right_edge.value, RightEdge::passes);
  EXPECT_EQ(find_profile("linux-7.2")->check.right_edge.value, RightEdge::passes_if_empty);
}

// RFC 5961 section 3: exactly RCV.NXT ends it, what is in the window is asked. RFC 793: all that is.
TEST_F(GatekeeperTest, AResetCountsAsTheStackHasIt) {
  const Segment exact = segment_of(tcp_flag::rst, kNext);
  const Segment within = segment_of(tcp_flag::rst, kNext + 10);
  const Segment beyond = segment_of(tcp_flag::rst, kNext + kWindow + 1);
  for (const char* row : {"linux-6.18", "freebsd", "4.4bsd", "rfc"}) {
    EXPECT_EQ(judge(row, exact), Ruling::reset) << row;
    EXPECT_EQ(judge(row, beyond), Ruling::drop) << row;
  }
  EXPECT_EQ(judge("linux-6.18", within), Ruling::challenge);
  EXPECT_EQ(judge("rfc", within), Ruling::challenge);
  EXPECT_EQ(judge("4.4bsd", within), Ruling::reset);
}

// net/ipv4/tcp_input.c tcp_validate_incoming: the end of what is held counts, too, if SACK told of it.
TEST_F(GatekeeperTest, LinuxTakesAResetBehindWhatItHolds) {
  Gatekeeper::Guarded guarded = here("linux-6.18");
  guarded.held_to = kNext + 500;
  EXPECT_EQ(gate.judge(guarded, segment_of(tcp_flag::rst, kNext + 500)), Ruling::reset);
}

// tcp_reset_check: the peer's reset for its own FIN's number.
TEST_F(GatekeeperTest, LinuxTakesAResetForTheFinThatItCounted) {
  Gatekeeper::Guarded guarded = here("linux-6.18");
  const Segment reset = segment_of(tcp_flag::rst, kNext - 1);
  EXPECT_EQ(gate.judge(guarded, reset), Ruling::drop);
  guarded.state = State::close_wait;
  EXPECT_EQ(gate.judge(guarded, reset), Ruling::reset);
}

// RFC 5961 section 4 against RFC 793.
TEST_F(GatekeeperTest, ASynInTheWindowIsChallengedOrEndsIt) {
  const Segment syn = segment_of(tcp_flag::syn, kNext + 5);
  EXPECT_EQ(judge("linux-6.18", syn), Ruling::challenge);
  EXPECT_EQ(judge("rfc", syn), Ruling::challenge);
  EXPECT_EQ(judge("4.4bsd", syn), Ruling::refuse);
}

TEST_F(GatekeeperTest, AnOldTimestampIsRefusedForDaysOnly) {
  gate.start_timestamps(TsVal{1000}, kTimeZero + 1s);
  Segment old = segment_of(tcp_flag::ack, kNext, 10);
  old.options.add_timestamps({.value = TsVal{999}, .echo = TsVal{1}});
  Gatekeeper::Guarded guarded = here("linux-6.18");
  EXPECT_EQ(gate.judge(guarded, old), Ruling::pass);  // timestamps were not agreed
  guarded.timestamps = true;
  EXPECT_EQ(gate.judge(guarded, old), Ruling::repetition);
  guarded.now = kTimeZero + std::chrono::hours{24 * 25};
  EXPECT_EQ(gate.judge(guarded, old), Ruling::pass);
}

TEST_F(GatekeeperTest, ATimestampCountsIfItsSegmentCoversTheLastAck) {
  gate.start_timestamps(TsVal{1000}, kTimeZero);
  Segment next = segment_of(tcp_flag::ack, kNext + 1, 10);
  next.options.add_timestamps({.value = TsVal{1005}, .echo = TsVal{1}});
  EXPECT_FALSE(gate.take_timestamp(next, kNext, kTimeZero + 1s));
  EXPECT_EQ(gate.recent(), TsVal{1000});
  next.seq = kNext;
  EXPECT_TRUE(gate.take_timestamp(next, kNext, kTimeZero + 1s));
  EXPECT_FALSE(gate.take_timestamp(next, kNext, kTimeZero + 2s));  // the same again
  EXPECT_EQ(gate.recent(), TsVal{1005});
}

TEST_F(GatekeeperTest, AnAckIsNeitherTooNewNorTooOld) {
  const Gatekeeper::Guarded guarded = here("linux-6.18");
  EXPECT_EQ(Gatekeeper::judge_ack(guarded, kUna + 300), Ruling::pass);
  EXPECT_EQ(Gatekeeper::judge_ack(guarded, kUna + 301), Ruling::challenge);
  EXPECT_EQ(Gatekeeper::judge_ack(guarded, kUna - 2000), Ruling::pass);
  EXPECT_EQ(Gatekeeper::judge_ack(guarded, kUna - 2001), Ruling::challenge);
  Gatekeeper::Guarded opening = guarded;
  opening.state = State::syn_received;
  EXPECT_EQ(Gatekeeper::judge_ack(opening, kUna), Ruling::bad_ack);
  EXPECT_EQ(Gatekeeper::judge_ack(opening, kUna + 1), Ruling::pass);
}

// net/ipv4/tcp_input.c tcp_send_challenge_ack: one time of the last answer for both kinds, 500 ms.
TEST_F(GatekeeperTest, OnLinuxAnswersAndChallengesShareOneLimit) {
  const CheckProfile& check = find_profile("linux-6.18")->check;
  EXPECT_TRUE(gate.may_answer(check, kTimeZero + 1s));
  EXPECT_FALSE(gate.may_challenge(check, kTimeZero + 1400ms));
  EXPECT_TRUE(gate.may_challenge(check, kTimeZero + 1500ms));
  EXPECT_FALSE(gate.may_answer(check, kTimeZero + 1900ms));
}

// RFC 5961 section 7: ten in five seconds.
TEST_F(GatekeeperTest, ChallengesAreLimited) {
  const CheckProfile& check = find_profile("rfc")->check;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(gate.may_challenge(check, kTimeZero + 1s));
  EXPECT_FALSE(gate.may_challenge(check, kTimeZero + 5900ms));
  EXPECT_TRUE(gate.may_challenge(check, kTimeZero + 6s));
}

}  // namespace
}  // namespace halfopen::test
