// What is asked of the kernel for connections that are there, that were, and that never are.
#include "replay/watch/state_watch.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include "tests/support/packets.h"

namespace halfopen {
namespace {

class Notes final : public Observer {
 public:
  [[nodiscard]] bool wants_packets() const override { return false; }
  void on_packet(const PacketNote&) override {}
  void on_note(const Note&) override { ++count; }
  int count = 0;
};

struct StateWatchTest : testing::Test {
  void sees(std::uint8_t flags) { states.on_packet(test::tcp_packet(pool, {.flags = flags}), true); }
  void asks() { states.poll(kTimeZero, diagnostics, notes); }

  BlockPool pool;
  SocketDiagnostics diagnostics{UniqueFd{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)}};
  Notes notes;
  StateWatch states{HostId::client};
};

// 10.9.0.1 is no address of this namespace: no such connection is ever there.
TEST_F(StateWatchTest, AConnectionNeverSeenOpenIsGivenUpAfterOneQuestionForEachOfItsPackets) {
  sees(tcp_flag::syn);
  ASSERT_EQ(states.connections().size(), 1U);
  EXPECT_FALSE(states.connections()[0].over);
  asks();
  EXPECT_TRUE(states.connections()[0].over);
  EXPECT_FALSE(states.connections()[0].was_open);
  sees(tcp_flag::ack);  // what a SYN cookie's answer would look like
  EXPECT_FALSE(states.connections()[0].over);
  asks();
  EXPECT_TRUE(states.connections()[0].over);
  EXPECT_EQ(notes.count, 0);
}

}  // namespace
}  // namespace halfopen
