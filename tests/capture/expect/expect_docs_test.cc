// The example of docs/scenario.md must be a scenario, and what it expects must come true.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "capture/expect/expect.h"
#include "sim/run/world.h"

namespace halfopen {
namespace {

TEST(ScenarioDocument, ItsExampleRunsAndKeepsItsWord) {
  std::ifstream file{std::string{HALFOPEN_SOURCE_DIR} + "/docs/scenario.md"};
  std::stringstream text;
  text << file.rdbuf();
  const std::string document = text.str();
  const auto start = document.find("```toml\n");
  ASSERT_NE(start, std::string::npos);
  const std::string example = document.substr(start + 8, document.find("```\n", start + 8) - start - 8);
  const Scenario scenario = parse_scenario(example, "docs/scenario.md");
  Expectations expectations{scenario.expect, scenario.facts()};
  World world{scenario, {.observers = {&expectations}}};
  const TimePoint end = world.run();
  for (const Verdict& verdict : expectations.finish(end)) {
    EXPECT_EQ(verdict.what, Verdict::What::passed) << line_of(verdict);
  }
}

}  // namespace
}  // namespace halfopen
