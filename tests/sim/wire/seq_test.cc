// The circle of sequence numbers: RFC 9293 section 3.4.
#include "sim/wire/seq.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

TEST(Seq, OrderHoldsWhereverTheWrapLies) {
  for (int slide = -10; slide <= 10; ++slide) {
    const Seq a{static_cast<std::uint32_t>(slide)};
    const Seq b = a + 5;
    EXPECT_TRUE(a.before(b));
    EXPECT_TRUE(b.after(a));
    EXPECT_FALSE(b.before(a));
    EXPECT_FALSE(a.before(a));
    EXPECT_TRUE(a.at_or_before(a));
    EXPECT_TRUE(a.at_or_after(a));
    EXPECT_EQ(distance(a, b), 5u);
    EXPECT_EQ(distance(b, a), 0xffff'fffbu);
    EXPECT_EQ(b - 5, a);
    EXPECT_EQ(later(a, b), b);
    EXPECT_EQ(earlier(a, b), a);
  }
}

TEST(Seq, HalfACircleApartNeitherIsBefore) {
  const Seq a{17};
  EXPECT_FALSE(a.before(a + 0x8000'0000u));
  EXPECT_FALSE((a + 0x8000'0000u).before(a));
  EXPECT_TRUE(a.before(a + 0x7fff'ffffu));
  EXPECT_FALSE(a.before(a + 0x8000'0001u));
}

TEST(SeqSpan, ContainsItsStartAndNotItsEnd) {
  for (int slide = -10; slide <= 10; ++slide) {
    const SeqSpan span{Seq{static_cast<std::uint32_t>(slide)}, 4};
    EXPECT_FALSE(span.contains(span.start - 1));
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(span.contains(span.start + i));
    EXPECT_FALSE(span.contains(span.end()));
  }
  EXPECT_FALSE((SeqSpan{Seq{3}, 0}.contains(Seq{3})));
}

TEST(TsVal, WrapsLikeASequenceNumber) { EXPECT_TRUE(TsVal{0xffff'ffff}.before(TsVal{0})); }

}  // namespace
}  // namespace halfopen
