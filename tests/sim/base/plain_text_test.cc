// The door for text of strangers.
#include "sim/base/plain_text.h"

#include <gtest/gtest.h>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

TEST(PlainText, WhatMeansOnlyItselfStays) {
  for (const char* text : {"", "host-crash", "a b ~ !", "Zürich", "日本語", "😀", "naïve — “quoted”"}) {
    EXPECT_EQ(plain_line(text), text);
    EXPECT_EQ(plain_text(text), text);
    EXPECT_EQ(plain_prefix(text), std::string_view{text}.size());
  }
}

TEST(PlainText, EscapeSequencesLoseTheirMeaning) {
  EXPECT_EQ(plain_line("evil \x1b]0;pwned\x07 title"), "evil ?]0;pwned? title");
  EXPECT_EQ(plain_line("\x1b[31mred"), "?[31mred");
  EXPECT_EQ(plain_line("over\rwritten\x7f"), "over?written?");
  EXPECT_EQ(plain_prefix("abc\x1b[31m"), 3u);
}

// U+0080 to U+009F are the same commands in one character: U+009B is ESC [. As UTF-8, and as the bare byte
// that an 8-bit terminal takes.
TEST(PlainText, C1ControlsAreControlsToo) {
  EXPECT_EQ(plain_line("\xc2\x9b"
                       "31m"),
            "?31m");
  EXPECT_EQ(plain_line("\xc2\x80\xc2\x9f\xc2\xa0"), "??\xc2\xa0");
  EXPECT_EQ(plain_line("\x9b"
                       "31m"),
            "?31m");
}

TEST(PlainText, DirectionsCannotBeTurned) {
  EXPECT_EQ(plain_line("a\u202egnp.exe"), "a?gnp.exe");
  EXPECT_EQ(plain_line("\u2066x\u2069\u2028y"), "?x??y");
}

TEST(PlainText, WhatIsNoUtf8IsNoText) {
  EXPECT_EQ(plain_line("\xff"), "?");
  EXPECT_EQ(plain_line("\xc3"), "?");                 // cut short
  EXPECT_EQ(plain_line("\xc0\x9b"), "??");            // overlong
  EXPECT_EQ(plain_line("\xe0\x82\x9b"), "???");       // an overlong U+009B
  EXPECT_EQ(plain_line("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(plain_line("\xf4\x90\x80\x80"), "????");  // beyond the last character
  EXPECT_EQ(plain_line("\xc3\x1b["), "??[");          // the ESC is not swallowed by what came before
}

TEST(PlainText, OnlyTextOfSeveralLinesKeepsThem) {
  EXPECT_EQ(plain_text("a\n\tb"), "a\n\tb");
  EXPECT_EQ(plain_line("a\n\tb"), "a??b");
}

// Whatever comes in, what goes out is plain, and going through again changes nothing.
TEST(PlainText, AnyBytesComeOutPlain) {
  Rng rng{20261127};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(static_cast<std::size_t>(rng.below(12)), '\0');
    for (char& c : bytes) c = static_cast<char>(rng.below(3) == 0 ? 0x80 + rng.below(0x40) : rng.below(256));
    const std::string once = plain_text(bytes);
    ASSERT_EQ(plain_prefix(once), once.size());
    ASSERT_EQ(plain_text(once), once);
  }
}

}  // namespace
}  // namespace halfopen
