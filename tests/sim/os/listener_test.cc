// Listen queues: who is let in, who is dropped, and what becomes of them when the listener goes.
#include "sim/os/listener.h"

#include <gtest/gtest.h>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

class ListenTest : public ::testing::Test {
 protected:
  explicit ListenTest(const std::string& profile = "linux")
      : pump{{.client_profile = profile, .server_profile = profile}} {}

  void listen(std::uint32_t backlog) {
    listening = static_cast<int>(pump.call(pump.server, serving, calls::socket()).value);
    pump.call(pump.server, serving, calls::bind(listening, {IpAddress{}, Pump::kPort}));
    pump.call(pump.server, serving, calls::listen(listening, backlog));
  }
  // A connection attempt; its driver waits in connect() until it succeeds.
  Process& attempt() {
    Process& process = pump.driver(pump.client);
    pump.call(pump.client, process, calls::socket());
    pump.call(pump.client, process, calls::connect(3, {pump.server.config().address, Pump::kPort}), 100ms);
    return process;
  }
  // Attempts whose SYNs all leave before the first is answered.
  std::vector<Process*> attempt_at_once(int count) {
    std::vector<Process*> processes;
    for (int i = 0; i < count; ++i) {
      Process& process = pump.driver(pump.client);
      pump.call(pump.client, process, calls::socket());
      pump.client.syscalls().call(pump.now, process,
                                  calls::connect(3, {pump.server.config().address, Pump::kPort}));
      processes.push_back(&process);
    }
    pump.run_for(100ms);
    return processes;
  }
  [[nodiscard]] std::size_t connections_at_server() {
    return pump.server.kernel().stack().connection_count();
  }
  [[nodiscard]] std::size_t established_at_server() {
    std::size_t count = 0;
    pump.server.each_connection([&](const FourTuple&, const Endpoint::Info& info) {
      count += info.state == State::established ? 1 : 0;
    });
    return count;
  }

  Pump pump;
  Process& serving = pump.driver(pump.server);
  int listening = -1;
};

struct LinuxListen : ListenTest {};
struct BsdListen : ListenTest {
  BsdListen() : ListenTest{"4.4bsd"} {}
};

TEST_F(LinuxListen, ABacklogOfOneHoldsTwo) {
  listen(1);
  EXPECT_EQ(Pump::state_of(attempt(), 3), State::established);
  EXPECT_EQ(Pump::state_of(attempt(), 3), State::established);
  EXPECT_EQ(Pump::state_of(attempt(), 3), State::syn_sent);
  EXPECT_EQ(established_at_server(), 2u);
}

TEST_F(LinuxListen, ADroppedSynGetsInWhenRoomWasMade) {
  listen(1);
  attempt();
  attempt();
  Process& third = attempt();
  EXPECT_FALSE(pump.call(pump.server, serving, calls::accept(listening)).failed());
  pump.run_for(2s);
  EXPECT_EQ(Pump::state_of(third, 3), State::established);
}

TEST_F(LinuxListen, TheLastAckIsDroppedWhenTheQueueFilledMeanwhile) {
  listen(1);
  attempt();
  const auto two = attempt_at_once(2);
  // Both SYNs came before the queue was full; the last client believes that it is connected.
  EXPECT_EQ(Pump::state_of(*two[1], 3), State::established);
  EXPECT_EQ(established_at_server(), 2u);
  EXPECT_EQ(connections_at_server(), 3u);
  // When there is room, the SYN-ACK sent again lets it in.
  pump.call(pump.server, serving, calls::accept(listening));
  pump.run_for(5s);
  EXPECT_EQ(established_at_server(), 3u);
}

TEST_F(LinuxListen, AFullQueueResetsWhereTheHostSaysSo) {
  pump.server.profile().socket.rst_on_overflow.value = true;
  listen(1);
  attempt();
  const auto two = attempt_at_once(2);
  EXPECT_EQ(Pump::state_of(*two[1], 3), State::closed);
  EXPECT_EQ(connections_at_server(), 2u);
}

// Beyond the backlog of embryos a SYN gets a cookie: as many clients are connected as asked, and the server
// keeps nothing of the last one until it sends something for which there is room.
TEST_F(LinuxListen, ABurstBeyondTheBacklogGetsCookies) {
  listen(1);
  pump.loses = [](HostId from, const Packet&) { return from == HostId::server; };
  const auto three = attempt_at_once(3);
  EXPECT_EQ(connections_at_server(), 2u);
  pump.loses = nullptr;
  pump.run_for(1s);  // all SYNs again
  for (Process* client : three) EXPECT_EQ(Pump::state_of(*client, 3), State::established);
  EXPECT_EQ(established_at_server(), 2u);
  EXPECT_EQ(connections_at_server(), 2u);
  pump.call(pump.server, serving, calls::accept(listening));
  for (Process* client : three) pump.write(pump.client, *client, 3, "x");
  pump.run_for(1s);
  EXPECT_EQ(established_at_server(), 3u);
}

TEST_F(LinuxListen, WithoutCookiesABurstBeyondTheBacklogIsDropped) {
  pump.server.profile().socket.syn_cookies.value = SynCookies::never;
  listen(1);
  pump.loses = [](HostId from, const Packet&) { return from == HostId::server; };
  attempt_at_once(3);
  EXPECT_EQ(connections_at_server(), 2u);
  pump.loses = nullptr;
  const std::size_t sent = pump.sent.size();
  attempt();
  EXPECT_EQ(pump.sent.size(), sent + 1);  // its SYN, and no answer
}

