// Anybody's program before a server that dies: what does not apply to it, what is asked of it, what it is
// told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using KernelPrograms = test::KernelTest;

// README's example. What the scenario says of line-client's calls is not about netcat.
TEST_F(KernelPrograms, ExpectationsAboutTheShippedClientDoNotApplyToNetcat) {
  if (!test::has_tool("nc")) GTEST_SKIP() << "nc is not installed";
  const Outcome outcome = halfopen_run({"replay", "host-crash", "--quick", "--expect", "client notices",
                                        "--expect", "client exits", "--", "nc", "server", "9998"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("not applicable: the echo works"), HasSubstr("nc runs there"),
                                 HasSubstr(" for another program"), Not(HasSubstr("FAILED"))));
  // It learns by poll(), and says nothing itself.
  EXPECT_THAT(outcome.out, HasSubstr("poll() = ")) << outcome.out;
}

TEST_F(KernelPrograms, WhatIsDemandedAndDoesNotComeFails) {
  const Outcome outcome = halfopen_run({"replay", "host-crash", "--quick", "-q", "--set", "until=4s",
                                        "--expect", "client sees EPIPE", "--", "sleep", "1000"});
  EXPECT_THAT(outcome.status, AnyOf(1, 5)) << outcome.err;  // 5: on a machine that was late
  EXPECT_THAT(outcome.out, StartsWith(outcome.status == 1 ? "FAILED   " : "UNRESOLVED "));
  EXPECT_THAT(outcome.out, HasSubstr("--expect 1: expected client sees EPIPE, found nothing of the kind"));
}

// Hundreds of processes that live for a moment: the run ends when they have, not when the scenario does.
TEST_F(KernelPrograms, ARunWithAShellThatLoopsEnds) {
  const Outcome outcome =
      halfopen_run({"replay", "host-crash", "--quick", "-q", "--", "sh", "-c",
                    "i=0; while [ $i -lt 100 ]; do x=$(readlink /nonexistent); i=$((i + 1)); done"});
  EXPECT_NE(outcome.status, 2) << outcome.out << outcome.err;
}

}  // namespace
}  // namespace halfopen
