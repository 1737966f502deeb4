#include "sim/tcp/repair.h"

#include <gtest/gtest.h>

#include <vector>

namespace halfopen::test {
namespace {

using namespace std::chrono_literals;
using Phase = Repair::Phase;

constexpr std::uint32_t kMss = 1000;
constexpr Duration kRtt = 100ms;
const Seq kFirst{1};

Seq seq(std::uint32_t segment) { return kFirst + segment * kMss; }

// A sender with a window of ten, a round trip of 100 ms, and what its part that repairs does; segments are
// numbered from 0.
class RepairTest : public ::testing::Test {
 protected:
  explicit RepairTest(bool sack = true, const char* row = "linux-6.18")
      : os{*find_profile(row)}, sack_{sack} {
    congestion.start(os.congestion, 1, kFirst, false);
    repair.start(os, kFirst);
  }

  Repair::Around around() {
    return {.os = os,
            .board = board,
            .congestion = congestion,
            .now = now,
            .ts_now = TsVal{static_cast<std::uint32_t>((now - kTimeZero) / 1ms)},
            .una = una,
            .nxt = nxt,
            .mss = kMss,
            .min_rtt = kRtt,
            .srtt = kRtt,
            .sack = sack_,
            .may_send_new = may_send_new};
  }
  void send(std::uint32_t segments) {
    for (std::uint32_t i = 0; i < segments; ++i) {
      board.append({.sent = now, .first_sent = now, .start = nxt, .length = kMss});
      board.note_sent(board.size() - 1, now);
      nxt += kMss;
    }
  }
  // Sends again what may be; returns which segments.
  std::vector<std::uint32_t> resend() {
    std::vector<std::uint32_t> sent;
    while (repair.may_send(around())) {
      const std::uint32_t next = board.next_repair();
      board.note_sent(next, now);
      board.note_repaired(next);
      repair.on_repaired(board[next], 1);
      sent.push_back(distance(kFirst, board[next].start) / kMss);
    }
    return sent;
  }
  // An ACK up to segment `upto` (not including it) that SACKs those of `blocks`.
  Repair::Step ack(std::uint32_t upto, const std::vector<std::uint32_t>& blocks = {}, bool original = false) {
    AckResult result;
    const std::optional<Seq> fack = board.sacked_end();
    const Repair::Around before = around();
    result.advanced = seq(upto).after(una);
    while (!board.empty() && board.front().start.before(seq(upto))) {
      if (!board.front().is(SentSegment::sacked)) repair.on_delivered(before, board.front(), fack, result);
      result.acked += board.pop_front();
    }
    una = seq(upto);
    for (const std::uint32_t block : blocks) {
      const std::uint32_t i = board.first_from(seq(block));
      if (board[i].is(SentSegment::sacked)) continue;
      repair.on_delivered(around(), board[i], fack, result);
      board.mark_sacked(i);
      result.sacked = true;
    }
    result.duplicate = !result.advanced && !board.empty();
    result.answers_original = original;
    return repair.on_ack(around(), result, false);
  }
  void repeated(std::uint32_t segment) { repair.on_repeated(around(), {seq(segment), kMss}); }

  OsProfile os;
  Scoreboard board{CwndUnit::segments};
  CongestionControl congestion;
  Repair repair{kFirst};
  TimePoint now = kTimeZero + 1s;
  Seq una = kFirst, nxt = kFirst;
  bool may_send_new = false;

