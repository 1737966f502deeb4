#include "cli/check/check_attempts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using What = CheckResult::What;

CheckResult unresolved(std::string sentence, std::vector<std::string> unsized) {
  CheckResult result;
  result.name = "host-crash";
  result.what = What::unresolved;
  result.unresolved.push_back(std::move(sentence));
  result.unsized = std::move(unsized);
  return result;
}

CheckResult differing(const std::string& text) {
  CheckResult result;
  result.name = "host-crash";
  result.what = What::unresolved;
  result.references.push_back({.name = "a.pcapng", .what = ReferenceResult::What::unresolved, .text = text});
  result.unsized = {"a.pcapng: " + text};
  return result;
}

TEST(CheckAttempts, OneIsWhatItIs) {
  EXPECT_EQ(settle({unresolved("a.toml:3:1: expected it", {"a.toml:3:1:"})}).what, What::unresolved);
}

TEST(CheckAttempts, TheLastOneCountsAndTellsOfThoseBefore) {
  CheckResult passed;
  passed.what = What::passed;
  const CheckResult result = settle({unresolved("a.toml:3:1: expected it", {}), passed});
  EXPECT_EQ(result.what, What::passed);
  EXPECT_THAT(result.remarks, ElementsAre("at attempt 2; before: unresolved: a.toml:3:1: expected it"));
  CheckResult failed;
  failed.what = What::failed;
  EXPECT_EQ(settle({unresolved("a", {}), failed}).what, What::failed);
}

TEST(CheckAttempts, TheSameWithoutASizeInAllOfThemFails) {
  const CheckResult one = unresolved("a.toml:3:1: expected it, found none", {"a.toml:3:1:"});
  const CheckResult result = settle({one, one, one});
  EXPECT_EQ(result.what, What::failed);
  EXPECT_THAT(result.unresolved, IsEmpty());
  EXPECT_THAT(
      result.failed,
      ElementsAre("a.toml:3:1: expected it, found none; the same in all 3 runs, so it is no accident"));
}

TEST(CheckAttempts, OfAReferenceToo) {
  const CheckResult result = settle({differing("only in A"), differing("only in A")});
  EXPECT_EQ(result.what, What::failed);
  EXPECT_EQ(result.references.front().what, ReferenceResult::What::different);
  EXPECT_THAT(result.references.front().text, HasSubstr("the same in all 2 runs"));
  EXPECT_EQ(settle({differing("only in A"), differing("only in B")}).what, What::unresolved);
}

TEST(CheckAttempts, WhatHasASizeStaysUnresolved) {
  const CheckResult one = unresolved("a.toml:3:1: expected it, found it at 7.5 s", {});
  EXPECT_EQ(settle({one, one, one}).what, What::unresolved);
}

}  // namespace
}  // namespace halfopen
