// Every shipped scenario under every profile, on both hosts: each of its sentences holds, and its ladder is
// the one in tests/ladders. HALFOPEN_BLESS=1 writes those anew; read the difference before committing it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>

#include "capture/expect/expect.h"
#include "capture/tell/ladder.h"
#include "cli/run/shipped.h"
#include "sim/run/world.h"
#include "sim/why/os_family.h"

namespace halfopen {
namespace {

const ShippedScenario& shipped(const std::string& name) {
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    if (scenario.name == name) return scenario;
  }
  throw std::invalid_argument(name);
}

struct Outcome {
  std::string ladder;
  std::vector<Verdict> verdicts;
};

Outcome run(const std::string& name, const std::string& profile, const std::vector<std::string>& more = {},
            bool quick = false) {
  std::vector<std::string> overrides = more;
  if (!profile.empty()) {
    overrides.push_back("client.profile=" + profile);
    overrides.push_back("server.profile=" + profile);
  }
  const Scenario scenario =
      parse_scenario(shipped(name).toml, name + ".toml", {.overrides = overrides, .quick = quick});
  Names names;
  names.add(scenario.client.address, "client");
  names.add(scenario.server.address, "server");
  names.add(scenario.path.router, "router");
  std::ostringstream text;
  Ladder ladder{text, names};
  Expectations expectations{scenario.expect, scenario.facts()};
  World world{scenario, {.observers = {&ladder, &expectations}}};
  const TimePoint end = world.run();
  return {text.str(), expectations.finish(end)};
}

std::string failures(const std::vector<Verdict>& verdicts) {
  std::string text;
  for (const Verdict& verdict : verdicts) {
    if (verdict.what == Verdict::What::failed) text += line_of(verdict) + "\n";
  }
  return text;
}

std::string first_difference(const std::string& expected, const std::string& found) {
  std::istringstream left{expected};
  std::istringstream right{found};
  std::string a;
  std::string b;
  for (int line = 1;; ++line) {
    const bool has_a = static_cast<bool>(std::getline(left, a));
    const bool has_b = static_cast<bool>(std::getline(right, b));
    if (!has_a && !has_b) return "";
    if (!has_a) a = "(end)";
    if (!has_b) b = "(end)";
    if (a != b) return "line " + std::to_string(line) + "\n  file: " + a + "\n  run:  " + b;
  }
}

// A ladder of a row that was held against nothing notices change, and proves nothing.
std::string standing_of(const std::string& profile) {
  return find_profile(profile)->oracle.empty() ? "unverified: no stack was at hand for this row\n" : "";
}

using Case = std::tuple<std::string, std::string>;
class Scenarios : public ::testing::TestWithParam<Case> {};

TEST_P(Scenarios, HoldsWhatItsSentencesSayAndTheLadderIsTheKnownOne) {
  const auto& [name, profile] = GetParam();
  const Outcome result = run(name, profile);
  EXPECT_EQ(failures(result.verdicts), "");
  const std::filesystem::path file =
      std::filesystem::path{HALFOPEN_SOURCE_DIR} / "tests" / "ladders" / name / (profile + ".txt");
  if (std::getenv("HALFOPEN_BLESS") != nullptr) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << standing_of(profile) << result.ladder;
    return;
  }
  std::ifstream in{file, std::ios::binary};
  ASSERT_TRUE(in) << file << ": missing; HALFOPEN_BLESS=1 writes it";
  std::stringstream known;
  known << in.rdbuf();
  EXPECT_EQ(first_difference(known.str(), standing_of(profile) + result.ladder), "") << file;
}

TEST_P(Scenarios, HoldsOverIpv6Too) {
  const auto& [name, profile] = GetParam();
  EXPECT_EQ(failures(run(name, profile, {"ip_version=6"}).verdicts), "");
}

// [quick] is for real kernels, which are Linux.
TEST_P(Scenarios, HoldsQuickToo) {
  const auto& [name, profile] = GetParam();
  if (!profile.starts_with("linux")) return;
  EXPECT_EQ(failures(run(name, profile, {}, true).verdicts), "");
}

