// close(): FIN, RST, SO_LINGER, and descriptors that share a socket.
#include <gtest/gtest.h>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

class CloseTest : public ::testing::Test {
 protected:
  CallResult close_client(Duration patience = 60s) {
    return pump.call(pump.client, pair.client, calls::close(pair.client_fd), patience);
  }
  void linger(std::int64_t seconds) {
    pump.call(pump.client, pair.client, calls::setsockopt(pair.client_fd, SocketOption::so_linger, seconds));
  }
  void cut() {
    pump.loses = [](HostId, const Packet&) { return true; };
  }

  Pump pump;
  Pump::Pair pair = pump.connect_pair();
};

TEST_F(CloseTest, SendsAFinAtOnce) {
  EXPECT_EQ(close_client().value, 0);
  EXPECT_EQ(pump.flags_since_last(), ">F.");
}

TEST_F(CloseTest, WithUnreadDataSendsAReset) {
  pump.write(pump.server, pair.server, pair.server_fd, "unread");
  pump.run_for(1s);
  pump.flags_since_last();
  close_client();
  EXPECT_EQ(pump.flags_since_last(), ">R.");
}

TEST_F(CloseTest, WithUnreadDataSendsAFinOnBsd) {
  Pump bsd{{.client_profile = "4.4bsd", .server_profile = "4.4bsd"}};
  const Pump::Pair two = bsd.connect_pair();
  bsd.write(bsd.server, two.server, two.server_fd, "unread");
  bsd.run_for(1s);
  bsd.flags_since_last();
  bsd.call(bsd.client, two.client, calls::close(two.client_fd));
  EXPECT_EQ(bsd.flags_since_last(), ">F.");
}

TEST_F(CloseTest, LingeringZeroSecondsSendsAReset) {
  linger(0);
  close_client();
  EXPECT_EQ(pump.flags_since_last(), ">R.");
}

TEST_F(CloseTest, LingeringBlocksUntilTheFinIsAcknowledged) {
  linger(10);
  const TimePoint began = pump.now;
  EXPECT_EQ(close_client().value, 0);
  EXPECT_GE(pump.now - began, 20ms);
  EXPECT_LT(pump.now - began, 100ms);
}

TEST_F(CloseTest, LingeringGivesUpWhenTheTimeIsUpAndTheFinGoesOn) {
  linger(3);
  cut();
  const TimePoint began = pump.now;
  EXPECT_EQ(close_client().value, 0);
  EXPECT_GE(pump.now - began, 3s);
  EXPECT_LT(pump.now - began, 4s);
  pump.flags_since_last();
  pump.run_for(10s);
  EXPECT_NE(pump.flags_since_last(), "");
}

TEST_F(CloseTest, LingeringTooLongIsAnErrorOnBsd) {
  Pump bsd{{.client_profile = "4.4bsd", .server_profile = "4.4bsd"}};
  const Pump::Pair two = bsd.connect_pair();
  bsd.call(bsd.client, two.client, calls::setsockopt(two.client_fd, SocketOption::so_linger, 3));
  bsd.loses = [](HostId, const Packet&) { return true; };
  EXPECT_EQ(bsd.call(bsd.client, two.client, calls::close(two.client_fd)).error, Errno::again);
}

TEST_F(CloseTest, ADyingProcessNeverLingers) {
  linger(10);
  cut();
  pump.client.kill(pump.now, Victim::all, sig::kill);
  pump.settle();
  EXPECT_TRUE(pump.client.all_exited());
  EXPECT_EQ(pump.flags_since_last(), ">F.");
}

TEST_F(CloseTest, ADyingProcessWithLingerZeroSendsAReset) {
  linger(0);
  pump.client.kill(pump.now, Victim::all, sig::kill);
  pump.settle();
  EXPECT_EQ(pump.flags_since_last(), ">R.");
}

TEST_F(CloseTest, AProcessKilledWhileItLingersLeavesTheFinOnItsWay) {
  linger(60);
  cut();
  EXPECT_TRUE(close_client(1s).blocked);
  pump.client.kill(pump.now, Victim::all, sig::kill);
  pump.settle();
  EXPECT_TRUE(pump.client.all_exited());
  pump.flags_since_last();
  pump.run_for(30s);
  EXPECT_NE(pump.flags_since_last(), "");
}

TEST_F(CloseTest, TheConnectionIsForgottenWhenItsTimeWaitIsOver) {
  close_client();
  pump.run_for(1s);
  pump.call(pump.server, pair.server, calls::close(pair.server_fd));
  pump.run_for(1s);
  EXPECT_EQ(pump.client.kernel().stack().connection_count(), 1u);
  EXPECT_EQ(pump.server.kernel().stack().connection_count(), 0u);
  pump.run_for(70s);
  EXPECT_EQ(pump.client.kernel().stack().connection_count(), 0u);
}

TEST_F(CloseTest, OnlyTheLastDescriptorOfASocketCloses) {
  Process& child = pump.client.kernel().processes().fork(pump.now, pair.client);
  child.is_driver = true;
  close_client();
  EXPECT_EQ(pump.flags_since_last(), "");
  pump.write(pump.client, child, pair.client_fd, "still here");
  EXPECT_EQ(pump.read(pump.server, pair.server, pair.server_fd), "still here");
  pump.flags_since_last();
  pump.call(pump.client, child, calls::close(pair.client_fd));
  EXPECT_EQ(pump.flags_since_last(), ">F.");
}

TEST_F(CloseTest, DataForAClosedSocketIsAnsweredWithAReset) {
  pump.call(pump.server, pair.server, calls::close(pair.server_fd));
  pump.run_for(1s);
  pump.flags_since_last();
  pump.write(pump.client, pair.client, pair.client_fd, "late");
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), ">P. <R");
}

}  // namespace
}  // namespace halfopen::test
