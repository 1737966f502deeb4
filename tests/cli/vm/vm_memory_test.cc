// A guest has room for what goes along, or it is said why not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// As docs/vm.md has it for a Python program: its library is more than half of what a guest has otherwise.
TEST(VmMemory, APythonProgramRunsWithItsLibrary) {
  const test::Scratch scratch;
  const Outcome outcome = shell("cd '" + scratch.path().string() +
                                "' && library=$(/usr/bin/python3 -c 'import os; "
                                "print(os.path.dirname(os.__file__))') && \"$HALFOPEN\" vm "
                                "--kernel '" +
                                test::debian_kernel() +
                                "' --with \"$library\" --exec -- /usr/bin/python3 -c 'import json, decimal; "
                                "print(json.dumps({\"pi\": 3}))'");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out, "{\"pi\": 3}\n");
}

TEST(VmMemory, AnImageThatFillsTheUsualGuestComesWhole) {
  const test::Scratch scratch;
  constexpr std::size_t kLarge = std::size_t{90} << 20;
  write_bytes(scratch.path() / "large", std::string(kLarge, 'x'));
  const Outcome outcome = halfopen_run(Start{.arguments = {"vm", "--kernel", test::debian_kernel(), "--with",
                                                           "wc", "--exec", "--", "wc", "-c", "large"},
                                             .environment = {},
                                             .directory = scratch.path(),
                                             .input = {}});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out, std::to_string(kLarge) + " large\n");
}

TEST(VmMemory, TooLittleIsSaidBeforeTheBoot) {
  const test::Scratch scratch;
  write_bytes(scratch.path() / "large", std::string(std::size_t{90} << 20, 'x'));
  const Outcome outcome =
      halfopen_run(Start{.arguments = {"vm", "--kernel", test::debian_kernel(), "--memory", "128", "--exec",
                                       "--", "sh", "-c", ":", "large"},
                         .environment = {{"PATH", "/usr/bin:/bin"}},
                         .directory = scratch.path(),
                         .input = {}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("the command and what it needs are "),
                                 HasSubstr(" MB: --memory 128 is too little")));
}

}  // namespace
}  // namespace halfopen
