// Calls that may not wait, and reads that leave what they read: fcntl(2) O_NONBLOCK, recv(2) MSG_DONTWAIT and
// MSG_PEEK, connect(2) EINPROGRESS and EALREADY.
#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "tests/sim/os/pump.h"
#include "tests/support/packets.h"

namespace halfopen::test {
namespace {

constexpr std::uint16_t kPort = 9998;

class NonblockingTest : public ::testing::Test {
 protected:
  NonblockingTest() {
    listener = open(pump.server, server);
    EXPECT_EQ(call(pump.server, server, calls::bind(listener, {pump.server.config().address, kPort})), "0");
    EXPECT_EQ(call(pump.server, server, calls::listen(listener, 1)), "0");
    fd = open(pump.client, client);
  }
  int open(ModelHost& host, Process& process) {
    return static_cast<int>(pump.call(host, process, calls::socket()).value);
  }
  std::string call(ModelHost& host, Process& process, const Call& made, Duration patience = 1s) {
    return Pump::text(pump.call(host, process, made, patience));
  }
  std::string connect() {
    return call(pump.client, client, calls::connect(fd, {pump.server.config().address, kPort}), Duration{});
  }
  std::string read(Call made, bool peek = false, bool dont_wait = false) {
    made.peek = peek;
    made.dont_wait = dont_wait;
    return call(pump.client, client, made);
  }
  void send_to_client(std::string_view text) {
    const int accepted = static_cast<int>(pump.call(pump.server, server, calls::accept(listener)).value);
    EXPECT_EQ(call(pump.server, server, calls::write(accepted, as_bytes(text))), std::to_string(text.size()));
    pump.run_for(1s);
  }

  Pump pump;
  Process& client = pump.driver(pump.client);
  Process& server = pump.driver(pump.server);
  int listener = -1;
  int fd = -1;
  std::array<std::uint8_t, 100> bytes{};
};

TEST_F(NonblockingTest, ConnectIsUnderWayAndThenDone) {
  EXPECT_EQ(Syscalls::set_nonblocking(client, fd, true), Errno::none);
  EXPECT_TRUE(Syscalls::is_nonblocking(client, fd));
  EXPECT_EQ(connect(), "EINPROGRESS");
  EXPECT_EQ(connect(), "EALREADY");
  pump.run_for(1s);
  EXPECT_EQ(connect(), "0");
  EXPECT_EQ(connect(), "EISCONN");
}

TEST_F(NonblockingTest, AcceptAndReadSayThatThereIsNothing) {
  EXPECT_EQ(Syscalls::set_nonblocking(server, listener, true), Errno::none);
  EXPECT_EQ(call(pump.server, server, calls::accept(listener)), "EAGAIN");
  EXPECT_EQ(Syscalls::set_nonblocking(server, listener, false), Errno::none);
  EXPECT_EQ(call(pump.client, client, calls::connect(fd, {pump.server.config().address, kPort})), "0");
  EXPECT_EQ(read(calls::read(fd, bytes), false, true), "EAGAIN");
  EXPECT_FALSE(Syscalls::is_nonblocking(client, fd));  // the call's flag is of the call
  send_to_client("hello");
  EXPECT_EQ(read(calls::read(fd, bytes), false, true), "5");
}

TEST_F(NonblockingTest, WriteTakesWhatFits) {
  EXPECT_EQ(call(pump.client, client, calls::connect(fd, {pump.server.config().address, kPort})), "0");
  EXPECT_EQ(Syscalls::set_nonblocking(client, fd, true), Errno::none);
  const std::vector<std::uint8_t> much(std::size_t{64} << 20);
  const CallResult first = pump.call(pump.client, client, calls::write(fd, much));
  EXPECT_FALSE(first.blocked);
  EXPECT_GT(first.value, 0);
  EXPECT_LT(first.value, std::int64_t{64} << 20);
  pump.run_for(60s);  // until the server's buffer is full, too: nobody reads
  while (pump.call(pump.client, client, calls::write(fd, much)).value > 0) pump.run_for(60s);
  EXPECT_EQ(call(pump.client, client, calls::write(fd, much)), "EAGAIN");
}

TEST_F(NonblockingTest, PeekLeavesWhatItReads) {
  EXPECT_EQ(call(pump.client, client, calls::connect(fd, {pump.server.config().address, kPort})), "0");
  send_to_client("hello");
  EXPECT_EQ(read(calls::read(fd, std::span{bytes}.first(3)), true), "3");
  EXPECT_EQ(read(calls::read(fd, bytes), true), "5");
  EXPECT_EQ(bytes[4], 'o');
  EXPECT_EQ(read(calls::read(fd, std::span{bytes}.first(2))), "2");
  EXPECT_EQ(read(calls::read(fd, bytes), true), "3");  // from the middle of what came in one segment
  EXPECT_EQ(bytes[0], 'l');
  EXPECT_EQ(read(calls::read(fd, bytes)), "3");
}

TEST_F(NonblockingTest, NothingIsSetOnWhatIsNoSocket) {
  EXPECT_EQ(Syscalls::set_nonblocking(client, 99, true), Errno::badf);
  EXPECT_EQ(Syscalls::set_nonblocking(client, 1, true), Errno::notsock);
}

}  // namespace
}  // namespace halfopen::test