// Rows that take parameters by the names of another system's (windows-11, of which most constants are the
// RFCs') have no ladders.
bool has_ladders(const OsProfile& profile) { return profile.name.starts_with(to_string(profile.family)); }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    for (const OsProfile* profile : all_profiles())
      if (profile->base.empty() && has_ladders(*profile)) all.emplace_back(scenario.name, profile->name);
  }
  return all;
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
  std::string text = std::get<0>(info.param) + "_" + std::get<1>(info.param);
  for (char& c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(Shipped, Scenarios, ::testing::ValuesIn(cases()), name_of);

TEST(ShippedScenarios, HoldOnDerivedRows) {
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    for (const OsProfile* profile : all_profiles()) {
      if (profile->base.empty()) continue;
      EXPECT_EQ(failures(run(std::string{scenario.name}, std::string{profile->name}).verdicts), "")
          << scenario.name << ", " << profile->name;
    }
  }
}

// What they say of every system holds there, too.
TEST(ShippedScenarios, HoldOnRowsOfDocuments) {
  std::size_t rows = 0;
  for (const OsProfile* profile : all_profiles()) {
    if (has_ladders(*profile)) continue;
    ++rows;
    for (const ShippedScenario& scenario : shipped_scenarios()) {
      EXPECT_EQ(failures(run(std::string{scenario.name}, std::string{profile->name}).verdicts), "")
          << scenario.name << ", " << profile->name;
    }
  }
  EXPECT_EQ(rows, 3u);
}

TEST(ShippedScenarios, HoldOnTheProfilesTheyAreShippedWith) {
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    EXPECT_EQ(failures(run(std::string{scenario.name}, "").verdicts), "") << scenario.name;
  }
}

// When host-crash's 4.4BSD client sent its line, first and again, with the ticks of its timers shifted by
// `phase`.
std::vector<double> sendings_of_the_line(const std::string& phase) {
  const Outcome outcome = run("host-crash", "", {"client.timer_phase=" + phase});
  std::istringstream lines{outcome.ladder};
  std::vector<double> sent;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("client > server") == std::string::npos) continue;
    if (line.find("15:30(15)") != std::string::npos) sent.push_back(std::stod(line));
  }
  return sent;
}

TEST(HostCrash, AnotherTickPhaseShiftsBerkeleysScheduleByLessThanHalfASecond) {
  for (const char* phase : {"1ms", "100ms", "250ms", "450ms"}) {
    const std::vector<double> sent = sendings_of_the_line(phase);
    const std::array after{1.5, 4.5, 10.5, 22.5, 46.5, 94.5, 158.5, 222.5, 286.5, 350.5, 414.5, 478.5};
    ASSERT_EQ(sent.size(), after.size() + 1) << phase;
    const double shift = 3.0 + after[0] - sent[1];
    EXPECT_GT(shift, 0.0) << phase;
    EXPECT_LT(shift, 0.5) << phase;
    for (std::size_t i = 0; i < after.size(); ++i) {
      EXPECT_NEAR(sent[i + 1], 3.0 + after[i] - shift, 1e-6) << phase;
    }
  }
}

// Not a shift: round trips that a tick falls into count as two ticks (netinet/tcp_input.c tcp_xmit_timer),
// and the timeout becomes five ticks, where it is otherwise its minimum.
TEST(HostCrash, ATickWithinEveryRoundTripLengthensBerkeleysTimeout) {
  const std::vector<double> sent = sendings_of_the_line("499ms");
  ASSERT_EQ(sent.size(), 13u);
  EXPECT_NEAR(sent[1], 5.001, 1e-6);
  const std::array gaps{5.0, 10.0, 20.0, 40.0, 64.0};
  for (std::size_t i = 0; i < gaps.size(); ++i) EXPECT_NEAR(sent[i + 2] - sent[i + 1], gaps[i], 1e-6) << i;
}

}  // namespace
}  // namespace halfopen