 private:
  bool sack_;
};

class RepairWithoutSack : public RepairTest {
 protected:
  RepairWithoutSack() : RepairTest{false} {}
};

TEST_F(RepairTest, ThreeSacksBeginARecovery) {
  send(10);
  now += kRtt;
  ack(0, {1});
  EXPECT_TRUE(repair.is_open());
  ack(0, {1, 2});
  ack(0, {1, 2, 3});
  EXPECT_EQ(repair.phase(), Phase::recovery);
  EXPECT_EQ(resend(), std::vector<std::uint32_t>{0});
  now += kRtt;
  ack(10);
  EXPECT_TRUE(repair.is_open());
  EXPECT_EQ(congestion.cwnd(), congestion.ssthresh());
}

// A single SACK is waited on for a quarter of the round trip; then the timer begins it.
TEST_F(RepairTest, TheReorderingTimerBeginsARecovery) {
  send(4);
  now += kRtt;
  EXPECT_EQ(ack(0, {3}).reorder_wait, kRtt / 4);
  now += kRtt / 4;
  const Repair::Step step = repair.on_reorder_timer(around());
  EXPECT_EQ(step.reorder_wait, 0ms);
  EXPECT_TRUE(step.reduced);
  EXPECT_EQ(repair.phase(), Phase::recovery);
  EXPECT_EQ(resend().front(), 0u);
}

// RFC 5682: the ACK after a timeout lets new data go, and what that meets tells a late original from a loss.
TEST_F(RepairTest, AfterATimeoutNewDataAsks) {
  send(4);
  now += 300ms;
  repair.on_timeout(around(), 0);
  EXPECT_EQ(resend(), std::vector<std::uint32_t>{0});
  may_send_new = true;
  now += kRtt;
  ack(1);
  congestion.set_cwnd(3);
  EXPECT_FALSE(repair.may_send(around()));
  send(2);
  EXPECT_FALSE(repair.may_send(around()));
  now += kRtt;
  ack(2);  // it had not been sent again: all that was late
  EXPECT_TRUE(repair.is_open());
  EXPECT_EQ(congestion.cwnd(), 10u);
  EXPECT_EQ(board.lost(), 0u);
}

TEST_F(RepairTest, ADuplicateAfterNewDataShowsTheLoss) {
  send(4);
  now += 300ms;
  repair.on_timeout(around(), 0);
  resend();
  may_send_new = true;
  now += kRtt;
  ack(1);
  congestion.set_cwnd(3);
  send(2);
  now += kRtt;
  ack(1, {4});
  EXPECT_EQ(repair.phase(), Phase::loss);
  EXPECT_EQ(resend().front(), 1u);
}

// Without new data there is nothing to ask with: the repair goes on.
TEST_F(RepairTest, WithoutNewDataATimeoutIsBelieved) {
  send(4);
  now += 300ms;
  repair.on_timeout(around(), 0);
  resend();
  now += kRtt;
  ack(1);
  congestion.set_cwnd(3);
  EXPECT_EQ(resend(), (std::vector<std::uint32_t>{1, 2, 3}));
}

// RFC 8985 section 6.3; net/ipv4/tcp_input.c tcp_timeout_mark_lost: what left less than a round trip ago may
// still arrive.
TEST_F(RepairTest, ATimeoutSparesWhatLeftJustNow) {
  send(2);
  now += kRtt;
  ack(1);
  now += 150ms;
  send(1);
  repair.on_timeout(around(), 0);
  EXPECT_EQ(board.lost(), 1u);
  EXPECT_EQ(congestion.cwnd(), 2u);  // the one on the way, and one
}

// RFC 2883 and net/ipv4/tcp_input.c tcp_try_undo_dsack: all that was sent again had arrived.
TEST_F(RepairTest, DsacksForAllRepairsUndoTheReduction) {
  send(10);
  now += kRtt;
  ack(0, {1, 2, 3});
  ASSERT_EQ(resend(), std::vector<std::uint32_t>{0});
  ASSERT_LT(congestion.ssthresh(), 10u);
  now += 10ms;
  ack(4);
  EXPECT_EQ(repair.phase(), Phase::recovery);
  now += kRtt;
  repeated(0);
  ack(4);
  EXPECT_TRUE(repair.is_open());
  EXPECT_EQ(congestion.cwnd(), 10u);
}

// A timestamp older than the repair shows that the original arrived (RFC 3522).
TEST_F(RepairTest, AnAnswerToTheOriginalUndoesTheReduction) {
  send(10);
  now += kRtt;
  ack(0, {1, 2, 3});
  resend();
  now += 10ms;
  ack(10, {}, true);
  EXPECT_TRUE(repair.is_open());
  EXPECT_EQ(congestion.cwnd(), 10u);
}

// The repair of the tail's probe repaired a loss if an ACK moves beyond it without a D-SACK.
TEST_F(RepairTest, OneProbeAtATime) {
  send(1);
  EXPECT_TRUE(repair.begin_probe());
  EXPECT_FALSE(repair.begin_probe());
}

// net/ipv4/tcp_input.c tcp_add_reno_sack: a duplicate ACK lets new data go before anything is sent again.
TEST_F(RepairWithoutSack, DuplicatesAreTakenForArrivals) {
  send(10);
  now += kRtt;
  ack(0);
  EXPECT_EQ(board.in_flight(), 9u);
  ack(0);
  EXPECT_EQ(board.in_flight(), 8u);
  EXPECT_TRUE(repair.is_open());
  ack(0);
  EXPECT_EQ(repair.phase(), Phase::recovery);
  EXPECT_EQ(resend(), std::vector<std::uint32_t>{0});
  EXPECT_EQ(board.broken_invariant(una), "");
}

// RFC 6582 section 4: duplicates of what was recovered would look like a new loss.
TEST_F(RepairWithoutSack, TheRecoveryEndsBeyondWhereItBegan) {
  send(10);
  now += kRtt;
  for (int i = 0; i < 3; ++i) ack(0);
  resend();
  now += kRtt;
  ack(10);
  EXPECT_EQ(repair.phase(), Phase::recovery);
  send(1);
  now += kRtt;
  ack(11);
  EXPECT_TRUE(repair.is_open());
}

TEST_F(RepairWithoutSack, WhatCannotHaveArrivedIsNotSupposed) {
  send(3);
  now += kRtt;
  for (int i = 0; i < 6; ++i) ack(0);
  EXPECT_LE(board.sacked(), 2u);
  EXPECT_EQ(board.broken_invariant(una), "");
}

}  // namespace
}  // namespace halfopen::test
