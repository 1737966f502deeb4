// Accurate ECN (RFC 9768): what is counted, what is told, and what is made of what the peer tells.
#include "sim/tcp/acc_ecn.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

using ip_ecn::ce, ip_ecn::ect0, ip_ecn::ect1;

// RFC 9768 section 3.1, table 2: what a SYN-ACK says of the mark on the SYN, as AE, CWR and ECE.
TEST(AccEcnHandshake, TheFieldNamesTheMark) {
  EXPECT_EQ(ace_for_mark(0), 0b010);
  EXPECT_EQ(ace_for_mark(ect1), 0b011);
  EXPECT_EQ(ace_for_mark(ect0), 0b100);
  EXPECT_EQ(ace_for_mark(ce), 0b110);
  for (const std::uint8_t mark : {std::uint8_t{0}, ect1, ect0, ce})
    EXPECT_EQ(mark_behind_ace(ace_for_mark(mark)), mark);
}

// Section 3.1.2: any combination but none, and the one of RFC 3168.
TEST(AccEcnHandshake, ASynAsksByAnythingButNothingAndTheClassicFlags) {
  for (std::uint8_t ace = 0; ace < 8; ++ace) {
    Segment syn;
    set_ace(syn, ace);
    EXPECT_EQ(ace_of(syn), ace);
    EXPECT_EQ(asks_for_acc_ecn(syn), ace != 0 && ace != 3) << int{ace};
  }
}

// Beside timestamps (28 bytes are left) and SACK blocks of 8 bytes each after 4 of head. The counters are in
// the order ECT(1), CE, ECT(0); net/ipv4/tcp_output.c tcp_options_fit_accecn.
TEST(AccEcnFitting, SackBlocksGiveWayButNoFewerThanTwoStay) {
  const auto fit = [](int least, std::size_t blocks) {
    const std::size_t sack = blocks > 0 ? 4 + 8 * blocks : 0;
    return fit_acc_ecn(least, 28 - sack, blocks, blocks > 0 ? 2 : 0);
  };
  EXPECT_EQ(fit(0, 0).fields, 3);
  EXPECT_EQ(fit(0, 0).size, 12u);
  EXPECT_EQ(fit(0, 1).fields, 3);
  EXPECT_EQ(fit(1, 2).fields, 2);
  EXPECT_EQ(fit(1, 2).size, 8u);
  EXPECT_EQ(fit(2, 3).fields, 2);
  EXPECT_EQ(fit(2, 3).blocks, 2u);
  EXPECT_EQ(fit(3, 3).fields, -1);
  EXPECT_EQ(fit(3, 3).blocks, 3u);
  EXPECT_EQ(fit(0, 3).fields, 0);  // in the padding of the blocks
  EXPECT_EQ(fit(0, 3).size, 0u);
}

TEST(AccEcnFitting, PaddingIsFilledWhereItIsLongEnough) {
  EXPECT_EQ(fit_acc_ecn(0, 4, 0, 1).fields, 1);  // five bytes, one of them in the place of a NOP
  EXPECT_EQ(fit_acc_ecn(0, 4, 0, 0).fields, 0);
  EXPECT_EQ(fit_acc_ecn(0, 8, 0, 0).fields, 2);
  EXPECT_EQ(fit_acc_ecn(0, 3, 0, 1).fields, -1);
}

class AccEcnTest : public ::testing::Test {
 protected:
  AccEcnOption told(std::initializer_list<std::uint32_t> counters, bool ect1_first = false) {
    AccEcnOption option{
        .ect1_first = ect1_first, .count = static_cast<std::uint8_t>(counters.size()), .counters = {}};
    std::copy(counters.begin(), counters.end(), option.counters.begin());
    return option;
  }
  // An ACK of `packets` of 1000 bytes each with this ACE.
  std::uint32_t acked(std::uint32_t packets, std::uint8_t ace, const AccEcnOption* option = nullptr) {
    const std::uint32_t marked = acc.take_ack(ace, option,
                                              {.packets = packets,
                                               .bytes = 1000 * packets,
                                               .mss = 1000,
                                               .ce_before = marked_so_far,
                                               .steady = true});
    marked_so_far += marked;
    return marked;
  }
  AccEcn acc{0};
  std::uint32_t marked_so_far = 0;
};

TEST_F(AccEcnTest, TheFieldCountsFromFiveAndWraps) {
  EXPECT_EQ(acc.ace(), 5);
  acc.take_packet(ce, 0);
  EXPECT_EQ(acc.ace(), 6);
  acc.take_packet(ect0, 1000);
  EXPECT_EQ(acc.ace(), 6);
  for (int i = 0; i < 2; ++i) acc.take_packet(ce, 1000);
  EXPECT_EQ(acc.ace(), 0);
}

