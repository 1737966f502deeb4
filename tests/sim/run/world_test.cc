#include "sim/run/world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/sim/run/world_record.h"

namespace halfopen {
namespace {

using test::at;
using test::echo;
using test::event;
using test::Record;

TEST(World, TheEchoWorksAndTheRunEndsByItself) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent over = event(Verb::closes_input, 2s, "client closes input");
  over.host = HostId::client;
  scenario.timeline.push_back(over);
  World world{scenario, {.observers = {&record}}};
  const TimePoint end = world.run();
  EXPECT_TRUE(world.is_quiet());
  EXPECT_LT(end, scenario.until);
  EXPECT_TRUE(record.has("client read = 6"));
  EXPECT_TRUE(record.has("client CLOSED"));
  EXPECT_FALSE(record.ran_back);
  EXPECT_TRUE(world.client().all_exited());
}

TEST(World, TheServerListensBeforeTheClientStartsAtTimeZero) {
  Record record;
  World world{echo(""), {.observers = {&record}}};
  world.run_until(at(500ms));
  EXPECT_EQ(world.now(), at(500ms));
  EXPECT_LT(record.index_of("0 server listen = 0"), record.index_of("0 client socket = 3"));
  ASSERT_GE(record.packets.size(), 3u);
  EXPECT_EQ(record.packets[0].at, kTimeZero);
  EXPECT_EQ(record.packets[0].flags, tcp_flag::syn);
  EXPECT_EQ(record.packets[1].flags, tcp_flag::syn | tcp_flag::ack);
  EXPECT_EQ(record.packets[1].at, at(20ms));
  EXPECT_EQ(record.packets[2].at, at(20ms));
}

TEST(World, TheTapSeesItsOwnHostsPacketsWhenTheyLeaveAndTheOthersWhenTheyArrive) {
  const auto first_two = [](HostId tap) {
    Record record;
    World world{echo(""), {.tap = tap, .observers = {&record}}};
    world.run_until(at(15ms));
    world.run_until(at(20ms));
    return std::pair{record.packets.at(0).at, record.packets.at(1).at};
  };
  EXPECT_EQ(first_two(HostId::client), (std::pair{at(0ms), at(20ms)}));
  EXPECT_EQ(first_two(HostId::server), (std::pair{at(10ms), at(10ms)}));
}

TEST(World, ALostPacketIsSeenAtTheTapWithItsFate) {
  Record record;
  World world{echo("[path]\nto_server.loss = 1"), {.observers = {&record}}};
  world.run_until(at(100ms));
  ASSERT_EQ(record.packets.size(), 1u);
  EXPECT_EQ(record.packets[0].fate, PacketFate::lost);
}

// Nobody receives what is sent to a dead host, unless it is up again when the packet arrives.
TEST(World, APacketToADeadHostSaysThatNobodyIsThere) {
  for (const HostId tap : {HostId::client, HostId::server}) {
    Record record;
    Scenario scenario = echo("");
    scenario.timeline.push_back(event(Verb::host_crashes, 2s, "server host crashes"));
    TimelineEvent line = event(Verb::types, 3s, "client types");
    line.host = HostId::client;
    line.text = "x\n";
    scenario.timeline.push_back(line);
    line.at = at(10s);
    scenario.timeline.push_back(event(Verb::host_reboots, 10s + 5ms, "server host reboots"));
    scenario.timeline.insert(scenario.timeline.end() - 1, line);
    World world{scenario, {.tap = tap, .observers = {&record}}};
    world.run_until(at(11s));
    for (const Record::Seen& seen : record.packets) {
      const bool is_dead = seen.at > at(2s) && seen.at < at(10s);
      EXPECT_EQ(seen.fate, is_dead ? PacketFate::nobody_there : PacketFate::delivered)
          << to_string(tap) << " at " << nanos(seen.at);
    }
    EXPECT_GE(std::ranges::count(record.packets, PacketFate::nobody_there, &Record::Seen::fate), 3);
    const auto answer = std::ranges::find_if(record.packets, [](const Record::Seen& seen) {
      return seen.from == HostId::server && seen.at > at(10s);
    });
    ASSERT_NE(answer, record.packets.end()) << "what leaves 5 ms before the boot arrives 5 ms after it";
    EXPECT_TRUE(answer->flags & tcp_flag::rst);
  }
}

TEST(World, TheSameSeedGivesTheSameRunAndAnotherSeedAnother) {
  const auto run = [](std::uint64_t seed) {
    Record record;
    World world{echo("[path]\nloss = 0.2\njitter = '5ms'\nreorder = 0.1\nduplicate = 0.1"),
                {.seed = seed, .observers = {&record}}};
    world.run_until(at(60s));
    return record.lines;
  };
  EXPECT_EQ(run(3), run(3));
  EXPECT_NE(run(3), run(4));
}

TEST(World, ListeningChangesNothing) {
  const auto packets = [](const Observers& observers) {
    World world{echo("[path]\nloss = 0.2"), {.seed = 3, .observers = observers}};
    world.run_until(at(60s));
    return world.packets_sent();
  };
  Record record;
  EXPECT_EQ(packets({&record}), packets({}));
}

// One road: each observer hears packets and notes as they come, and so do the timeline's triggers.
TEST(World, EveryObserverHearsPacketsAndNotesInTheSameOrder) {
  Record one;
  Record two;
  World world{echo(""), {.observers = {&one, &two}}};
  world.run_until(at(10s));
  EXPECT_TRUE(one.has("client read = 6"));
  EXPECT_FALSE(one.packets.empty());
  EXPECT_EQ(one.lines, two.lines);
}

TEST(World, WhatOthersTellReachesObserversAndTriggersAlike) {
  Record record;
  Scenario scenario = echo("");
  TimelineEvent crash = event(Verb::host_crashes, 0s, "server host crashes");
  crash.after = trigger_from("server enters LAST_ACK");
  scenario.timeline.push_back(crash);
  World world{scenario, {.observers = {&record}}};
  world.run_until(at(2s));
  EXPECT_TRUE(world.server().is_up());
  ASSERT_TRUE(world.notes().wants(NoteKind::state));
  StateNote note{.at = world.now(), .host = HostId::server, .connection = {}};
  note.to = State::last_ack;
  world.notes().on_note(note);
  world.run_until(at(3s));
  EXPECT_FALSE(world.server().is_up());
  EXPECT_TRUE(record.has("2000000000 server host crashes"));
}

TEST(World, TriggersAreHeardWithoutAnyObserver) {
  Scenario scenario = echo("");
  TimelineEvent crash = event(Verb::host_crashes, 0s, "server host crashes");
  crash.after = trigger_from("line 1 answered");
  scenario.timeline.push_back(crash);
  World world{scenario, {}};
  EXPECT_FALSE(world.notes().wants_packets());
  EXPECT_FALSE(world.notes().wants(NoteKind::timer));
  world.run_until(at(10s));
  EXPECT_FALSE(world.server().is_up());
}

TEST(World, TheRunEndsAtUntilWhenItWouldGoOn) {
  Scenario scenario = echo("until = '90s'\n");
  scenario.client.program.sockopts = {{"SO_KEEPALIVE", 1}, {"TCP_KEEPIDLE", 10}};
  World world{scenario, {}};
  EXPECT_EQ(world.run(), at(90s));
  EXPECT_FALSE(world.is_quiet());
}

TEST(World, ItStandsWithoutAScenarioFileAndWithoutPrograms) {
  World world{Scenario{}, {}};
  EXPECT_TRUE(world.is_quiet());
  EXPECT_EQ(world.run(), kTimeZero);
  EXPECT_EQ(world.packets_sent(), 0u);
  world.run_until(at(1s));
  EXPECT_EQ(world.now(), at(1s));
}

TEST(World, ARunThatDoesNotMoveOnIsStopped) {
  Scenario scenario = echo("[path]\ndelay = '0s'");
  WorldOptions options;
  options.max_rounds_per_instant = 3;
  const auto run = [&] { World(scenario, options).run(); };
  EXPECT_THROW(run(), std::runtime_error);
}

TEST(World, EverythingThatWasSentIsDeliveredLostOrInFlight) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Scenario scenario = echo("[path]\nloss = 0.1\nreorder = 0.1\nduplicate = 0.1\nrate = '1Mbit/s'");
    World world{scenario, {.seed = seed}};
    for (Duration t = 0s; t < 5s; t += 7ms) {
      world.run_until(at(t));
      for (const Direction one : {Direction::to_server, Direction::to_client}) {
        const PathCounters& c = world.path().counters(one);
        ASSERT_EQ(c.sent + c.duplicated, c.delivered + c.lost + world.path().in_flight(one))
            << "seed " << seed;
      }
    }
  }
}

