// What the calls give after a reset, an end, a timeout: the rows of Linux (tcp_reset, tcp_recvmsg,
// sk_stream_error) and of 4.4BSD (soreceive, sosend).
#include <gtest/gtest.h>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

class AfterReset : public ::testing::TestWithParam<std::string> {
 protected:
  std::string read() { return pump.read(pump.client, pair.client, pair.client_fd, 1s); }
  std::string write() { return Pump::text(pump.write(pump.client, pair.client, pair.client_fd, "x", 1s)); }
  void reset() { pump.reset_from(pump.server, pair.server, pair.server_fd); }
  void server_closes() {
    pump.call(pump.server, pair.server, calls::close(pair.server_fd));
    pump.run_for(1s);
  }
  State state() { return Pump::state_of(pair.client, pair.client_fd); }

  Pump pump{{.client_profile = GetParam(), .server_profile = GetParam()}};
  Pump::Pair pair = pump.connect_pair();
};

struct OnLinux : AfterReset {};
struct OnBsd : AfterReset {};
INSTANTIATE_TEST_SUITE_P(Linux, OnLinux, ::testing::Values("linux-6.1", "linux-6.18"));
INSTANTIATE_TEST_SUITE_P(Bsd, OnBsd, ::testing::Values("4.4bsd", "freebsd-14"));

