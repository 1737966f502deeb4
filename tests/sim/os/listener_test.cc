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
  listen(0);
  Process& first = pump.driver(pump.client);
  Process& second = pump.driver(pump.client);
  const SocketAddress server{pump.server.config().address, Pump::kPort};
  for (Process* process : {&first, &second}) {
    pump.call(pump.client, *process, calls::socket());
    pump.client.syscalls().call(pump.now, *process, calls::connect(3, server));
  }
  pump.run_for(100ms);
  // Both SYNs came before the queue was full; the second client believes that it is connected.
  EXPECT_EQ(Pump::state_of(second, 3), State::established);
  EXPECT_EQ(established_at_server(), 1u);
  // When there is room, the SYN-ACK sent again lets it in.
  pump.call(pump.server, serving, calls::accept(listening));
  pump.run_for(5s);
  EXPECT_EQ(established_at_server(), 2u);
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
