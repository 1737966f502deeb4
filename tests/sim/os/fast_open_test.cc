// TCP Fast Open between sockets (RFC 7413): sendto() that connects, connect() that waits, and listeners that
// take data from a SYN.
#include <gtest/gtest.h>

#include <array>

#include "sim/os/fast_open_queue.h"
#include "tests/sim/os/pump.h"
#include "tests/support/packets.h"

namespace halfopen::test {
namespace {

class FastOpenTest : public ::testing::Test {
 protected:
  explicit FastOpenTest(const std::string& profile = "linux") : pump{{.client_profile = profile}} {
    pump.server.profile().fast_open.server.value = true;
    listening = socket(pump.server, serving);
    EXPECT_EQ(call(pump.server, serving, calls::bind(listening, to)), "0");
    set(pump.server, serving, listening, SocketOption::tcp_fastopen, 2);
    EXPECT_EQ(call(pump.server, serving, calls::listen(listening, 5)), "0");
  }
  int socket(ModelHost& host, Process& process) {
    return static_cast<int>(pump.call(host, process, calls::socket()).value);
  }
  std::string call(ModelHost& host, Process& process, const Call& made, Duration patience = 1s) {
    return Pump::text(pump.call(host, process, made, patience));
  }
  std::string set(ModelHost& host, Process& process, int fd, SocketOption option, std::int64_t value) {
    return call(host, process, calls::setsockopt(fd, option, value));
  }
  std::string accept() { return call(pump.server, serving, calls::accept(listening), Duration{}); }
  // sendto() with MSG_FASTOPEN.
  std::string send(int fd, std::string_view text, bool dont_wait = false) {
    Call made = calls::write(fd, as_bytes(text));
    made.fast_open = true;
    made.dont_wait = dont_wait;
    made.address = to;
    return call(pump.client, client, made);
  }
  void learn_cookie() {
    const int fd = socket(pump.client, client);
    EXPECT_EQ(send(fd, "x"), "1");
    pump.run_for(1s);
    EXPECT_EQ(accept(), std::to_string(listening + 1));
    pump.flags_since_last();
    payloads();
  }
  // Bytes in each packet since the last call, with who sent it.
  std::string payloads() {
    std::string text;
    for (; seen < pump.sent.size(); ++seen) {
      const auto& sent = pump.sent[seen];
      text +=
          (sent.from == HostId::client ? " >" : " <") + std::to_string(sent.packet.segment()->payload.size());
    }
    return text;
  }
  Endpoint::Info info_of(int fd) { return Syscalls::endpoint_of(client, fd)->info(); }

