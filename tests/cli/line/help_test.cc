// help, -V and --color: what a user tries first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Help, IsWhatTheOptionPrints) {
  EXPECT_EQ(halfopen_run({"help"}).out, halfopen_run({"--help"}).out);
  for (const char* command : {"sim", "vm", "help", "completions"}) {
    const Outcome outcome = halfopen_run({"help", command});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, halfopen_run({command, "--help"}).out) << command;
  }
}

TEST(Help, OfWhatIsNoCommandNamesTheNearest) {
  const Outcome outcome = halfopen_run({"help", "simm"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "halfopen: no command 'simm'; did you mean 'sim'?\n");
}

TEST(Version, HasAShortOption) { EXPECT_EQ(halfopen_run({"-V"}).out, halfopen_run({"--version"}).out); }

TEST(Color, IsAsWasWishedWhateverTheEnvironmentSays) {
  constexpr const char* kEscape = "\x1b[";
  EXPECT_THAT(halfopen_run({"list", "--color", "always"}).out, HasSubstr(kEscape));
  EXPECT_THAT(halfopen_run({"--color", "always", "list"}).out, HasSubstr(kEscape));
  EXPECT_THAT(halfopen_run({"list", "--color", "auto"}).out, Not(HasSubstr(kEscape)));
  EXPECT_THAT(shell("NO_COLOR=1 \"$HALFOPEN\" list --color always").out, HasSubstr(kEscape));
  EXPECT_THAT(shell("CLICOLOR_FORCE=1 \"$HALFOPEN\" list --color never").out, Not(HasSubstr(kEscape)));
  EXPECT_THAT(halfopen_run({"sim", "host-crash", "--color", "always"}).out, HasSubstr(kEscape));
}

TEST(Color, WhatIsNoneOfTheThreeIsRefused) {
  const Outcome outcome = halfopen_run({"list", "--color", "sometimes"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "halfopen: --color: expected auto, always or never, found sometimes\n");
}

}  // namespace
}  // namespace halfopen
