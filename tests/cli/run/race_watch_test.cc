#include "cli/run/race_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/run/find_scenario.h"
#include "sim/run/world.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration d) { return kTimeZero + d; }

Races races_of(const std::string& name, const std::vector<std::string>& sets, bool own_programs = true) {
  const Scenario scenario = find_scenario(name, sets, true).scenario;
  RaceWatch watch{scenario, own_programs};
  World world{scenario, {.seed = 1, .tap = HostId::client, .observers = {&watch}}};
  return watch.finish(world.run());
}

// The echo is asked for at 1 s, and the host crashes at 2 s.
TEST(RaceWatch, TheTimelinesFirstEventIsTheFirst) { EXPECT_EQ(races_of("host-crash", {}).first, at(1s)); }

TEST(RaceWatch, WhatStandsAtTheStartLeavesNothingBefore) {
  EXPECT_EQ(races_of("host-crash-before-syn", {}).first, kTimeZero);
}

// The path takes 1.2 s there and back, and a SYN is repeated after one.
TEST(RaceWatch, AKernelsTimerIsOne) {
  const Races races = races_of("host-crash", {"path.delay=600ms", "timeline.1.at=20s", "timeline.2.at=21s",
                                              "timeline.3.at=22s", "client.profile=linux"});
  EXPECT_GE(races.first, at(1s));
  EXPECT_LE(races.first, at(1100ms));
}

// Whoever hears nothing repeats its SYN, and would not hear it earlier on a machine that is in time.
TEST(RaceWatch, BeforeAServerThatNeverSpokeOnlyWhatActsIsOne) {
  const std::vector<std::string> deaf{"path.to_server.loss=1", "client.profile=linux",
                                      "client.sysctl.tcp_syn_retries=1"};
  EXPECT_EQ(races_of("host-crash", deaf).first, at(2s));
}

TEST(RaceWatch, AStrangersProgramAndAPathOfChanceRaceFromTheStart) {
  EXPECT_EQ(races_of("host-crash", {}, false).first, kTimeZero);
  EXPECT_EQ(races_of("host-crash", {"path.loss=0.01"}).first, kTimeZero);
  EXPECT_EQ(races_of("host-crash", {"client.read_timeout=3s"}).first, kTimeZero);
}

TEST(RaceWatch, AProgramIsOverWithItsLastProcess) {
  const Races races = races_of("process-killed", {});
  EXPECT_EQ(races.program_over[0], at(3s));
  EXPECT_EQ(races.program_over[1], kNever) << "the child was killed, and its parent listens";
}

}  // namespace
}  // namespace halfopen