// net/ipv4/tcp_input.c tcp_conn_request: max_syn_backlog - qlen < max_syn_backlog >> 2.
TEST_F(LinuxListen, WithoutCookiesAQuarterOfTheEmbryosIsForKnownEnds) {
  pump.server.profile().socket.syn_cookies.value = SynCookies::never;
  pump.server.profile().socket.embryos_most.value = 4;
  listen(100);
  pump.loses = [](HostId from, const Packet&) { return from == HostId::server; };
  attempt_at_once(6);
  EXPECT_EQ(connections_at_server(), 4u);
}

TEST_F(LinuxListen, AConnectionResetInTheQueueIsAcceptedAndReadTells) {
  listen(5);
  Process& client = attempt();
  pump.reset_from(pump.client, client, 3);
  const CallResult accepted = pump.call(pump.server, serving, calls::accept(listening), 1s);
  ASSERT_FALSE(accepted.blocked);
  EXPECT_EQ(pump.read(pump.server, serving, static_cast<int>(accepted.value)), "ECONNRESET");
}

TEST_F(BsdListen, AConnectionResetInTheQueueIsForgotten) {
  listen(5);
  Process& client = attempt();
  pump.reset_from(pump.client, client, 3);
  EXPECT_TRUE(pump.call(pump.server, serving, calls::accept(listening), 1s).blocked);
}

TEST_F(BsdListen, BothQueuesTogetherHoldOneAndAHalfTimesTheBacklog) {
  listen(2);
  std::size_t connected = 0;
  for (int i = 0; i < 6; ++i) connected += Pump::state_of(attempt(), 3) == State::established ? 1u : 0u;
  EXPECT_EQ(connected, 4u);  // full when more than 2 * 3 / 2 are there
}

TEST_F(LinuxListen, ConnectionsAreAcceptedInTheOrderInWhichTheyWereMade) {
  listen(5);
  Process& first = attempt();
  Process& second = attempt();
  for (Process* client : {&first, &second}) {
    const CallResult accepted = pump.call(pump.server, serving, calls::accept(listening));
    EXPECT_EQ(Syscalls::endpoint_of(serving, static_cast<int>(accepted.value))->addresses().remote.port,
              Syscalls::endpoint_of(*client, 3)->addresses().local.port);
  }
}

TEST_F(LinuxListen, ClosingTheListenerResetsWhoeverWaits) {
  listen(5);
  Process& client = attempt();
  pump.run_for(1s);
  pump.flags_since_last();
  pump.call(pump.server, serving, calls::close(listening));
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "<R.");
  EXPECT_EQ(Pump::state_of(client, 3), State::closed);
  EXPECT_EQ(pump.server.kernel().stack().connection_count(), 0u);
}

TEST_F(LinuxListen, ClosingTheListenerForgetsEmbryosWithoutAWord) {
  listen(5);
  pump.loses = [](HostId from, const Packet&) { return from == HostId::server; };
  attempt();
  EXPECT_EQ(pump.server.kernel().stack().connection_count(), 1u);
  pump.flags_since_last();
  pump.call(pump.server, serving, calls::close(listening));
  EXPECT_EQ(pump.flags_since_last(), "");
  EXPECT_EQ(pump.server.kernel().stack().connection_count(), 0u);
  EXPECT_EQ(pump.recorder.states(HostId::server).back(), "SYN_RECEIVED -> CLOSED");
}

TEST_F(LinuxListen, NewConnectionsInheritTheListenersOptions) {
  listening = static_cast<int>(pump.call(pump.server, serving, calls::socket()).value);
  pump.call(pump.server, serving, calls::setsockopt(listening, SocketOption::so_keepalive, 1));
  pump.call(pump.server, serving, calls::bind(listening, {IpAddress{}, Pump::kPort}));
  pump.call(pump.server, serving, calls::listen(listening, 5));
  attempt();
  const CallResult accepted = pump.call(pump.server, serving, calls::accept(listening));
  EXPECT_TRUE(Syscalls::endpoint_of(serving, static_cast<int>(accepted.value))->options().keepalive);
}

TEST_F(LinuxListen, ASynTakesOverATimeWait) {
  listen(5);
  Process& client = pump.driver(pump.client);
  const SocketAddress server{pump.server.config().address, Pump::kPort};
  pump.call(pump.client, client, calls::socket());
  pump.call(pump.client, client, calls::bind(3, {IpAddress{}, 4000}));
  pump.call(pump.client, client, calls::connect(3, server));
  const int accepted = static_cast<int>(pump.call(pump.server, serving, calls::accept(listening)).value);
  pump.call(pump.server, serving, calls::close(accepted));  // the server closes first: TIME_WAIT is its
  pump.run_for(1s);
  pump.call(pump.client, client, calls::close(3));
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.states(HostId::server).back(), "FIN_WAIT_2 -> TIME_WAIT");
  pump.call(pump.client, client, calls::socket());
  pump.call(pump.client, client, calls::bind(3, {IpAddress{}, 4000}));
  EXPECT_EQ(pump.call(pump.client, client, calls::connect(3, server), 1s).value, 0);
  EXPECT_FALSE(pump.call(pump.server, serving, calls::accept(listening), 1s).blocked);
  EXPECT_EQ(pump.server.kernel().stack().connection_count(), 1u);
}

}  // namespace
}  // namespace halfopen::test
