#include "sim/wire/tcp_options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace halfopen {
namespace {

// Parses what the builders wrote.
TcpOptions again(const TcpOptions& built) {
  const auto parsed = TcpOptions::parse(built.wire());
  EXPECT_TRUE(parsed);
  EXPECT_TRUE(parsed && std::ranges::equal(parsed->wire(), built.wire()));
  return parsed.value_or(TcpOptions{});
}

std::size_t fault_in(std::vector<std::uint8_t> wire) {
  std::size_t fault = 99;
  EXPECT_FALSE(TcpOptions::parse(wire, &fault));
  return fault;
}

TEST(TcpOptions, NoneIsNone) {
  const auto none = TcpOptions::parse({});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->wire().empty());
  EXPECT_FALSE(none->mss());
  EXPECT_FALSE(none->window_scale());
  EXPECT_FALSE(none->sack_permitted());
  EXPECT_FALSE(none->has_timestamps());
  EXPECT_TRUE(none->sack().empty());
}

TEST(TcpOptions, FastOpenRoundTripsInBothForms) {  // RFC 7413 section 4.1.1, RFC 6994
  constexpr std::array<std::uint8_t, 4> kCookie{0xab, 0xcd, 0x12, 0x34};
  for (const bool experimental : {false, true}) {
    for (const FastOpenCookie& cookie : {FastOpenCookie{}, FastOpenCookie{kCookie}}) {
      TcpOptions options;
      options.add_mss(1460);
      const FastOpenOption option{.cookie = cookie, .experimental = experimental};
      options.add_fast_open(option);
      EXPECT_EQ(options.fast_open(), option);
      EXPECT_EQ(again(options).fast_open(), option);
      EXPECT_EQ(options.wire().size(), 4 + (experimental ? 4U : 2U) + cookie.size());
    }
  }
}

TEST(TcpOptions, AccurateEcnRoundTripsWithAnyNumberOfCounters) {  // RFC 9768 section 3.2.3
  for (const bool ect1_first : {false, true}) {
    for (std::uint8_t count = 0; count <= 3; ++count) {
      AccEcnOption option{.ect1_first = ect1_first, .count = count, .counters = {}};
      for (std::size_t i = 0; i < count; ++i) option.counters[i] = 0xab'cd00 + static_cast<std::uint32_t>(i);
      TcpOptions options;
      options.add_mss(1460);
      options.add_acc_ecn(option);
      EXPECT_EQ(options.wire()[4], ect1_first ? 174 : 172);
      EXPECT_EQ(options.wire().size(), 6U + 3U * count);
      EXPECT_EQ(options.acc_ecn(), option);
      EXPECT_EQ(again(options).acc_ecn(), option);
    }
  }
  EXPECT_FALSE(TcpOptions{}.acc_ecn());
}

TEST(TcpOptions, WhatIsNoWholeCounterOfAccurateEcnIsPassedOver) {
  const std::vector<std::uint8_t> odd{172, 7, 0, 1, 2, 3, 4};
  const std::vector<std::uint8_t> four{174, 14, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4};
  EXPECT_EQ(TcpOptions::parse(odd)->acc_ecn(),
            (AccEcnOption{.ect1_first = false, .count = 1, .counters = {0x102, 0, 0}}));
  EXPECT_EQ(TcpOptions::parse(four)->acc_ecn(),
            (AccEcnOption{.ect1_first = true, .count = 3, .counters = {1, 2, 3}}));
}

TEST(TcpOptions, OtherExperimentsAreNoFastOpen) {
  const std::vector<std::uint8_t> other{254, 4, 0xf9, 0x88};
  const std::vector<std::uint8_t> bare{254, 2};
  const std::vector<std::uint8_t> right{254, 4, 0xf9, 0x89};
  EXPECT_FALSE(TcpOptions::parse(other)->has_fast_open());
  EXPECT_FALSE(TcpOptions::parse(bare)->has_fast_open());
  EXPECT_TRUE(TcpOptions::parse(right)->has_fast_open());
}

TEST(TcpOptions, MssRoundTrips) {  // RFC 9293 section 3.2
  TcpOptions options;
  options.add_mss(1460);
  EXPECT_EQ(options.mss(), 1460);
  EXPECT_EQ(again(options).mss(), 1460);
}

TEST(TcpOptions, WindowScaleRoundTrips) {  // RFC 7323 section 2.2
  TcpOptions options;
  options.add_nop();
  options.add_window_scale(14);
  EXPECT_EQ(options.window_scale(), 14);
  EXPECT_EQ(again(options).window_scale(), 14);
}

TEST(TcpOptions, SackPermittedRoundTrips) {  // RFC 2018 section 2
  TcpOptions options;
  options.add_sack_permitted();
  EXPECT_TRUE(again(options).sack_permitted());
}

TEST(TcpOptions, TimestampsRoundTrip) {  // RFC 7323 section 3.2
  TcpOptions options;
  options.add_timestamps({TsVal{0xdead'beef}, TsVal{0xffff'ffff}});
  const TcpOptions parsed = again(options);
  EXPECT_TRUE(parsed.has_timestamps());
  EXPECT_EQ(parsed.timestamps(), (Timestamps{TsVal{0xdead'beef}, TsVal{0xffff'ffff}}));
}

