// show --summary beside tshark, which knows nothing of us: an oracle from outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScript = HALFOPEN_SOURCE_DIR "/scripts/compare-with-tshark";

Outcome compare(const std::string& folder, const std::string& extension) {
  std::string command = std::string{kScript} + " --halfopen '" HALFOPEN_BINARY "'";
  for (const auto& entry : fs::directory_iterator{fs::path{HALFOPEN_SOURCE_DIR} / folder}) {
    if (entry.path().extension() == extension) command += " '" + entry.path().string() + "'";
  }
  return shell(command);
}

class CompareWithTshark : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!test::has_tool("tshark") || !test::has_tool("python3")) GTEST_SKIP() << "needs tshark and python3";
  }
};

TEST_F(CompareWithTshark, OurOwnSmallCapturesDifferNowhereWithoutAReason) {
  for (const std::string extension : {".pcap", ".pcapng"}) {
    const Outcome outcome = compare("tests/captures", extension);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    EXPECT_THAT(outcome.out, ::testing::HasSubstr(" and 0 unexplained differences"));
  }
}

TEST_F(CompareWithTshark, TracesOfKernelsDifferNowhereWithoutAReason) {
  const Outcome outcome = compare("tests/traces", ".pcap");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("28 captures, 28 connections"));
}

TEST_F(CompareWithTshark, ReferencesDifferNowhereWithoutAReason) {
  const Outcome outcome = compare("pcaps", ".pcapng");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

// The check itself can fail: a program that tells of one byte more is found out.
TEST_F(CompareWithTshark, AWrongCountIsFound) {
  test::Scratch scratch;
  write_bytes(scratch.file("liar"),
              "#!/bin/sh\n'" HALFOPEN_BINARY "' \"$@\" | sed 's/\"bytes\":30/\"bytes\":31/'\n");
  const Outcome outcome =
      shell("chmod +x " + scratch.file("liar") + " && " + std::string{kScript} + " --halfopen " +
            scratch.file("liar") + " '" HALFOPEN_SOURCE_DIR "/tests/captures/hole.pcap'");
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::HasSubstr("client: bytes: ours 31, tshark 30: unexplained"));
}

}  // namespace
}  // namespace halfopen
