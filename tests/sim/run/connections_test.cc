// A client that runs its program more than once, from one address or from many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/run/world.h"
#include "sim/scenario/scenario.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// What the client's programs did, and from where its packets came.
class Crowd final : public Observer {
 public:
  [[nodiscard]] bool wants(NoteKind kind) const override {
    return kind == NoteKind::call || kind == NoteKind::process;
  }
  void on_packet(const PacketNote& note) override {
    const Segment* tcp = note.packet->segment();
    if (note.from != HostId::client || tcp == nullptr) return;
    if (tcp->flags == tcp_flag::syn) {
      const bool is_new = ends.insert({note.packet->ip.source, tcp->source_port}).second;
      if (is_new) ++connections_of[note.packet->ip.source.to_string()];
    }
  }
  void on_note(const Note& note) override {
    if (const auto* process = std::get_if<ProcessNote>(&note)) {
      if (process->host != HostId::client) return;
      if (process->what == ProcessNote::What::started) started.push_back(process->at - kTimeZero);
      if (process->what == ProcessNote::What::output) printed[process->pid] += process->text;
      if (process->what == ProcessNote::What::exited) ++exits[process->status];
    }
    if (const auto* call = std::get_if<CallNote>(&note); call != nullptr && call->host == HostId::client) {
      if (call->result < 0) failures.push_back(call->call);
    }
  }

  std::set<SocketAddress> ends;
  std::map<std::string, int> connections_of;  // by address
  std::map<std::uint32_t, std::string> printed;
  std::map<int, int> exits;  // by status
  std::vector<Duration> started;
  std::vector<std::string> failures;
};

Crowd run(const std::string& client, const std::string& rest, int ip_version = 4) {
  const Scenario scenario = parse_scenario("title = 'x'\nip_version = " + std::to_string(ip_version) +
                                               "\n[client]\nprogram = 'line-client'\n" + client +
                                               "\n[server]\nprogram = 'echo-server'\nbacklog = 1024\n" + rest,
                                           "x.toml");
  Crowd crowd;
  World{scenario, {.seed = std::nullopt, .observers = {&crowd}}}.run();
  return crowd;
}

constexpr const char* kTypes =
    "[[timeline]]\nat = '1s'\ndo = 'client types'\ntext = 'hello'\ntimes = 2\n"
    "[[timeline]]\nat = '2s'\ndo = 'client closes input'\n";

TEST(Connections, EachIsAProgramOfItsOwnWithTheSameInput) {
  const Crowd crowd = run("connections = 300\naddresses = '10.9.1.1-10.9.1.3'", kTypes);
  EXPECT_EQ(crowd.started.size(), 300u);
  EXPECT_EQ(crowd.printed.size(), 300u);
  for (const auto& [pid, text] : crowd.printed) EXPECT_EQ(text, "hello\nhello\n") << pid;
  EXPECT_EQ(crowd.printed.begin()->first, 100u);
  EXPECT_EQ(crowd.printed.rbegin()->first, 399u);
  EXPECT_EQ(crowd.exits, (std::map<int, int>{{0, 300}}));
  EXPECT_TRUE(crowd.failures.empty());
}

TEST(Connections, AddressesAreUsedInTurn) {
  EXPECT_THAT(run("connections = 8\naddresses = '10.9.1.1-10.9.1.3'", kTypes).connections_of,
              ElementsAre(Pair("10.9.1.1", 3), Pair("10.9.1.2", 3), Pair("10.9.1.3", 2)));
}

TEST(Connections, IPv6AddressesToo) {
  const Crowd crowd = run("connections = 4\naddresses = 'fd00:9::1:1-fd00:9::1:2'", kTypes, 6);
  EXPECT_THAT(crowd.connections_of, ElementsAre(Pair("fd00:9::1:1", 2), Pair("fd00:9::1:2", 2)));
  EXPECT_EQ(crowd.exits, (std::map<int, int>{{0, 4}}));
}

TEST(Connections, WithoutAddressesAllComeFromTheHostsOwn) {
  EXPECT_THAT(run("connections = 8", kTypes).connections_of, ElementsAre(Pair("10.9.0.1", 8)));
}

TEST(Connections, ManyMoreThanThePortsOfOneAddress) {
  const Crowd crowd =
      run("connections = 300\nsysctl.ip_local_port_range = '40000 40099'\n"
          "addresses = '10.9.1.1-10.9.1.3'",
          kTypes);
  EXPECT_EQ(crowd.ends.size(), 300u);
  EXPECT_EQ(crowd.exits, (std::map<int, int>{{0, 300}}));
}

TEST(Connections, OneLocalPortServesEveryAddressOnce) {
  const Crowd crowd = run("connections = 3\nlocal_port = 5000\naddresses = '10.9.1.1-10.9.1.3'", kTypes);
  EXPECT_EQ(crowd.exits, (std::map<int, int>{{0, 3}}));
  for (const SocketAddress& end : crowd.ends) EXPECT_EQ(end.port, 5000);
}

TEST(Connections, StartAnIntervalApartAndFindWhatWasTypedBefore) {
  const Crowd crowd = run("connections = 3\nconnection_interval = '700ms'", kTypes);
  EXPECT_THAT(crowd.started, ElementsAre(0ms, 700ms, 1400ms));
  for (const auto& [pid, text] : crowd.printed) EXPECT_EQ(text, "hello\nhello\n") << pid;
}

TEST(Connections, AfterARebootAllStartAgain) {
  const Crowd crowd = run("connections = 3\nconnection_interval = '1s'",
                          "[[timeline]]\nat = '1500ms'\ndo = 'client host reboots'\n");
  EXPECT_THAT(crowd.started, ElementsAre(0ms, 1s, 1500ms, 2500ms, 3500ms));
}

TEST(Connections, AHostThatShutsDownStartsNoMore) {
  const Crowd crowd = run("connections = 3\nconnection_interval = '1s'",
                          "[[timeline]]\nat = '500ms'\ndo = 'client host shuts down'\ndark = 'never'\n");
  EXPECT_THAT(crowd.started, ElementsAre(0ms));
}

TEST(Connections, WhatTheTimelineDoesToTheClientsProcessItDoesToEach) {
  const Crowd crowd = run(
      "connections = 3",
      "[[timeline]]\nat = '1s'\ndo = 'client process is killed'\nsignal = 'SIGKILL'\n" + std::string{kTypes});
  EXPECT_TRUE(crowd.printed.empty());
  EXPECT_TRUE(crowd.exits.empty());
}

// The host owns every address of the range, and no other.
TEST(Connections, AStrangerIsResetFromTheAddressItWroteTo) {
  const Scenario scenario = parse_scenario(
      "title = 'x'\n[client]\nprogram = 'line-client'\naddresses = '10.9.1.1-10.9.1.3'", "x.toml");
  World world{scenario, {}};
  world.run();  // nobody listens: its own program is done
  BlockPool pool;
  const auto answer_from = [&](const char* address) -> std::string {
    Packet packet = test::tcp_packet(pool, {.from_server = true});
    packet.ip.destination = *IpAddress::parse(address);
    world.client().receive(world.now(), std::move(packet));
    Packet answer;
    if (!world.client().poll_packet(world.now(), answer)) return "nothing";
    return answer.ip.source.to_string() + (answer.segment()->has(tcp_flag::rst) ? " resets" : " answers");
  };
  EXPECT_EQ(answer_from("10.9.1.3"), "10.9.1.3 resets");
  EXPECT_EQ(answer_from("10.9.1.4"), "nothing");
}

}  // namespace
}  // namespace halfopen
