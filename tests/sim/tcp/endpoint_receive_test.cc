// Reassembly, SACK and DSACK.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

class Receive : public ::testing::TestWithParam<const char*> {
 protected:
  Receive() : a{GetParam()} { a.ideal().open().run(1s); }
  bool sacks() const { return a.pair.a.profile.options.sack; }
  // Bytes [from, to) of the alphabet, wherever RCV.NXT is.
  void give(int from, int to, std::uint8_t flags = tcp_flag::ack) {
    static constexpr std::string_view kAll = "abcdefghijklmnopqrstuvwxyz";
    const int done = static_cast<int>(distance(a.pair.b.iss + 1, a.tcp().info().rcv_nxt));
    a.take(a.segment(flags, kAll.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from)),
                     from - done));
  }
  Alone a;
};
INSTANTIATE_TEST_SUITE_P(Profiles, Receive, ::testing::ValuesIn(kEvery));

// RFC 9293 section 3.10.7.4, seventh step.
TEST_P(Receive, HolesFillInAnyOrder) {
  give(20, 26);
  give(5, 10);
  give(15, 20);
  EXPECT_EQ(a.pair.a.received, "");
  give(0, 5);
  EXPECT_EQ(a.pair.a.received, "abcdefghij");
  give(10, 15);
  EXPECT_EQ(a.pair.a.received, "abcdefghijklmnopqrstuvwxyz");
}

TEST_P(Receive, OverlapsAndRepetitionsCountOnce) {
  give(4, 9);
  give(7, 12);
  give(2, 6);
  give(2, 14);
  give(0, 3);
  give(0, 20);
  EXPECT_EQ(a.pair.a.received, "abcdefghijklmnopqrst");
}

TEST_P(Receive, ASegmentThatSurroundsSeveralHolesFillsThemAll) {
  give(3, 4);
  give(6, 7);
  give(9, 10);
  give(1, 12);
  give(0, 1);
  EXPECT_EQ(a.pair.a.received, "abcdefghijkl");
}

TEST_P(Receive, AnOutOfOrderSegmentIsAnsweredAtOnceAndSoIsTheOneThatFillsTheHole) {
  (void)a.sent();
  give(5, 10);
  EXPECT_EQ(a.sent(), sacks() ? "> . 1:1(0) ack 1 sack 6-11\n" : "> . 1:1(0) ack 1\n");
  give(0, 5);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 11\n");
}

TEST_P(Receive, AFinBeyondAHoleWaitsForIt) {
  give(3, 6, tcp_flag::ack | tcp_flag::fin);
  EXPECT_EQ(a.state(), State::established);
  give(0, 3);
  EXPECT_EQ(a.pair.a.received, "abcdef");
  EXPECT_EQ(a.state(), State::close_wait);
  EXPECT_EQ(a.tcp().info().rcv_nxt, a.pair.b.iss + 8);
}

TEST_P(Receive, ABareFinBeyondAHoleWaitsForIt) {
  give(3, 3, tcp_flag::ack | tcp_flag::fin);
  give(3, 3, tcp_flag::ack | tcp_flag::fin);
  EXPECT_EQ(a.state(), State::established);
  give(0, 3);
  EXPECT_EQ(a.state(), State::close_wait);
}

TEST_P(Receive, AFinAgainMovesNothing) {
  give(0, 3, tcp_flag::ack | tcp_flag::fin);
  const Seq edge = a.tcp().info().rcv_nxt;
  a.run(1s);
  (void)a.sent();
  give(0, 3, tcp_flag::ack | tcp_flag::fin);
  EXPECT_EQ(a.tcp().info().rcv_nxt, edge);
  EXPECT_EQ(a.sent().substr(0, 16), "> . 1:1(0) ack 5");
}

// After shutdown(SHUT_RD) data is acknowledged and thrown away.
TEST_P(Receive, NothingIsKeptAfterShutdownOfReading) {
  a.tcp().shutdown_read();
  give(0, 5);
  EXPECT_EQ(a.tcp().readable(), 0u);
  EXPECT_EQ(a.tcp().info().rcv_nxt, a.pair.b.iss + 6);
}

