#include <gtest/gtest.h>

#include "sim/base/units.h"

namespace halfopen {
namespace {

TEST(Units, DurationsAreANumberAndAUnit) {
  EXPECT_EQ(duration_from("10ms"), Duration{10ms});
  EXPECT_EQ(duration_from("2s"), Duration{2s});
  EXPECT_EQ(duration_from("1.5s"), Duration{1500ms});
  EXPECT_EQ(duration_from("500us"), Duration{500us});
  EXPECT_EQ(duration_from("20ns"), Duration{20ns});
  EXPECT_EQ(duration_from("9min"), Duration{9min});
  EXPECT_EQ(duration_from("2h"), Duration{2h});
  EXPECT_EQ(duration_from("0s"), Duration{0});
  EXPECT_EQ(duration_from("542.5 s"), Duration{542500ms});
}

TEST(Units, WhatIsNoDurationIsRefused) {
  for (const char* text : {"", "s", "10", "-1s", "+1s", "1 0s", "1.2.3s", ".5s", "1e9s", "10 m", "10sec",
                           "nan s", "inf", "99999999999999999999s", "1000000000000h", "1s ", " 1s"}) {
    EXPECT_FALSE(duration_from(text)) << text;
  }
}

TEST(Units, DurationsComeBackInTheNotationTheyAreWrittenIn) {
  for (const char* text : {"10ms", "2s", "1.5s", "500ns", "20ns", "9min", "2h", "542.5s", "0s", "125us"}) {
    EXPECT_EQ(duration_text(*duration_from(text)), text);
  }
  EXPECT_EQ(duration_text(1500ms), "1.5s");
  EXPECT_EQ(duration_text(1250us), "1.25ms");
}

TEST(Units, RatesSizesAndProbabilities) {
  EXPECT_EQ(rate_from("1Gbit/s"), 1'000'000'000u);
  EXPECT_EQ(rate_from("100Mbit/s"), 100'000'000u);
  EXPECT_EQ(rate_from("9600bit/s"), 9600u);
  EXPECT_FALSE(rate_from("0bit/s"));
  EXPECT_FALSE(rate_from("100"));
  EXPECT_EQ(size_from("64KiB"), 65536u);
  EXPECT_EQ(size_from("1500"), 1500u);
  EXPECT_EQ(size_from("100 kB"), 100'000u);
  EXPECT_FALSE(size_from("2GiB"));
  EXPECT_FALSE(size_from("1.5"));
  EXPECT_DOUBLE_EQ(*probability_from("5%"), 0.05);
  EXPECT_DOUBLE_EQ(*probability_from("0.25"), 0.25);
  EXPECT_FALSE(probability_from("101%"));
  EXPECT_FALSE(probability_from("-1%"));
}

TEST(Units, TheNearestWordIsTheOneThatWasMeant) {
  constexpr std::array<std::string_view, 4> words{"delay", "jitter", "duplicate", "queue"};
  EXPECT_EQ(nearest("dealy", words), "delay");
  EXPECT_EQ(nearest("jiter", words), "jitter");
  EXPECT_EQ(nearest("dup", words), "");
  EXPECT_EQ(nearest("temperature", words), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), words), "");
}

}  // namespace
}  // namespace halfopen
