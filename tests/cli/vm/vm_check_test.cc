// References made in a guest hold in a guest: what should not matter to a kernel does not fail them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/check/check_fixture.h"
#include "tests/cli/process.h"
#include "tests/cli/vm/guest.h"
#include "tests/support/debian_kernel.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::vm;
using ::testing::HasSubstr;

#if !defined(__SANITIZE_ADDRESS__)  // these would say the same of the sanitized program, slowly

class VmCheck : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(scratch_.path() / "references");
    std::vector<std::string> bless = check_;
    bless.emplace_back("--bless");
    const Outcome made = vm(scratch_, bless);
    ASSERT_EQ(made.status, 0) << made.out << made.err;
  }
  // `vm` with options of its own, and of the check.
  void expect_same(const std::vector<std::string>& of_vm, const std::vector<std::string>& of_check) const {
    std::vector<std::string> all = of_vm;
    all.insert(all.end(), check_.begin(), check_.end());
    all.insert(all.end(), of_check.begin(), of_check.end());
    const Outcome outcome = vm(scratch_, all);
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  }

  test::Scratch scratch_;
  const std::vector<std::string> check_{"--",       "check",     "host-crash", "host-reboot",
                                        "--client", "kernel",    "--server",   "kernel",
                                        "--quick",  "--against", "references"};
};

TEST_F(VmCheck, WhatWasBlessedInAGuestHoldsThere) {
  EXPECT_THAT(read_bytes(scratch_.path() / "references" / "manifest.toml"),
              HasSubstr("\ntolerance = \"linux:25ms+1%\"\n"));
  expect_same({}, {});
  expect_same({}, {"--ktap", "--json", "found.json"});
  write_bytes(scratch_.file("one-more"), "file");
  expect_same({"--with", "one-more"}, {});
  for (const char* phase : {"1", "3", "50"}) expect_same({"--phase", phase}, {});
}

// All of them, in nearly three hours of the kernel's time.
TEST(VmReferences, OfTheKernelThatMadeThemHoldThere) {
  const test::Scratch scratch;
  const std::string references = std::string{HALFOPEN_SOURCE_DIR} + "/pcaps/linux-6.1";
  const Outcome outcome = vm(scratch, {"--with", references, "--", "check", "--client", "kernel", "--server",
                                       "kernel", "--against", references});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("32 scenarios: 32 ok"));
}

// There is one processor, and no time to be won by waiting together: each run begins when the one before is
// over.
TEST_F(VmCheck, InAGuestOneRunsAtATime) {
  std::vector<std::string> words = check_;
  words.insert(words.end(), {"--json", "found.json"});
  ASSERT_EQ(vm(scratch_, words).status, 0);
  const auto found = nlohmann::json::parse(read_bytes(scratch_.path() / "found.json"));
  double sum = 0;
  for (const auto& result : found.at("results")) sum += result.at("seconds").get<double>();
  EXPECT_GE(found.at("seconds").get<double>(), sum);
}

// What the tolerance is for is a guest's noise, not a path of another length.
TEST_F(VmCheck, ADifferenceIsToldAllTheSame) {
  const std::vector<std::string> words{"--",       "check",  "little.toml", "--client",  "kernel",
                                       "--server", "kernel", "--against",   "references"};
  write_bytes(scratch_.file("little.toml"), test::kLittleScenario);
  std::vector<std::string> bless = words;
  bless.emplace_back("--bless");
  ASSERT_EQ(vm(scratch_, bless).status, 0);
  EXPECT_EQ(vm(scratch_, words).status, 0);
  std::string longer = test::kLittleScenario;
  longer.replace(longer.find("10ms"), 4, "60ms");
  write_bytes(scratch_.file("little.toml"), longer);
  const Outcome outcome = vm(scratch_, words);
  EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("differs from references/little.live.pcapng: at "));
}

// As docs/check.md has it for git bisect.
TEST_F(VmCheck, TheBisectRecipeCallsTheKernelThatItBlessedGood) {
  const Outcome outcome =
      shell("cd '" + scratch_.path().string() + "' && HALFOPEN=\"$HALFOPEN\" BISECT_KERNEL='" +
            test::debian_kernel() +
            "' '" HALFOPEN_SOURCE_DIR
            "/scripts/bisect-check' host-crash --quick --client kernel --server kernel --against "
            "\"$PWD/references\"");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
}

#endif

}  // namespace
}  // namespace halfopen
