#include "capture/note/text.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

TEST(HumanDuration, IsInTheUnitsThatPeopleUse) {
  const std::pair<Duration, const char*> rows[] = {
      {0ns, "0 ns"},
      {999ns, "999 ns"},
      {1500ns, "1.5 us"},
      {20ms, "20 ms"},
      {200ms + 125us, "200.1 ms"},
      {1500ms, "1.5 s"},
      {59s, "59 s"},
      {3s + 250ms, "3.25 s"},
      {60s, "1 min"},
      {542s + 500ms, "9 min 2.5 s"},
      {2h + 10min, "2 h 10 min"},
      {2h + 11min + 15s, "2 h 11 min 15 s"},
      {26h, "26 h"},
      {-1500ms, "-1.5 s"},
      {Duration::max(), "never"},
      {Duration::min(), "never"},
  };
  for (const auto& [duration, text] : rows) EXPECT_EQ(human_duration(duration), text);
}

TEST(HumanDuration, RoundingNeverReachesTheNextUnit) {
  EXPECT_EQ(human_duration(999'960ns), "1 ms");
  EXPECT_EQ(human_duration(999'960us), "1 s");
  EXPECT_EQ(human_duration(59s + 999ms), "1 min");
  EXPECT_EQ(human_duration(59min + 59s + 990ms), "1 h");
}

TEST(SecondsText, IsCutToMicroseconds) {
  EXPECT_EQ(seconds_text(kTimeZero), "0.000000");
  EXPECT_EQ(seconds_text(kTimeZero + 545s + 120ms + 999ns), "545.120000");
  EXPECT_EQ(seconds_text(kTimeZero - 1us), "-0.000001");
  EXPECT_EQ(seconds_text(TimePoint::min()), "-9223372036.854775");
}

TEST(Wrapped, BreaksBetweenWords) {
  EXPECT_EQ(wrapped("one two three four", 0, 2), "one two three four");
  EXPECT_EQ(wrapped("one two three four", 18, 2), "one two three four");
  EXPECT_EQ(wrapped("one two three four", 9, 2), "one two\n  three\n  four");
  EXPECT_EQ(wrapped("    one two", 9, 4), "    one\n    two");
  EXPECT_EQ(wrapped("one  two", 6, 1), "one\n two") << "nothing at the end of a line";
}

TEST(Wrapped, AWordThatHasNoRoomStaysWhole) {
  EXPECT_EQ(wrapped("  abcdefghij k", 6, 2), "  abcdefghij\n  k");
  EXPECT_EQ(wrapped("abcdefghij", 6, 2), "abcdefghij");
  EXPECT_EQ(wrapped("          ", 6, 2), "          ");
  EXPECT_EQ(wrapped("a b", 1, 2), "a b") << "no room beside the indentation";
}

TEST(Reflowed, BreaksParagraphsThatAreTooWide) {
  const std::string text = "one two\nthree four five\n\nsix\nseven";
  EXPECT_EQ(reflowed(text, 0), text);
  EXPECT_EQ(reflowed(text, 15), text);
  EXPECT_EQ(reflowed(text, 14), "one two three\nfour five\n\nsix\nseven");
  EXPECT_EQ(reflowed("", 14), "");
}

TEST(Quoted, IsACStringAsStracePrintsIt) {
  EXPECT_EQ(quoted("hello\n"), "\"hello\\n\"");
  EXPECT_EQ(quoted("say \"no\"\\"), R"("say \"no\"\\")");
  EXPECT_EQ(quoted(std::string_view{"\0a\0"
                                    "1\x1b\xff",
                                    6}),
            R"("\0a\0001\33\377")");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc\"...");
  EXPECT_EQ(quoted(""), "\"\"");
}

}  // namespace
}  // namespace halfopen