TEST(TcpOptions, OneToFourSackBlocksRoundTripAlsoAcrossTheWrap) {  // RFC 2018 section 3
  const SeqSpan all[] = {{Seq{0xffff'fff0}, 0x20}, {Seq{100}, 1448}, {Seq{5000}, 1}, {Seq{9000}, 65535}};
  for (std::size_t count = 1; count <= 4; ++count) {
    TcpOptions options;
    options.add_sack({all, count});
    EXPECT_EQ(options.wire().size(), 2 + 8 * count);
    EXPECT_TRUE(std::ranges::equal(again(options).sack(), std::span{all, count}));
  }
}

TEST(TcpOptions, WireOrderIsKept) {
  TcpOptions linux_syn;  // mss, sackOK, TS, nop, wscale
  linux_syn.add_mss(1460);
  linux_syn.add_sack_permitted();
  linux_syn.add_timestamps({TsVal{1}, TsVal{0}});
  linux_syn.add_nop();
  linux_syn.add_window_scale(7);
  const std::vector<std::uint8_t> expected{2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};
  EXPECT_TRUE(std::ranges::equal(linux_syn.wire(), expected));
}

TEST(TcpOptions, PaddingReachesAMultipleOfFour) {
  TcpOptions options;
  options.add_window_scale(2);
  options.pad();
  EXPECT_EQ(options.wire().size(), 4u);
  EXPECT_EQ(again(options).window_scale(), 2);
}

TEST(TcpOptions, UnknownOptionsAreKept) {
  const std::vector<std::uint8_t> wire{254, 6, 1, 2, 3, 4, 2, 4, 0, 100, 30, 2};
  const auto parsed = TcpOptions::parse(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->mss(), 100);
  EXPECT_TRUE(std::ranges::equal(parsed->wire(), wire));
}

TEST(TcpOptions, BytesAfterTheEndOfTheListAreKeptButNotDecoded) {
  const std::vector<std::uint8_t> wire{0, 2, 4, 0};
  const auto parsed = TcpOptions::parse(wire);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->mss());
  EXPECT_EQ(parsed->wire().size(), 4u);
}

TEST(TcpOptions, WrongLengthsAreFoundWhereTheyStand) {
  EXPECT_EQ(fault_in({2}), 0u);                          // no length
  EXPECT_EQ(fault_in({1, 1, 254, 0}), 2u);               // length 0
  EXPECT_EQ(fault_in({254, 1, 0, 0}), 0u);               // length 1
  EXPECT_EQ(fault_in({2, 4, 5, 180, 8, 10, 0, 0}), 4u);  // runs past the end
  EXPECT_EQ(fault_in({2, 3, 5}), 0u);                    // MSS is 4
  EXPECT_EQ(fault_in({3, 4, 5, 0}), 0u);                 // window scale is 3
  EXPECT_EQ(fault_in({4, 3, 0}), 0u);                    // SACK permitted is 2
  EXPECT_EQ(fault_in({8, 4, 0, 0}), 0u);                 // timestamps are 10
  EXPECT_EQ(fault_in({5, 2}), 0u);                       // SACK without a block
  EXPECT_EQ(fault_in({5, 6, 0, 0, 0, 0}), 0u);           // half a block
  EXPECT_EQ(fault_in(std::vector<std::uint8_t>(41, 1)), 40u);
}

TEST(TcpOptions, WhatIsWrongIsPassedOverWhereOneHasToRead) {
  const auto read = [](std::vector<std::uint8_t> wire, std::size_t whole) {
    return TcpOptions::read(wire, whole);
  };
  const auto wire_of = [](const TcpOptions& options) {
    return std::vector<std::uint8_t>(options.wire().begin(), options.wire().end());
  };
  using Bytes = std::vector<std::uint8_t>;
  const TcpOptions empty_sack = read({2, 4, 5, 180, 5, 2, 3, 3, 7, 1, 1, 1}, 12);
  EXPECT_EQ(empty_sack.mss(), 1460);
  EXPECT_EQ(empty_sack.window_scale(), 7) << "Linux goes on behind it, too";
  EXPECT_TRUE(empty_sack.sack().empty());
  EXPECT_EQ(wire_of(empty_sack), (Bytes{2, 4, 5, 180, 1, 1, 3, 3, 7, 1, 1, 1}));
  const TcpOptions overrun = read({2, 4, 5, 180, 8, 10, 0, 0}, 8);
  EXPECT_EQ(overrun.mss(), 1460);
  EXPECT_FALSE(overrun.has_timestamps());
  EXPECT_EQ(wire_of(overrun), (Bytes{2, 4, 5, 180, 0, 0, 0, 0}));
  EXPECT_EQ(wire_of(read({1, 254, 0, 9}, 4)), (Bytes{1, 0, 0, 0}));
  EXPECT_EQ(wire_of(read({1, 1, 4, 2, 8, 10}, 16)), (Bytes{1, 1, 4, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(read(Bytes(60, 1), 60).wire().size(), 40u);
}

}  // namespace
}  // namespace halfopen
