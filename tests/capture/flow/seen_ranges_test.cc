#include "capture/flow/seen_ranges.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

TEST(SeenRanges, EachByteCountsOnceInAnyOrder) {
  SeenRanges seen;
  seen.start(Seq{0xffff'fff0}, true);  // across the wrap
  EXPECT_EQ(seen.see(Seq{0xffff'fff0}, 8, kTimeZero).bytes, 8u);
  EXPECT_EQ(seen.see(Seq{8}, 8, kTimeZero).bytes, 8u);
  EXPECT_EQ(seen.see(Seq{0}, 4, kTimeZero).bytes, 4u) << "inside the hole";
  EXPECT_EQ(seen.see(Seq{0xffff'fff4}, 16, kTimeZero).bytes, 8u) << "what was before it";
  EXPECT_EQ(seen.see(Seq{0xffff'fff0}, 32, kTimeZero).bytes, 4u) << "and the rest";
  EXPECT_EQ(seen.see(Seq{0xffff'fff0}, 32, kTimeZero).bytes, 0u);
  EXPECT_EQ(seen.next(), Seq{16});
}

TEST(SeenRanges, WhereACaptureBeginsInTheMiddleWhatWasBeforeIsNew) {
  SeenRanges seen;
  seen.start(Seq{1000}, false);
  EXPECT_EQ(seen.see(Seq{1000}, 10, kTimeZero).bytes, 10u);
  EXPECT_EQ(seen.see(Seq{980}, 10, kTimeZero).bytes, 10u);
  EXPECT_EQ(seen.see(Seq{985}, 20, kTimeZero).bytes, 10u);
  seen.start(Seq{1000}, true);
  EXPECT_EQ(seen.see(Seq{980}, 10, kTimeZero).bytes, 0u);
}

TEST(SeenRanges, HolesAreBounded) {
  SeenRanges seen;
  seen.start(Seq{0}, true);
  for (std::uint32_t i = 1; i < 2000; ++i) seen.see(Seq{20 * i}, 10, kTimeZero);
  EXPECT_EQ(seen.see(Seq{20 * 1998 + 10}, 10, kTimeZero).bytes, 10u);
  EXPECT_EQ(seen.see(Seq{10}, 10, kTimeZero).bytes, 0u) << "the oldest were given up";
}

TEST(SeenRanges, APieceInTheMiddleOfAHoleCountsOnceWhenThereIsNoRoomForAnother) {
  SeenRanges seen;
  seen.start(Seq{0}, true);
  for (std::uint32_t i = 0; i < SeenRanges::kMostHoles; ++i) seen.see(Seq{100 * i + 50}, 50, kTimeZero);
  EXPECT_EQ(seen.see(Seq{100 * 500 + 20}, 10, kTimeZero).bytes, 10u);
  EXPECT_EQ(seen.see(Seq{100 * 500 + 20}, 10, kTimeZero).bytes, 0u);
}

TEST(SeenRanges, TwoGigabytesAfterTheMiddleARepetitionIsStillOne) {
  SeenRanges seen;
  seen.start(Seq{7}, false);
  for (std::uint32_t i = 0; i < 2300; ++i) seen.see(Seq{7 + i * 1'000'000}, 1'000'000, kTimeZero);
  EXPECT_EQ(seen.see(Seq{7 + 2'298'000'000}, 1'000'000, kTimeZero).bytes, 0u);
}

}  // namespace
}  // namespace halfopen