  Pump pump;
  Process& client = pump.driver(pump.client);
  Process& serving = pump.driver(pump.server);
  SocketAddress to{pump.server.config().address, Pump::kPort};
  int listening = -1;
  std::size_t seen = 0;
};
struct FreeBsdFastOpen : FastOpenTest {
  FreeBsdFastOpen() : FastOpenTest{"freebsd"} {}
};

TEST_F(FastOpenTest, TheFirstConnectionGetsTheCookieAndSendsItsDataAfterwards) {
  const int fd = socket(pump.client, client);
  EXPECT_EQ(send(fd, "hello", true), "EINPROGRESS");
  pump.run_for(1s);
  EXPECT_EQ(payloads(), " >0 <0 >0");
  EXPECT_EQ(info_of(fd).fast_open_failure, FastOpenFailure::cookie_unavailable);
  EXPECT_FALSE(info_of(fd).syn_data_acked);
}

TEST_F(FastOpenTest, TheSecondIsAcceptedAndReadBeforeItsHandshakeIsComplete) {
  learn_cookie();
  const int fd = socket(pump.client, client);
  pump.loses = [](HostId from, const Packet& packet) {  // the last ACK
    return from == HostId::client && !packet.segment()->has(tcp_flag::syn);
  };
  EXPECT_EQ(send(fd, "hello"), "5");
  pump.run_for(100ms);
  EXPECT_EQ(payloads(), " >5 <0 >0");
  EXPECT_TRUE(info_of(fd).syn_data_acked);
  EXPECT_EQ(info_of(fd).fast_open_failure, FastOpenFailure::none);
  const int accepted = static_cast<int>(pump.call(pump.server, serving, calls::accept(listening)).value);
  EXPECT_EQ(Pump::state_of(serving, accepted), State::syn_received);
  EXPECT_EQ(pump.read(pump.server, serving, accepted), "hello");
  EXPECT_EQ(pump.read(pump.client, client, fd, 10ms), "<blocked>");
}

TEST_F(FastOpenTest, AnswersBeforeTheHandshakeIsComplete) {
  learn_cookie();
  const int fd = socket(pump.client, client);
  EXPECT_EQ(send(fd, "hello", true), "5");
  pump.run_for(10ms);  // the SYN is there, its SYN-ACK is not
  const int accepted = static_cast<int>(pump.call(pump.server, serving, calls::accept(listening)).value);
  EXPECT_EQ(Pump::text(pump.write(pump.server, serving, accepted, "world")), "5");
  pump.run_for(1s);
  EXPECT_EQ(pump.read(pump.client, client, fd), "world");
  EXPECT_EQ(Pump::state_of(serving, accepted), State::established);
}

// TCP_FASTOPEN's limit: RFC 7413 section 5.1.
TEST_F(FastOpenTest, AFullQueueTakesNoMoreDataFromSyns) {
  learn_cookie();
  pump.loses = [](HostId from, const Packet& packet) {
    return from == HostId::client && !packet.segment()->has(tcp_flag::syn);
  };
  std::array<int, 3> fds{};
  for (int& fd : fds) {
    fd = socket(pump.client, client);
    EXPECT_EQ(send(fd, "hello", true), "5");
  }
  pump.run_for(100ms);
  EXPECT_TRUE(info_of(fds[0]).syn_data_acked);
  EXPECT_TRUE(info_of(fds[1]).syn_data_acked);
  EXPECT_FALSE(info_of(fds[2]).syn_data_acked);
  EXPECT_EQ(info_of(fds[2]).fast_open_failure, FastOpenFailure::data_not_acked);
}

TEST(FastOpenQueue, AResetAfterAcceptCountsForAMinute) {
  FastOpenQueue queue{{.limit = 1, .key = {}}};
  const TimePoint now{1h};
  EXPECT_TRUE(queue.has_room(now));
  queue.enter();
  EXPECT_FALSE(queue.has_room(now));
  queue.leave(now, true);
  EXPECT_FALSE(queue.has_room(now + 60s - 1ns));
  EXPECT_TRUE(queue.has_room(now + 60s));
  queue.enter();
  queue.leave(now, false);
  EXPECT_TRUE(queue.has_room(now));
  EXPECT_FALSE(FastOpenQueue{{}}.has_room(now));
}

TEST_F(FastOpenTest, AnotherKeyOfTheListenerMakesKnownCookiesWorthless) {
  learn_cookie();
  constexpr std::array<std::uint8_t, 16> kKey{1, 2, 3};
  Call made = calls::setsockopt(listening, SocketOption::tcp_fastopen_key, 0);
  made.bytes = std::span{kKey}.first(15);
  EXPECT_EQ(call(pump.server, serving, made), "EINVAL");
  made.bytes = kKey;
  EXPECT_EQ(call(pump.server, serving, made), "0");
  const int fd = socket(pump.client, client);
  EXPECT_EQ(send(fd, "hello"), "5");
  pump.run_for(1s);
  EXPECT_EQ(payloads(), " >5 <0 >5 <0");
  const int next = socket(pump.client, client);
  EXPECT_EQ(send(next, "hello"), "5");
  pump.run_for(100ms);
  EXPECT_TRUE(info_of(next).syn_data_acked);
}

TEST_F(FastOpenTest, ConnectWaitsForTheFirstWrite) {
  learn_cookie();
  const int fd = socket(pump.client, client);
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen_connect, 1), "0");
  EXPECT_EQ(call(pump.client, client, calls::connect(fd, to)), "0");
  pump.run_for(1s);
  EXPECT_EQ(payloads(), "");
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen_connect, 1), "EINVAL");
  EXPECT_EQ(Pump::text(pump.write(pump.client, client, fd, "hello")), "5");
  pump.run_for(100ms);
  EXPECT_EQ(payloads(), " >5 <0 >0");
  const int unused = socket(pump.client, client);
  set(pump.client, client, unused, SocketOption::tcp_fastopen_connect, 1);
  EXPECT_EQ(call(pump.client, client, calls::connect(unused, to)), "0");
  EXPECT_EQ(call(pump.client, client, calls::close(unused)), "0");
  EXPECT_EQ(payloads(), "");
}

TEST_F(FastOpenTest, OptionsAreRefusedAsLinuxRefusesThem) {  // net/ipv4/tcp.c do_tcp_setsockopt
  const int fd = socket(pump.client, client);
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen, -1), "EINVAL");
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen_connect, 2), "EINVAL");
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen, 7), "0");
  EXPECT_EQ(call(pump.client, client, calls::getsockopt(fd, SocketOption::tcp_fastopen)), "7");
  pump.client.profile().fast_open.client.value = false;
  EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen_connect, 1), "EOPNOTSUPP");
  EXPECT_EQ(send(fd, "hello"), "EOPNOTSUPP");
}

// A SYN that is lost three times in a row makes the host stop (tcp_fastopen_blackhole_timeout_sec).
TEST_F(FastOpenTest, LostSynsPauseIt) {
  learn_cookie();
  pump.client.profile().fast_open.pause_of_blackhole.value = 3600s;
  pump.loses = [](HostId, const Packet&) { return true; };
  const int lost = socket(pump.client, client);
  EXPECT_EQ(send(lost, "hello", true), "5");
  pump.run_for(10s);
  pump.loses = {};
  const int fd = socket(pump.client, client);
  EXPECT_EQ(send(fd, "hello", true), "EINPROGRESS");
  pump.run_for(3600s);
  const int later = socket(pump.client, client);
  EXPECT_EQ(send(later, "hello", true), "5");
}

// FreeBSD's sendto() connects where TCP_FASTOPEN is set, and queues all that it is given.
TEST_F(FreeBsdFastOpen, SendtoConnects) {
  for (const std::string_view expected : {" >0 <0 >5 <0", " >5 <0 >0"}) {
    const int fd = socket(pump.client, client);
    EXPECT_EQ(set(pump.client, client, fd, SocketOption::tcp_fastopen, 1), "0");
    Call made = calls::write(fd, as_bytes("hello"));
    made.address = to;
    EXPECT_EQ(call(pump.client, client, made), "5");
    pump.run_for(1s);
    EXPECT_EQ(payloads(), expected);
  }
}

}  // namespace
}  // namespace halfopen::test
