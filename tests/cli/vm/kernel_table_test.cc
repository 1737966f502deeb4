// The table of `vm --kernel A --kernel B -- check`.
#include "cli/vm/kernel_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halfopen {
namespace {

using ::testing::ElementsAre;

// Held against one reference.
CheckResult result(const std::string& name, const std::string& failed = {}) {
  CheckResult one;
  one.name = name;
  one.references.push_back({.name = "reference", .what = ReferenceResult::What::same, .text = {}});
  if (!failed.empty()) {
    one.what = CheckResult::What::failed;
    one.failed.push_back(failed);
  }
  return one;
}

TEST(KernelTable, HasAColumnForEachKernelAndWhatChanged) {
  const KernelChecks old{"6.1.90", {}, {}, 0, {result("host-crash"), result("host-reboot", "expected RST")}};
  const KernelChecks now{
      "6.18.4",
      {},
      {},
      1,
      {result("host-crash", "expected 15, found 14"), result("host-reboot", "expected RST")}};
  const std::vector<std::string> lines = kernel_table({old, now});
  ASSERT_GE(lines.size(), 7u);
  EXPECT_EQ(lines[0], "scenario     6.1.90  6.18.4");
  EXPECT_EQ(lines[1], "host-crash   ok      FAILED");
  EXPECT_EQ(lines[2], "host-reboot  FAILED  FAILED");
  EXPECT_EQ(lines[4], "from 6.1.90 to 6.18.4: changed");
  EXPECT_EQ(lines[5], "  host-crash");
  EXPECT_EQ(lines[6], "    was: ok");
}

// A check --quick finds none among full references: that nothing differs from nothing is no "ok".
TEST(KernelTable, WhatWasHeldAgainstNothingIsNoOk) {
  CheckResult alone = result("host-reboot");
  alone.references.clear();
  CheckResult failed = result("host-shutdown", "expected RST");
  failed.references.clear();
  const KernelChecks one{"6.1.90", {}, {}, 0, {result("host-crash"), alone, failed}};
  const KernelChecks other{"6.18.4", {}, {}, 0, {result("host-crash"), result("host-reboot"), failed}};
  EXPECT_THAT(
      kernel_table({one, other}),
      ElementsAre("scenario       6.1.90        6.18.4", "host-crash     ok            ok",
                  "host-reboot    no reference  ok", "host-shutdown  FAILED        FAILED", "",
                  "from 6.1.90 to 6.18.4: changed", "  host-reboot", "    was: no reference", "    now: ok"));
}

TEST(KernelTable, AKernelThatSaidNothingHasDashesAndItsProblem) {
  const KernelChecks good{"6.1.90", {}, {}, 0, {result("host-crash")}};
  const KernelChecks dead{"vmlinuz-x", "the kernel panicked", {}, 2, {}};
  EXPECT_THAT(kernel_table({good, dead}),
              ElementsAre("scenario    6.1.90  vmlinuz-x", "host-crash  ok      -", "",
                          "from 6.1.90 to vmlinuz-x: the kernel panicked"));
}

}  // namespace
}  // namespace halfopen
