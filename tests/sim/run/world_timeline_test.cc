// When what the timeline says happens, beside the packets and calls of the same instant.
#include <gtest/gtest.h>

#include <string>

#include "sim/run/world.h"
#include "tests/sim/run/world_record.h"

namespace halfopen {
namespace {

using test::at;
using test::echo;
using test::event;
using test::Record;

TEST(WorldTimeline, TheTimelineComesLastAtItsInstant) {
  Record record;
  Scenario scenario = echo("");
  scenario.timeline.push_back(event(Verb::host_crashes, 1s + 10ms, "server host crashes"));
  World world{scenario, {.observers = {&record}}};
  world.run_until(at(1100ms));
  // The line reaches the server, is read and echoed at the very instant of the crash.
  EXPECT_LT(record.index_of("1010000000 server write = 6"),
            record.index_of("1010000000 server host crashes"));
  EXPECT_TRUE(record.has("client read = 6"));
}

TEST(WorldTimeline, TheStartIsBetweenTheServersListeningAndTheClient) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent crash = event(Verb::host_crashes, 0s, "server host crashes");
  crash.at = kAtStart;
  scenario.timeline.push_back(crash);
  World world{scenario, {.observers = {&record}}};
  EXPECT_FALSE(world.server().is_up());
  world.run_until(at(500ms));
  EXPECT_LT(record.index_of("0 server listen = 0"), record.index_of("0 server host crashes"));
  EXPECT_LT(record.index_of("0 server host crashes"), record.index_of("0 client started"));
  ASSERT_EQ(record.packets.size(), 1u);
  EXPECT_EQ(record.packets[0].flags, tcp_flag::syn);
}

TEST(WorldTimeline, ZeroSecondsIsBetweenTheClientsStartAndItsFirstCall) {
  Record record;
  Scenario scenario = echo("");
  scenario.timeline.push_back(event(Verb::host_crashes, 0s, "server host crashes"));
  World world{scenario, {.observers = {&record}}};
  world.run_until(at(500ms));
  EXPECT_LT(record.index_of("0 client started"), record.index_of("0 server host crashes"));
  EXPECT_LT(record.index_of("0 server host crashes"), record.index_of("0 client socket = 3"));
  ASSERT_EQ(record.packets.size(), 1u);
}

TEST(WorldTimeline, AnEventThatAnOverrideMovesBeforeAnotherHappensBeforeIt) {
  const std::string text =
      "title = 'x'\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n"
      "[[timeline]]\nat = '1s'\ndo = 'client types'\ntext = 'hello'\n"
      "[[timeline]]\nat = '2s'\ndo = 'server host crashes'\n";
  for (const char* when : {"500ms", "0s", "start"}) {
    Record record;
    const Scenario scenario =
        parse_scenario(text, "x.toml", {.overrides = {std::string{"timeline.2.at="} + when}, .quick = false});
    World world{scenario, {.observers = {&record}}};
    world.run_until(at(3s));
    EXPECT_LT(record.index_of("server host crashes"), record.index_of("client types")) << when;
    EXPECT_TRUE(record.has("client types")) << when;
    EXPECT_FALSE(record.ran_back);
  }
}

TEST(WorldTimeline, AServerKilledAtTheStartRefuses) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent kill = event(Verb::process_killed, 0s, "server process is killed");
  kill.at = kAtStart;
  scenario.timeline.push_back(kill);
  World world{scenario, {.observers = {&record}}};
  world.run_until(at(500ms));
  ASSERT_EQ(record.packets.size(), 2u);
  EXPECT_EQ(record.packets[1].flags, tcp_flag::rst | tcp_flag::ack);
}

TEST(WorldTimeline, AnEventAfterSomethingHappensThen) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent crash = event(Verb::host_crashes, 0s, "server host crashes");
  crash.after = trigger_from("line 1 answered");
  crash.delay = 3s;
  scenario.timeline.push_back(crash);
  World world{scenario, {.observers = {&record}}};
  world.run_until(at(10s));
  EXPECT_TRUE(record.has("4020000000 server host crashes"));
  EXPECT_FALSE(world.server().is_up());
}

TEST(WorldTimeline, AnEventThatNeverComesIsRemarked) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent crash = event(Verb::host_crashes, 0s, "server host crashes");
  crash.after = trigger_from("line 7 answered");
  scenario.timeline.push_back(crash);
  World world{scenario, {.observers = {&record}}};
  world.run();
  EXPECT_TRUE(record.has("remark \"server host crashes\" never came: it waits for \"line 7 answered\""));
}

}  // namespace
}  // namespace halfopen