TEST_F(AccEcnTest, AnotherMarkIsNewsAndNotEveryOne) {
  EXPECT_TRUE(acc.take_packet(ect0, 1000));
  EXPECT_FALSE(acc.take_packet(ect0, 1000));
  EXPECT_TRUE(acc.take_packet(ce, 1000));
  EXPECT_FALSE(acc.take_packet(ce, 1000));
  EXPECT_TRUE(acc.take_packet(0, 1000));
}

TEST_F(AccEcnTest, TheOptionTellsOfBytesByMark) {
  acc.take_packet(ect0, 1000);
  acc.take_packet(ect1, 300);
  acc.take_packet(ce, 20);
  EXPECT_EQ(acc.option(3), told({301, 20, 1001}, true));
  EXPECT_EQ(acc.option(1), told({301}, true));
  EXPECT_EQ(AccEcn::first_option(3), told({1, 0, 1}, true));
  EXPECT_EQ(acc.least_fields(), 3);
}

TEST_F(AccEcnTest, NewsIsToldTwice) {
  EXPECT_FALSE(acc.is_demanded());
  acc.take_packet(ect1, 1000);
  EXPECT_EQ(acc.least_fields(), 1);
  acc.note_option_sent(kTimeZero);
  EXPECT_TRUE(acc.is_demanded());
  EXPECT_EQ(acc.least_fields(), 0);
  acc.note_option_sent(kTimeZero);
  EXPECT_FALSE(acc.is_demanded());
}

// Section 3.2.3.3: a counter must be told before it can wrap.
TEST_F(AccEcnTest, EveryFourMegabytesAreTold) {
  acc.take_packet(ect0, (1u << 22) - 1);
  acc.note_option_sent(kTimeZero);
  acc.note_option_sent(kTimeZero);
  acc.take_packet(ect0, 1);
  EXPECT_TRUE(acc.is_demanded());
}

TEST_F(AccEcnTest, SixUnreportedMarksMustBeReported) {
  for (int i = 0; i < 5; ++i) acc.take_packet(ce, 1000);
  EXPECT_FALSE(acc.must_report());
  acc.take_packet(ce, 1000);
  EXPECT_TRUE(acc.must_report());
  acc.note_ace_sent();
  EXPECT_FALSE(acc.must_report());
}

TEST_F(AccEcnTest, AnAckOfFewPacketsTellsHowManyWereMarked) {
  EXPECT_EQ(acked(1, 5), 0u);
  EXPECT_EQ(acked(2, 7), 2u);
  EXPECT_EQ(acked(3, 2), 3u);  // wraps
  EXPECT_EQ(acked(7, 2), 0u);
}

// Appendix A.2.1: of ten packets eight may have been marked when the field is as before.
TEST_F(AccEcnTest, AnAckOfManyPacketsIsTakenForTheWorst) {
  EXPECT_EQ(acked(10, 5), 8u);
  EXPECT_EQ(acked(10, 6), 9u);
  EXPECT_EQ(acked(10, 0), 10u);
}

// Appendix A.2.2: bytes that were marked tell that the field has not wrapped.
TEST_F(AccEcnTest, TheOptionRulesOutWhatTheFieldLeavesOpen) {
  AccEcnOption option = told({1001, 0, 1});
  EXPECT_EQ(acked(1, 5, &option), 0u);
  option = told({11'001, 0, 1});
  EXPECT_EQ(acked(10, 5, &option), 0u);
  EXPECT_EQ(acc.delivered_bytes(), (AccEcn::ByMark{0, 11'000, 0}));
}

TEST_F(AccEcnTest, WithoutAnOptionTheLastOnesMarkIsTaken) {
  const AccEcnOption option = told({1001, 0, 1});
  acked(1, 5, &option);
  acked(2, 5);
  EXPECT_EQ(acc.delivered_bytes(), (AccEcn::ByMark{0, 3000, 0}));
}

TEST_F(AccEcnTest, BothOrdersAreRead) {
  AccEcnOption option = told({1001, 300, 21});
  acked(1, 5, &option);
  EXPECT_EQ(acc.delivered_bytes(), (AccEcn::ByMark{20, 1000, 300}));
  option = told({31, 300, 1001}, true);
  acked(1, 5, &option);
  EXPECT_EQ(acc.delivered_bytes(), (AccEcn::ByMark{30, 1000, 300}));
}

// Section 3.2.3.2.4: a counter that cannot be zero was zeroed on the way, and the option counts no more.
TEST_F(AccEcnTest, AZeroedOptionCountsForNothing) {
  AccEcnOption option = told({0, 0, 0});
  acked(1, 5, &option);
  option = told({1001, 0, 1});
  acked(1, 5, &option);
  EXPECT_EQ(acc.delivered_bytes(), (AccEcn::ByMark{0, 0, 0}));
}

}  // namespace
}  // namespace halfopen
