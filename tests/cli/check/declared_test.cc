// Differences that a manifest declares: all of them must be found, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/check/check_fixture.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// In virtual time a path that is a millisecond longer is a difference of each answer.
class CheckDeclared : public test::CheckTest {
 protected:
  // What `check` finds, ready to be declared.
  [[nodiscard]] std::vector<std::string> undeclared() const {
    const Outcome outcome = check({"little.toml", "--json", "r.json"});
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    return nlohmann::json::parse(read_bytes(file("r.json")))["results"][0]["references"][0]["undeclared"];
  }
  void declare(const std::vector<std::string>& lines, const std::string& where = "sim linux-6.18") const {
    std::string text =
        "[[capture.differs]]\nwhere = \"" + where + "\"\nreason = \"a longer path\"\nwhat = [\n";
    for (const std::string& line : lines) text += "  " + line + ",\n";
    add_to_manifest(text + "]");
  }
  void make_longer() const { write_scenario("little", "10ms", "11ms"); }
};

TEST_F(CheckDeclared, EachByStepFieldAndBothValuesAndAllOfThemPass) {
  bless_little();
  make_longer();
  const std::vector<std::string> lines = undeclared();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[0], "{ step = 2, field = \"time\", from = \"0.02s\", to = \"0.022s\" }");
  declare(lines);
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("differs from ./little.sim.pcapng as expected: a longer path"));
}

// Under a declaration nothing else can hide.
TEST_F(CheckDeclared, WhatIsNotDeclaredFails) {
  bless_little();
  make_longer();
  std::vector<std::string> lines = undeclared();
  ASSERT_GE(lines.size(), 2u);
  const std::size_t all = lines.size();
  lines.erase(lines.begin());
  declare(lines);
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out,
              HasSubstr("differs from ./little.sim.pcapng: not declared: packet 2 (server > client  S."));
  EXPECT_THAT(outcome.out, HasSubstr("time: 0.02s | 0.022s"));
  EXPECT_EQ(undeclared().size(), 1u) << all;
}

TEST_F(CheckDeclared, AnotherValueThanDeclaredFailsAndSaysBoth) {
  bless_little();
  make_longer();
  declare(undeclared());
  write_scenario("little", "10ms", "12ms");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("not declared: packet 2 ("), HasSubstr("time: 0.02s | 0.024s"),
                                 HasSubstr("declared, but not found: packet 2, time: 0.02s | 0.022s")));
}

TEST_F(CheckDeclared, WhatIsDeclaredAndNotFoundFails) {
  bless_little();
  make_longer();
  declare(undeclared());
  write_scenario("little");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr(
                "does not differ from ./little.sim.pcapng as declared: declared, but not found: packet 2, "
                "time: 0.02s | 0.022s (take it out of ./manifest.toml:"),
            HasSubstr("more")));
}

TEST_F(CheckDeclared, OfAnotherKernelSaysNothingOfThisRun) {
  bless_little();
  make_longer();
  declare(undeclared(), "linux-6.1");  // the run is linux-6.18
  EXPECT_EQ(check({"little.toml"}).status, 1);
  write_scenario("little");
  EXPECT_EQ(check({"little.toml"}).status, 0);  // and nothing is expected of this one
}

TEST_F(CheckDeclared, WhatIsWrongInIsTroubleInOneLine) {
  bless_little();
  declare({"{ step = 2, field = \"time\", from = \"0.02s\" }"});
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("expected a \"to\" in a difference of [[capture.differs]], found none"));
  EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
}

}  // namespace
}  // namespace halfopen