TEST_P(OnLinux, ReadTellsOnceThenTheEndAndWritesBreak) {
  reset();
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(OnLinux, WriteTellsOnceThenBreaks) {
  reset();
  EXPECT_EQ(write(), "ECONNRESET");
  EXPECT_EQ(write(), "EPIPE");
  EXPECT_EQ(read(), "");
}

TEST_P(OnLinux, UnreadDataComesBeforeTheReset) {
  pump.write(pump.server, pair.server, pair.server_fd, "data");
  reset();
  EXPECT_EQ(read(), "data");
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
}

TEST_P(OnLinux, InCloseWaitTheEndHidesTheReset) {
  server_closes();
  EXPECT_EQ(write(), "1");  // the server's host answers it with a RST
  pump.run_for(1s);
  ASSERT_EQ(state(), State::closed);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(OnLinux, HalfClosedReadTellsAndWriteIsBroken) {
  pump.call(pump.client, pair.client, calls::shutdown(pair.client_fd, ShutdownHow::write));
  pump.run_for(1s);
  ASSERT_EQ(state(), State::fin_wait_2);
  EXPECT_EQ(write(), "EPIPE");
  reset();
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(OnLinux, InLastAckReadEndsAndWriteTellsOnce) {
  server_closes();
  pump.loses = [](HostId from, const Packet&) { return from == HostId::client; };
  pump.call(pump.client, pair.client, calls::shutdown(pair.client_fd, ShutdownHow::write));
  ASSERT_EQ(state(), State::last_ack);
  const Endpoint& endpoint = *Syscalls::endpoint_of(pair.client, pair.client_fd);
  Packet rst;
  rst.ip.source = endpoint.addresses().remote.ip;
  rst.ip.destination = endpoint.addresses().local.ip;
  Segment segment;
  segment.source_port = endpoint.addresses().remote.port;
  segment.destination_port = endpoint.addresses().local.port;
  segment.flags = tcp_flag::rst;
  segment.seq = endpoint.info().rcv_nxt;
  rst.body = segment;
  pump.inject(pump.client, rst);
  pump.run_for(50ms);
  ASSERT_EQ(state(), State::closed);
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "ECONNRESET");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(OnLinux, SoErrorTakesTheReset) {
  reset();
  const CallResult error =
      pump.call(pump.client, pair.client, calls::getsockopt(pair.client_fd, SocketOption::so_error));
  EXPECT_EQ(static_cast<Errno>(error.value), Errno::connreset);
  EXPECT_EQ(pump.recorder.last_call(HostId::client, "getsockopt").detail, "[ECONNRESET]");
  EXPECT_EQ(read(), "");
}

TEST_P(OnBsd, WriteBreaksAtOnceAndReadTellsLater) {
  reset();
  EXPECT_EQ(write(), "EPIPE");
  EXPECT_EQ(write(), "EPIPE");
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
}

TEST_P(OnBsd, InCloseWaitReadTellsOfTheResetOnce) {
  server_closes();
  EXPECT_EQ(write(), "1");
  pump.run_for(1s);
  ASSERT_EQ(state(), State::closed);
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(OnBsd, UnreadDataComesBeforeTheReset) {
  pump.write(pump.server, pair.server, pair.server_fd, "data");
  reset();
  EXPECT_EQ(read(), "data");
  EXPECT_EQ(read(), "ECONNRESET");
  EXPECT_EQ(read(), "");
}

class AfterTimeout : public AfterReset {
 protected:
  void time_out() {
    pump.loses = [](HostId, const Packet&) { return true; };
    write();
    pump.run_for(2h);
    ASSERT_EQ(state(), State::closed);
  }
};
struct TimeoutOnLinux : AfterTimeout {};
struct TimeoutOnBsd : AfterTimeout {};
INSTANTIATE_TEST_SUITE_P(Linux, TimeoutOnLinux, ::testing::Values("linux-6.1", "linux-6.18"));
INSTANTIATE_TEST_SUITE_P(Bsd, TimeoutOnBsd, ::testing::Values("4.4bsd", "freebsd-14"));

TEST_P(TimeoutOnLinux, ReadTellsOnce) {
  time_out();
  EXPECT_EQ(read(), "ETIMEDOUT");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(write(), "EPIPE");
}

TEST_P(TimeoutOnLinux, WriteTellsOnce) {
  time_out();
  EXPECT_EQ(write(), "ETIMEDOUT");
  EXPECT_EQ(write(), "EPIPE");
  EXPECT_EQ(read(), "");
}

TEST_P(TimeoutOnBsd, WriteBreaksAndReadTells) {
  time_out();
  EXPECT_EQ(write(), "EPIPE");
  EXPECT_EQ(read(), "ETIMEDOUT");
  EXPECT_EQ(read(), "");
}

TEST_P(TimeoutOnLinux, WakesABlockedRead) {
  pump.loses = [](HostId, const Packet&) { return true; };
  write();
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd, 2h), "ETIMEDOUT");
  const CallNote note = pump.recorder.last_call(HostId::client, "read");
  EXPECT_GT(note.at - note.began, 900s);
}

// A write that has taken part of its bytes when the connection breaks.
class PartialWrite : public AfterReset {
 protected:
  CallResult broken_write() {
    const std::string much(10'000'000, 'x');
    const CallResult blocked = pump.write(pump.client, pair.client, pair.client_fd, much, 5s);
    EXPECT_TRUE(blocked.blocked);
    reset();
    const auto completed = Syscalls::take_completed(pair.client);
    EXPECT_TRUE(completed.has_value());
    return completed.value_or(CallResult{});
  }
};
struct PartialOnLinux : PartialWrite {};
struct PartialOnBsd : PartialWrite {};
INSTANTIATE_TEST_SUITE_P(Linux, PartialOnLinux, ::testing::Values("linux-6.1", "linux-6.18", "rfc"));
INSTANTIATE_TEST_SUITE_P(Bsd, PartialOnBsd, ::testing::Values("4.4bsd", "freebsd-14"));

TEST_P(PartialOnLinux, GivesTheCountAndTheNextCallTells) {
  const CallResult result = broken_write();
  EXPECT_FALSE(result.failed());
  EXPECT_GT(result.value, 0);
  EXPECT_LT(result.value, 10'000'000);
  EXPECT_EQ(read(), "ECONNRESET");
}

TEST_P(PartialOnBsd, IsBroken) {
  EXPECT_EQ(broken_write().error, Errno::pipe);
  EXPECT_EQ(read(), "ECONNRESET");
}

}  // namespace
}  // namespace halfopen::test
