// Records and reports of what was sent, as net/core/skbuff.c and net/ipv4/tcp.c make them; the scripts
// eor-*, zerocopy-* and timestamping-* of tests/packetdrill hold the same on a kernel.
#include "sim/tcp/send_marks.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

using What = SendReport::What;

constexpr TimePoint kNow = kTimeZero + Duration{5};

TEST(SendMarks, ARecordEndsOnceAndIsForgottenWhenItIsAcknowledged) {
  SendMarks marks;
  marks.end_record(Seq{100});
  marks.end_record(Seq{100});
  marks.end_record(Seq{300});
  EXPECT_EQ(marks.record_end_behind(Seq{1}), Seq{100});
  EXPECT_EQ(marks.record_end_behind(Seq{100}), Seq{300});
  EXPECT_EQ(marks.record_end_behind(Seq{300}), std::nullopt);
  EXPECT_FALSE(marks.on_acked(kNow, Seq{150}));
  EXPECT_EQ(marks.record_end_behind(Seq{1}), Seq{300});
}

TEST(SendMarks, NumbersWrapLikeSequenceSpace) {
  SendMarks marks;
  marks.count_from(Seq{0xffff'fff0});
  EXPECT_EQ(marks.number_of(Seq{0xffff'fff1}), 0U);
  EXPECT_EQ(marks.number_of(Seq{0x10}), 31U);
}

TEST(SendMarks, ZeroCopiesInARowAreOneReport) {
  SendMarks marks;
  marks.watch_zero_copy(Seq{1}, Seq{11});
  marks.watch_zero_copy(Seq{11}, Seq{21});
  marks.watch_zero_copy(Seq{21}, Seq{31});
  EXPECT_EQ(marks.record_end_behind(Seq{1}), Seq{11}) << "two of them share no segment";
  EXPECT_FALSE(marks.on_sent(kNow, Seq{31}));
  EXPECT_FALSE(marks.on_acked(kNow, Seq{10})) << "one byte of the first is not acknowledged";
  EXPECT_TRUE(marks.on_acked(kNow, Seq{21}));
  const auto both = marks.take_report();
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->what, What::zero_copy);
  EXPECT_EQ(both->first, 0U);
  EXPECT_EQ(both->last, 1U);
  EXPECT_FALSE(marks.has_reports());
  EXPECT_TRUE(marks.on_acked(kNow, Seq{31}));
  const auto third = marks.take_report();
  ASSERT_TRUE(third.has_value()) << "what was read is not extended";
  EXPECT_EQ(third->first, 2U);
}

TEST(SendMarks, TellsWhatWasAskedForAndEachOnce) {
  SendMarks marks;
  marks.watch(Seq{11}, send_watch::sent | send_watch::acknowledged, 9);
  EXPECT_FALSE(marks.on_sent(kNow, Seq{10}));
  EXPECT_TRUE(marks.on_sent(kNow, Seq{11}));
  EXPECT_FALSE(marks.on_sent(kNow, Seq{20})) << "it is not sent twice";
  EXPECT_TRUE(marks.on_acked(kNow + Duration{1}, Seq{11}));
  const auto sent = marks.take_report();
  const auto acknowledged = marks.take_report();
  ASSERT_TRUE(sent.has_value() && acknowledged.has_value());
  EXPECT_EQ(sent->what, What::sent);
  EXPECT_EQ(sent->at, kNow);
  EXPECT_EQ(sent->last, 9U);
  EXPECT_EQ(acknowledged->what, What::acknowledged);
  EXPECT_EQ(acknowledged->at, kNow + Duration{1});
  EXPECT_FALSE(marks.has_reports());
}

}  // namespace
}  // namespace halfopen