// --- SACK: RFC 2018, RFC 2883

class Sack : public Receive {};
INSTANTIATE_TEST_SUITE_P(Profiles, Sack, ::testing::Values("linux-6.1", "linux-6.18", "freebsd-14", "rfc"));

// RFC 2018 section 4: the block that changed last comes first; three fit beside timestamps.
TEST_P(Sack, TheLatestBlockComesFirstAndThreeFitBesideTimestamps) {
  give(2, 4);
  give(8, 10);
  give(14, 16);
  (void)a.sent();
  give(20, 22);
  a.run(2ms);  // Linux compresses it
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1 sack 21-23 sack 15-17 sack 9-11\n");
  give(4, 6);
  a.run(2ms);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1 sack 3-7 sack 21-23 sack 15-17\n");
}

TEST_P(Sack, FourBlocksFitWithoutTimestamps) {
  Alone bare{GetParam()};
  bare.ideal().open(20ms, {.timestamps = false}).run(1s);
  for (const int from : {2, 8, 14, 20, 26}) bare.take(bare.segment(tcp_flag::ack, "xx", from));
  bare.run(2ms);
  EXPECT_EQ(bare.pair.rungs.back().text, "> . 1:1(0) ack 1 sack 27-29 sack 21-23 sack 15-17 sack 9-11");
  EXPECT_EQ(bare.last().options.wire().size(), 36u);
}

TEST_P(Sack, BlocksThatMeetBecomeOne) {
  give(2, 4);
  give(6, 8);
  (void)a.sent();
  give(4, 6);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1 sack 3-9\n");
}

TEST_P(Sack, ADataSegmentCarriesTheBlocksToo) {
  give(2, 4);
  (void)a.sent();
  a.write(5);
  EXPECT_EQ(a.sent(), "> P. 1:6(5) ack 1 sack 3-5\n");
  EXPECT_LE(a.last().options.wire().size() % 4, 0u);
}

// With blocks in the header a full segment shrinks: it may not exceed the path's MTU.
TEST_P(Sack, AFullSegmentLeavesRoomForTheBlocks) {
  give(2, 4);
  a.write(4000);
  for (const Pair::Rung& rung : a.pair.rungs) EXPECT_LE(wire_size(rung.packet), 1500u);
}

TEST_P(Sack, NothingIsSackedOncePeersDidNotAgree) {
  Alone bare{GetParam()};
  bare.ideal().open(20ms, {.sack = false}).run(1s);
  bare.take(bare.segment(tcp_flag::ack, "xx", 5));
  EXPECT_EQ(bare.pair.rungs.back().text, "> . 1:1(0) ack 1");
}

// RFC 2883 section 4.1: a repetition below RCV.NXT comes first, once.
TEST_P(Sack, ARepetitionIsReportedOnce) {
  give(0, 5);
  a.run(1s);
  (void)a.sent();
  give(0, 5);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 6 sack 1-6\n");
  give(10, 12);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 6 sack 11-13\n");
}

TEST_P(Sack, APartlyOldSegmentReportsItsOldPart) {
  give(0, 5);
  a.run(1s);
  (void)a.sent();
  give(3, 8);
  a.run(1s);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 9 sack 4-6\n");
}

// Section 4.1.1: the repetition first, then the block around it.
TEST_P(Sack, ARepetitionBeyondAHoleComesBeforeItsBlock) {
  give(4, 8);
  give(12, 14);
  (void)a.sent();
  give(4, 8);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1 sack 5-9 sack 5-9 sack 13-15\n");
}

TEST_P(Sack, ASegmentReceivedButNotYetAcknowledgedIsReportedWhenItComesAgain) {
  for (int i = 0; i < 40; ++i) a.take(a.segment(tcp_flag::ack, "q"));
  if (a.tcp().next_deadline().why != Timer::delayed_ack) a.take(a.segment(tcp_flag::ack, "q"));
  (void)a.sent();
  a.take(a.segment(tcp_flag::ack, "q", -1));
  EXPECT_NE(a.sent().find("sack"), std::string::npos);
}

}  // namespace
}  // namespace halfopen::testing
