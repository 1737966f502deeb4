// A host's fates: crash, reboot, shutdown; ICMP; and what a million connections would cost.
#include "sim/run/model_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

using ::testing::ElementsAre;

ProgramConfig program(std::string name) {
  ProgramConfig config;
  config.name = std::move(name);
  return config;
}

PumpConfig client_and_echo() {
  PumpConfig config;
  config.client_program = program("line-client");
  config.server_program = program("echo-server");
  return config;
}

TEST(ModelHost, IsDarkBeforeBoot) {
  BlockPool pool;
  ModelHost host{host_config(HostId::client, "linux", {}), pool, nullptr};
  Packet packet;
  EXPECT_FALSE(host.is_up());
  EXPECT_TRUE(host.all_exited());
  EXPECT_FALSE(host.run_programs(kTimeZero));
  EXPECT_FALSE(host.poll_packet(kTimeZero, packet));
  EXPECT_EQ(host.next_deadline(), kNever);
}

TEST(ModelHost, RunsWithoutAnObserver) {
  BlockPool pool;
  ModelHost host{host_config(HostId::client, "linux", program("line-client")), pool, nullptr};
  host.boot(kTimeZero);
  EXPECT_TRUE(host.run_programs(kTimeZero));
  Packet packet;
  ASSERT_TRUE(host.poll_packet(kTimeZero, packet));
  EXPECT_TRUE(packet.segment()->has(tcp_flag::syn));
}

TEST(ModelHost, CrashedItSwallowsPacketsAndSaysNothing) {
  Pump pump{client_and_echo()};
  pump.run_for(1s);
  pump.flags_since_last();
  pump.server.crash(pump.now);
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "");
  EXPECT_EQ(pump.recorder.states(HostId::server).back(), "ESTABLISHED -> CLOSED");
  const auto& notes = pump.recorder.notes;
  const auto last = std::ranges::find_if(notes.rbegin(), notes.rend(),
                                         [](const Note& n) { return std::holds_alternative<StateNote>(n); });
  EXPECT_EQ(std::get<StateNote>(*last).why, Cause::host_gone);
  pump.client.type(pump.now, "hello?");
  pump.run_for(150ms);
  EXPECT_EQ(pump.flags_since_last(), ">P.");
}

TEST(ModelHost, CrashedInTheMiddleOfEverythingItLeaksNothing) {
  PumpConfig config = client_and_echo();
  config.client_program = program("bulk-client");
  config.client_program.bytes = 100'000'000;
  Pump pump{config};
  pump.run_for(200ms);
  pump.client.crash(pump.now);
  pump.server.crash(pump.now);
  EXPECT_TRUE(pump.client.all_exited());
}

TEST(ModelHost, RebootedItResetsOldConnectionsAndServesNewOnes) {
  Pump pump{client_and_echo()};
  pump.run_for(1s);
  pump.server.reboot(pump.now);
  pump.flags_since_last();
  pump.client.type(pump.now, "hello?");
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), ">P. <R");
  EXPECT_EQ(pump.recorder.output(HostId::client), "line-client: read error: Connection reset by peer\n");
  Process& driver = pump.driver(pump.client);
  pump.call(pump.client, driver, calls::socket());
  EXPECT_EQ(
      pump.call(pump.client, driver, calls::connect(3, {pump.server.config().address, Pump::kPort})).value,
      0);
}

TEST(ModelHost, RebootedItHasOtherSecretsButTheSameOnesInEveryRun) {
  const auto second_isn = [](bool reboot) {
    Pump pump{client_and_echo()};
    if (reboot) pump.client.reboot(pump.now);
    pump.settle();
    return pump.sent.back().packet.segment()->seq;
  };
  EXPECT_EQ(second_isn(true), second_isn(true));
  EXPECT_NE(second_isn(true), second_isn(false));
}

TEST(ModelHost, RebootedItHasNoInputFromBefore) {
  Pump pump{client_and_echo()};
  pump.run_for(1s);
  pump.client.freeze(pump.now, Victim::all);
  pump.client.type(pump.now, "lost");
  pump.client.reboot(pump.now);
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "");
}

TEST(ModelHost, ShutDownItTerminatesThenKillsThenGoesDark) {
  PumpConfig config = client_and_echo();
  config.server_program.on_sigterm = OnSigterm::ignores;
  Pump pump{config};
  pump.run_for(1s);
  pump.flags_since_last();
  pump.server.shut_down(pump.now, 5s, 2s);
  pump.run_for(5s - 1ns);
  EXPECT_EQ(pump.flags_since_last(), "");
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "<F. >.");
  EXPECT_TRUE(pump.server.all_exited());
  EXPECT_TRUE(pump.server.is_up());
  pump.run_for(1s + 1ns);
  EXPECT_FALSE(pump.server.is_up());
}

