#include "sim/tcp/rack.h"

#include <gtest/gtest.h>

namespace halfopen::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kMss = 1000;
constexpr Duration kRtt = 100ms;
const Seq kFirst{1};

Seq seq(std::uint32_t segment) { return kFirst + segment * kMss; }
TimePoint at(Duration since) { return kTimeZero + since; }

// So many segments that left a millisecond after one another, from 1 ms on.
class RackTest : public ::testing::Test {
 protected:
  void send(std::uint32_t segments) {
    for (std::uint32_t i = 0; i < segments; ++i) {
      const TimePoint now = at((board.size() + 1) * 1ms);
      board.append({.sent = now, .first_sent = now, .start = seq(board.size()), .length = kMss});
      board.note_sent(board.size() - 1, now);
    }
  }
  void sack(std::uint32_t segment, TimePoint now) {
    rack.on_delivered(board[segment], now, kRtt);
    board.mark_sacked(segment);
  }
  void resend(std::uint32_t segment, TimePoint now) {
    board.note_repaired(segment);
    board.note_sent(segment, now);
    rack.on_resent(board[segment]);
  }
  std::optional<Duration> look(TimePoint now, bool repairing = false) {
    return rack.mark_lost(board, {.now = now, .min_rtt = kRtt, .srtt = kRtt, .repairing = repairing});
  }
  Scoreboard board{CwndUnit::segments};
  Rack rack{kFirst};
};

// RFC 8985 section 6.2 step 5: a quarter of the smallest round trip is waited before three are SACKed.
TEST_F(RackTest, WaitsForReorderingWhileLittleIsSacked) {
  send(4);
  sack(3, at(104ms));
  EXPECT_EQ(look(at(104ms)), 24ms);  // the third left 1 ms before the fourth
  EXPECT_EQ(board.lost(), 0u);
  EXPECT_EQ(rack.mark_lost(board, {.now = at(129ms), .min_rtt = kRtt, .srtt = kRtt}, true), 0ms);
  EXPECT_EQ(board.lost(), 3u);
}

TEST_F(RackTest, ThreeSackedSegmentsAreEnough) {
  send(5);
  for (std::uint32_t i = 2; i < 5; ++i) sack(i, at(105ms));
  EXPECT_EQ(look(at(105ms)), 0ms);
  EXPECT_EQ(board.lost(), 2u);
}

TEST_F(RackTest, LooksOnlyWhenSomethingArrived) {
  send(4);
  sack(3, at(104ms));
  EXPECT_TRUE(look(at(104ms)));
  EXPECT_FALSE(look(at(200ms)));
  EXPECT_EQ(board.lost(), 0u);
}

// Of what left at one instant the sequence number decides.
TEST_F(RackTest, OfOneInstantTheSequenceNumberDecides) {
  for (std::uint32_t i = 0; i < 5; ++i) {
    board.append({.sent = at(1ms), .first_sent = at(1ms), .start = seq(i), .length = kMss});
    board.note_sent(i, at(1ms));
  }
  for (const std::uint32_t i : {1u, 2u, 3u}) sack(i, at(101ms));
  EXPECT_EQ(look(at(101ms)), 0ms);
  EXPECT_TRUE(board[0].is(SentSegment::lost));
  EXPECT_FALSE(board[4].is(SentSegment::lost));  // it follows what arrived
}

// A repair that is lost, too, is found by what left after it.
TEST_F(RackTest, FindsALostRepair) {
  send(6);
  for (const std::uint32_t i : {2u, 3u, 4u}) sack(i, at(106ms));
  look(at(106ms));
  ASSERT_EQ(board.lost(), 2u);
  resend(0, at(106ms));
  resend(1, at(107ms));
  sack(1, at(207ms));
  EXPECT_EQ(look(at(207ms), true), 0ms);
  EXPECT_TRUE(board[0].awaits_repair());
  EXPECT_EQ(board.retransmitted(), 0u);
}

// An ACK sooner than any round trip is the original's: it says nothing of when the repair left.
TEST_F(RackTest, AnAnswerThatIsTooSoonIsTheOriginals) {
  send(6);
  for (const std::uint32_t i : {2u, 3u, 4u}) sack(i, at(106ms));
  look(at(106ms));
  resend(0, at(106ms));
  resend(1, at(107ms));
  sack(1, at(110ms));
  EXPECT_FALSE(look(at(110ms), true));
  EXPECT_FALSE(board[0].awaits_repair());
}

// net/ipv4/tcp_input.c tcp_check_sack_reordering: what came late by five segments raises the threshold.
TEST_F(RackTest, TheThresholdAdaptsToReordering) {
  rack.on_reordering(2 * kMss, kMss, 300);
  EXPECT_TRUE(rack.has_seen_reordering());
  EXPECT_EQ(rack.reordering(), 3u);
  rack.on_reordering(5 * kMss - 1, kMss, 300);
  EXPECT_EQ(rack.reordering(), 5u);
  rack.on_reordering(1000 * kMss, kMss, 300);
  EXPECT_EQ(rack.reordering(), 300u);
  rack.forget_reordering(3);
  EXPECT_EQ(rack.reordering(), 3u);
}

// A step of a quarter round trip for each round trip with a D-SACK, no more than a whole one, for 16
// recoveries (RFC 8985 section 6.2 step 4).
TEST_F(RackTest, TheWindowGrowsWithNeedlessRepairs) {
  const auto wait = [this](std::uint32_t rounds, int recoveries) {
    rack = Rack{kFirst};
    board.reset();
    send(4);
    rack.on_needless_repair(seq(0), seq(10));  // reordering was not seen: it says nothing
    if (rounds > 0) rack.on_reordering(kMss, kMss, 300);
    for (std::uint32_t i = 0; i < rounds; ++i) {
      rack.on_needless_repair(seq(i * 10), seq(i * 10 + 10));
      rack.on_needless_repair(seq(i * 10 + 5), seq(i * 10 + 10));  // of the same round trip
    }
    for (int i = 0; i < recoveries; ++i) rack.on_recovered();
    sack(3, at(104ms));
    return look(at(104ms)).value_or(-1ms);
  };
  EXPECT_EQ(wait(0, 0), 24ms);
  EXPECT_EQ(wait(1, 0), 49ms);
  EXPECT_EQ(wait(2, 0), 74ms);
  EXPECT_EQ(wait(9, 0), 99ms);
  EXPECT_EQ(wait(9, 15), 99ms);
  EXPECT_EQ(wait(9, 16), 24ms);
}

// What was looked at once is not looked at again: in a window of 4,000 of which every second is SACKed, one
// after the other, the work is that of what is new. Counted by marking: each is marked once, by its own ACK.
TEST_F(RackTest, WhatIsKnownIsNotMarkedAgain) {
  send(4000);
  for (std::uint32_t i = 1; i < 4000; i += 2) {
    sack(i, at(5s));
    look(at(5s), true);
  }
  EXPECT_EQ(board.lost(), 2000u);
  EXPECT_EQ(board.broken_invariant(kFirst), "");
  board.forgive_all();
  sack(3998, at(5s));
  look(at(5s), true);
  EXPECT_EQ(board.lost(), 0u);  // an undone loss is not found again by old evidence
  rack.look_again(kFirst);
  sack(3996, at(5s));
  look(at(5s), true);
  EXPECT_EQ(board.lost(), 1998u);
}

}  // namespace
}  // namespace halfopen::test
