#include "sim/tcp/scoreboard.h"

#include <gtest/gtest.h>

namespace halfopen::test {
namespace {

constexpr std::uint32_t kMss = 1000;
const Seq kFirst{1};

// So many segments of a kMss each, sent a millisecond after one another.
Scoreboard board_of(std::uint32_t segments, CwndUnit unit = CwndUnit::segments) {
  Scoreboard board{unit};
  for (std::uint32_t i = 0; i < segments; ++i) {
    const TimePoint now{std::chrono::milliseconds{i}};
    board.append({.sent = now, .first_sent = now, .start = kFirst + i * kMss, .length = kMss});
    board.note_sent(i, now);
  }
  return board;
}

TEST(Scoreboard, CountsWhatIsInFlight) {
  Scoreboard board = board_of(10);
  EXPECT_EQ(board.in_flight(), 10u);
  board.mark_sacked(3);
  board.mark_lost(0);
  board.mark_lost(1);
  EXPECT_EQ(board.in_flight(), 7u);
  board.note_repaired(0);
  EXPECT_EQ(board.in_flight(), 8u);
  board.mark_sacked(0);  // the repair arrived
  EXPECT_EQ(board.sacked(), 2u);
  EXPECT_EQ(board.lost(), 1u);
  EXPECT_EQ(board.retransmitted(), 0u);
  EXPECT_EQ(board.broken_invariant(kFirst), "");
}

TEST(Scoreboard, CountsBytesWhereTheStackDoes) {
  Scoreboard board = board_of(3, CwndUnit::bytes);
  EXPECT_EQ(board.out(), 3 * kMss);
  board.mark_lost(1);
  EXPECT_EQ(board.in_flight(), 2 * kMss);
  board.cut(1, 400);
  EXPECT_EQ(board.size(), 4u);
  EXPECT_EQ(board.lost(), kMss);
  EXPECT_EQ(board.broken_invariant(kFirst), "");
  EXPECT_EQ(board.trim_front(300), 300u);
  EXPECT_EQ(board.out(), 2 * kMss + 700);
  EXPECT_EQ(board.broken_invariant(kFirst + 300), "");
}

TEST(Scoreboard, TheNextRepairIsTheFirstThatIsLostAndNotSentAgain) {
  Scoreboard board = board_of(5);
  EXPECT_EQ(board.next_repair(), board.size());
  board.mark_lost(3);
  board.mark_lost(1);
  EXPECT_EQ(board.next_repair(), 1u);
  board.note_repaired(1);
  EXPECT_EQ(board.next_repair(), 3u);
  board.note_repaired(3);
  EXPECT_EQ(board.next_repair(), board.size());
  board.mark_lost(1);  // the repair is lost, too
  EXPECT_EQ(board.next_repair(), 1u);
  EXPECT_EQ(board.broken_invariant(kFirst), "");
}

TEST(Scoreboard, TheNextRepairIsFoundAfterWhateverHappensBeforeIt) {
  Scoreboard board = board_of(6);
  board.mark_lost(4);
  EXPECT_EQ(board.next_repair(), 4u);
  board.pop_front();
  EXPECT_EQ(board.next_repair(), 3u);
  board.cut(0, 500);
  EXPECT_EQ(board.next_repair(), 4u);
  board.mark_lost(1);
  board.mark_lost(2);
  EXPECT_EQ(board.next_repair(), 1u);
  board.join(1);
  EXPECT_EQ(board.next_repair(), 1u);
  EXPECT_EQ(board[1].length, 500u + kMss);
  board.forgive_all();
  EXPECT_EQ(board.next_repair(), board.size());
  EXPECT_EQ(board.in_flight(), 5u);
  EXPECT_EQ(board.broken_invariant(kFirst + kMss), "");
}

TEST(Scoreboard, WhatLeftInOneBurstIsRepairedInOne) {
  Scoreboard board{CwndUnit::segments};
  for (std::uint32_t i = 0; i < 6; ++i) {
    const auto flags = static_cast<std::uint8_t>(i % 3 != 0 ? int{SentSegment::joined} : 0);
    board.append({.sent = {}, .first_sent = {}, .start = kFirst + i * kMss, .length = kMss, .flags = flags});
    board.mark_lost(i);
  }
  EXPECT_EQ(board.repair_run(0, 10), 3u);
  EXPECT_EQ(board.repair_run(0, 2), 2u);
  EXPECT_EQ(board.repair_run(4, 10), 2u);
  board.mark_sacked(1);
  EXPECT_EQ(board.repair_run(0, 10), 1u);
  board.part(5);
  EXPECT_EQ(board.repair_run(3, 10), 2u);
}

TEST(Scoreboard, AFinAndAPushStayWithTheEndOfWhatIsCut) {
  Scoreboard board{CwndUnit::segments};
  board.append({.sent = {},
                .first_sent = {},
                .start = kFirst,
                .length = 101,
                .flags = SentSegment::fin | SentSegment::psh});
  board.cut(0, 40);
  EXPECT_FALSE(board[0].is(SentSegment::fin) || board[0].is(SentSegment::psh));
  EXPECT_TRUE(board[1].is(SentSegment::fin) && board[1].is(SentSegment::psh));
  EXPECT_EQ(board[1].payload(), 60u);
  EXPECT_EQ(board.out(), 2u);
}

TEST(Scoreboard, WhatWasNeverSentMayJoinTheLast) {
  for (const CwndUnit unit : {CwndUnit::segments, CwndUnit::bytes}) {
    Scoreboard board = board_of(2, unit);
    board.mark_lost(0);
    board.mark_lost(1);
    const std::uint32_t out = board.out();
    board.extend(300);
    EXPECT_EQ(board.back().length, kMss + 300);
    EXPECT_EQ(board.out(), out + (unit == CwndUnit::bytes ? 300u : 0u));
    EXPECT_EQ(board.in_flight(), 0u);
    board.push(1);
    board.unpush(1);
    EXPECT_FALSE(board[1].is(SentSegment::psh));
    EXPECT_EQ(board.broken_invariant(kFirst), "");
  }
}

TEST(Scoreboard, FindsWhereABlockBegins) {
  const Scoreboard board = board_of(4);
  EXPECT_EQ(board.first_from(kFirst), 0u);
  EXPECT_EQ(board.first_from(kFirst + 1), 1u);
  EXPECT_EQ(board.first_from(kFirst + 3 * kMss), 3u);
  EXPECT_EQ(board.first_from(kFirst + 4 * kMss), 4u);
}

TEST(Scoreboard, TheSynAckOfAnEarlyConnectionCountsForNothing) {
  Scoreboard board{CwndUnit::segments};
  board.append({.sent = {}, .first_sent = {}, .start = kFirst, .length = 1, .flags = SentSegment::syn});
  EXPECT_EQ(board.out(), 1u);
  board.make_front_weightless();
  EXPECT_EQ(board.out(), 0u);
  EXPECT_TRUE(board.has_weightless());
  EXPECT_EQ(board.pop_front(), 0u);
  EXPECT_TRUE(board.empty());
}

}  // namespace
}  // namespace halfopen::test