TEST(ModelHost, ShutDownWithoutDarknessItStillAnswers) {
  Pump pump{client_and_echo()};
  pump.run_for(1s);
  pump.server.shut_down(pump.now, 5s, Duration::max());
  pump.run_for(1min);
  pump.flags_since_last();
  pump.client.type(pump.now, "hello?");
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), ">P. >F. <R <R");
}

TEST(ModelHost, ShutDownAndDarkAtOnceItsLastPacketsStillLeave) {
  Pump pump{client_and_echo()};
  pump.run_for(1s);
  pump.flags_since_last();
  pump.server.shut_down(pump.now, 0s, 0s);
  pump.run_for(5ms);
  EXPECT_EQ(pump.flags_since_last(), "<F.");
  EXPECT_FALSE(pump.server.is_up());
}

TEST(ModelHost, AnswersAnEchoRequest) {
  Pump pump;
  Packet ping;
  ping.ip.source = pump.client.config().address;
  ping.ip.destination = pump.server.config().address;
  ping.body = IcmpMessage{8, 0, 0x12345678, {1, 2, 3}};
  pump.inject(pump.server, ping);
  pump.run_for(1s);
  ASSERT_EQ(pump.sent.size(), 1u);
  const IcmpMessage& pong = *pump.sent[0].packet.icmp();
  EXPECT_EQ(pong.type, 0);
  EXPECT_EQ(pong.rest, 0x12345678u);
  EXPECT_EQ(pong.body, (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(pump.sent[0].packet.why.cause, Cause::icmp_reply);
}

TEST(ModelHost, TellsThatAPortOrAProtocolIsUnreachable) {
  for (const auto& [protocol, code] : {std::pair<std::uint8_t, std::uint8_t>{17, 3}, {132, 2}}) {
    Pump pump;
    Packet packet;
    packet.ip.source = pump.client.config().address;
    packet.ip.destination = pump.server.config().address;
    packet.body = OtherBody{protocol, std::vector<std::uint8_t>(20, 0)};
    pump.inject(pump.server, packet);
    pump.run_for(1s);
    ASSERT_EQ(pump.sent.size(), 1u);
    EXPECT_EQ(pump.sent[0].packet.icmp()->type, 3);
    EXPECT_EQ(pump.sent[0].packet.icmp()->code, code);
    EXPECT_EQ(pump.sent[0].packet.ip.source, pump.server.config().address);
  }
}

TEST(ModelHost, AnIcmpErrorEndsAConnectionAttemptOnLinux) {
  Pump pump;
  pump.loses = [](HostId, const Packet&) { return true; };
  Process& driver = pump.driver(pump.client);
  pump.call(pump.client, driver, calls::socket());
  const SocketAddress server{pump.server.config().address, Pump::kPort};
  EXPECT_TRUE(pump.call(pump.client, driver, calls::connect(3, server), 100ms).blocked);
  const auto error =
      make_icmp_error(IcmpKind::net_unreachable, pump.sent.back().packet, *IpAddress::parse("10.9.0.254"), 0);
  pump.inject(pump.client, *error);
  pump.run_for(100ms);
  EXPECT_EQ(Syscalls::take_completed(driver)->error, Errno::netunreach);
}

TEST(ModelHost, ReportsItsConnectionsOldestFirst) {
  Pump pump;
  pump.connect_pair();
  Process& driver = pump.driver(pump.client);
  pump.call(pump.client, driver, calls::socket());
  pump.call(pump.client, driver, calls::connect(3, {pump.server.config().address, Pump::kPort}));
  std::vector<std::uint16_t> ports;
  pump.client.each_connection([&](const FourTuple& tuple, const Endpoint::Info& info) {
    ports.push_back(tuple.local.port);
    EXPECT_EQ(info.state, State::established);
  });
  EXPECT_THAT(ports, ElementsAre(ports.front(),
                                 Sockets::endpoint_of(*driver.files[3].socket)->addresses().local.port));
}

// A hundred thousand of them are 110 MB.
TEST(ModelHost, AnIdleConnectionIsOfElevenHundredBytes) {
  const std::size_t table_slot = 2 * (sizeof(Connection*) + sizeof(std::uint32_t));  // at worst half full
  const std::size_t malloc_header = 16;
  EXPECT_LE(sizeof(Connection) + malloc_header + sizeof(Socket) + sizeof(Descriptor) + table_slot, 1100u);
}

}  // namespace
}  // namespace halfopen::test
