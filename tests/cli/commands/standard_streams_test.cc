// Standard input, output and error that are closed or full: nothing lands in another file, and what could not
// be written is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// `command` with its standard output full: status 2, and one line that says why.
void expect_trouble(const std::string& command) {
  const Outcome outcome = shell("\"$HALFOPEN\" " + command + " >/dev/full");
  EXPECT_EQ(outcome.status, 2) << command;
  EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("cannot write to standard output: No space left on device")) << command;
}

TEST(StandardStreams, FullIsTroubleForEveryCommandThatPrints) {
  const test::Scratch scratch;
  const std::string capture = scratch.file("x.pcapng");
  ASSERT_EQ(halfopen_run({"sim", "process-killed", "-q", "-w", capture}).status, 0);
  for (const std::string& command :
       {std::string{"--version"}, std::string{"--help"}, std::string{"sim --help"}, std::string{"list"},
        std::string{"sim process-killed"}, "show " + capture, "show --summary " + capture,
        "show --states " + capture, "compare " + capture + " " + capture, std::string{"profiles"},
        std::string{"doctor"}, std::string{"check process-killed"}}) {
    expect_trouble(command);
  }
}

class StandardStreamsOfKernels : public test::KernelTest {};

TEST_F(StandardStreamsOfKernels, FullIsTroubleForRunsInRealTime) {
  for (const char* command : {"live process-killed --quick", "replay process-killed --quick",
                              "run process-killed --client kernel --server model --quick",
                              "live process-killed --quick -- sh -c 'echo hello'"}) {
    expect_trouble(command);
  }
}

// What stood at descriptor 1 was the capture.
TEST(StandardStreams, AClosedOutputIsNotTheCapture) {
  const test::Scratch scratch;
  const std::string right = scratch.file("right.pcapng");
  const std::string file = scratch.file("x.pcapng");
  ASSERT_EQ(halfopen_run({"sim", "process-killed", "-q", "-w", right}).status, 0);
  for (const char* closed : {">&-", "<&-", "2>&-", "<&- >&- 2>&-"}) {
    const Outcome quiet = shell("\"$HALFOPEN\" sim process-killed -q -w " + file + " " + closed);
    EXPECT_EQ(read_bytes(file), read_bytes(right)) << closed;
    EXPECT_EQ(quiet.err, "") << closed;
    std::filesystem::remove(file);
    const Outcome outcome = shell("\"$HALFOPEN\" sim process-killed -w " + file + " " + closed);
    if (std::filesystem::exists(file)) {
      EXPECT_EQ(read_bytes(file), read_bytes(right)) << closed;
    }
    std::filesystem::remove(file);
  }
}

TEST(StandardStreams, WhatGoesToAClosedOutputIsTrouble) {
  for (const char* command : {"--version", "list", "sim process-killed"}) {
    const Outcome outcome = shell("\"$HALFOPEN\" " + std::string{command} + " >&-");
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(outcome.err, HasSubstr("cannot write to standard output")) << command;
  }
}

TEST(StandardStreams, ACaptureFromAClosedInputIsTrouble) {
  const Outcome outcome = shell("\"$HALFOPEN\" show - <&-");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
}

}  // namespace
}  // namespace halfopen
