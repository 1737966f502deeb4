// scripts/sweep: the situations that it makes are a thousand, and each is one that the model can play.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;

const std::string kSweep = "HALFOPEN=" HALFOPEN_BINARY " " HALFOPEN_SOURCE_DIR "/scripts/sweep ";

TEST(Sweep, MakesAThousandSituationsThatTheModelPlays) {
  const test::Scratch scratch;
  const std::string directory = scratch.file("sweep");
  const auto table = shell(kSweep + "--compare --every 5 " + directory);
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("| kernel | row | group | situations |"));
  const std::filesystem::directory_iterator files{directory + "/situations"};
  EXPECT_GE(std::distance(begin(files), end(files)), 1000);
  const auto played = halfopen_run({"check", directory + "/situations"});
  EXPECT_EQ(played.status, 0) << played.out.substr(0, 2000) << played.err;
}

TEST(Sweep, BadWordsAreOneLineAndExit2) {
  const auto kernel = shell(kSweep + "--kernel potato /nowhere");
  EXPECT_EQ(kernel.status, 2);
  EXPECT_THAT(kernel.err,
              HasSubstr("--kernel: expected one of bullseye bookworm trixie sid, found 'potato'"));
  const auto every = shell(kSweep + "--every none /nowhere");
  EXPECT_EQ(every.status, 2);
  EXPECT_THAT(every.err, HasSubstr("--every: expected a number from 1 on, found 'none'"));
}

}  // namespace
}  // namespace halfopen