// Packets over the MTU, and options that nobody can read, as a SACK option without blocks is.
class Faults final : public Observer {
 public:
  void on_packet(const PacketNote& note) override {
    constexpr std::size_t kMtu = 1500;
    const Segment* tcp = note.packet->segment();
    ++packets;
    blocks += tcp->options.sack().empty() ? 0u : 1u;
    too_long += wire_size(*note.packet) > kMtu ? 1u : 0u;
    unreadable += TcpOptions::parse(tcp->options.wire()) ? 0u : 1u;
  }
  void on_note(const Note& /*note*/) override {}

  std::size_t packets = 0, blocks = 0, too_long = 0, unreadable = 0;
};

// Retransmissions beside SACK blocks were over the MTU once.
TEST(World, OverABadPathEveryPacketIsOne) {
  const std::string holes =
      "[path.to_server]\ndelay = '20ms'\nloss = 0.15\nreorder = 0.3\nreorder_delay = '30ms'\n"
      "[path.to_client]\ndelay = '20ms'\nloss = 0.02\n[server]\nprofile = 'linux-6.1'\nprogram = 'sink'\n";
  const std::string both_ways =
      "[path]\ndelay = '20ms'\nloss = 0.03\n[server]\nprofile = 'linux-6.1'\nprogram = 'echo-server'\n";
  // What is echoed to a client that does not read fills every buffer, and there it ends.
  for (const auto& [bad, least] : {std::pair{holes, 500u}, {both_ways, 20u}}) {
    const Scenario scenario = parse_scenario(
        "title = 'x'\nuntil = '3000s'\n[client]\nprofile = 'linux-6.1'\nprogram = 'bulk-client'\nbytes = "
        "3000000\n" +
            bad,
        "x.toml");
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Faults faults;
      World world{scenario, {.seed = seed, .observers = {&faults}}};
      world.run();
      EXPECT_GT(faults.packets, 300u) << seed;
      EXPECT_GT(faults.blocks, least) << seed;
      EXPECT_EQ(faults.too_long, 0u) << seed;
      EXPECT_EQ(faults.unreadable, 0u) << seed;
    }
  }
}

// ACKs that are taken after a blocked write has gone on, at the instant of the first that made room.
std::ptrdiff_t acks_after_the_write(const std::string& preemption) {
  Record record;
  World world{parse_scenario("title = 'x'\nuntil = '80ms'\n[client]\nprogram = 'bulk-client'\nbytes = "
                             "'400KiB'\nwakeup_preemption = '" +
                                 preemption + "'\n[server]\nprogram = 'sink'",
                             "x.toml"),
              {.observers = {&record}}};
  world.run();
  const auto begins = [](std::string_view text) {
    return [text](const std::string& line) { return line.starts_with(text); };
  };
  const auto write = std::ranges::find_if(record.lines, begins("60000000 client write = "));
  EXPECT_NE(write, record.lines.end());
  return std::count_if(write, record.lines.end(), begins("60000000 server delivered"));
}

TEST(World, AWriterWaitsForTheOtherPacketsOfTheInstantUnlessItPreempts) {
  EXPECT_EQ(acks_after_the_write("none"), 0);
  EXPECT_GT(acks_after_the_write("writers"), 0);
  EXPECT_GT(acks_after_the_write("all"), 0);
}

TEST(World, SkippedSysctlsAreRemarkedAtTheStart) {
  Record record;
  Scenario scenario =
      parse_scenario("title = 'x'\n[client]\nprofile = '4.4bsd'\nsysctl.tcp_retries2 = 3", "x.toml");
  World world{scenario, {.observers = {&record}}};
  ASSERT_FALSE(record.lines.empty());
  EXPECT_NE(record.lines[0].find("tcp_retries2 is skipped"), std::string::npos) << record.lines[0];
}

}  // namespace
}  // namespace halfopen
