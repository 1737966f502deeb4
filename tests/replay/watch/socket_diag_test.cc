// What the kernel says about connections that are really there, on the loopback device of this namespace.
#include "replay/watch/socket_diag.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>

namespace halfopen {
namespace {

constexpr auto kBound = std::chrono::seconds{20};

UniqueFd netlink_socket() { return UniqueFd{socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)}; }

// Asks until it is so, or the time is up.
bool eventually(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

class Address {
 public:
  explicit Address(const SocketAddress& from) {
    if (from.ip.is_v6()) {
      sockaddr_in6 v6{};
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(from.port);
      std::memcpy(&v6.sin6_addr, from.ip.data(), 16);
      fill(v6);
    } else {
      sockaddr_in v4{};
      v4.sin_family = AF_INET;
      v4.sin_port = htons(from.port);
      std::memcpy(&v4.sin_addr, from.ip.data(), 4);
      fill(v4);
    }
  }
  [[nodiscard]] const sockaddr* get() const { return static_cast<const sockaddr*>(bytes()); }
  [[nodiscard]] socklen_t size() const { return size_; }

 private:
  template <class T>
  void fill(const T& address) {
    std::memcpy(&storage_, &address, sizeof address);
    size_ = sizeof address;
  }
  [[nodiscard]] const void* bytes() const { return &storage_; }
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

std::uint16_t port_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  void* bytes = &storage;
  EXPECT_EQ(getsockname(fd, static_cast<sockaddr*>(bytes), &size), 0);
  sockaddr_in v4{};  // the port has the same place in IPv6's
  std::memcpy(&v4, &storage, sizeof v4);
  return ntohs(v4.sin_port);
}

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
const IpAddress kLoopback6 = *IpAddress::parse("::1");

UniqueFd tcp_socket(const IpAddress& ip) {
  return UniqueFd{socket(ip.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

struct Listener {
  explicit Listener(const IpAddress& ip, int backlog = 5) : fd{tcp_socket(ip)}, address{ip, 0} {
    const Address any_port{address};
    EXPECT_EQ(bind(fd.get(), any_port.get(), any_port.size()), 0);
    EXPECT_EQ(listen(fd.get(), backlog), 0);
    address.port = port_of(fd.get());
  }
  UniqueFd fd;
  SocketAddress address;
};

// A client and the server's end of the same connection.
struct Connection {
  Connection(const Listener& listener, const SocketAddress& to) : client{tcp_socket(to.ip)} {
    const Address target{to};
    EXPECT_EQ(connect(client.get(), target.get(), target.size()), 0);
    server = UniqueFd{accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    EXPECT_TRUE(server);
    at_client = {{to.ip, port_of(client.get())}, to};
    at_server = {at_client.remote, at_client.local};
  }
  explicit Connection(const Listener& listener) : Connection{listener, listener.address} {}
  UniqueFd client;
  UniqueFd server;
  FourTuple at_client;
  FourTuple at_server;
};

class SocketDiagTest : public testing::Test {
 protected:
  bool reaches(const FourTuple& connection, State state) {
    return eventually([&] {
      const auto socket = diagnostics.find(connection);
      return socket && socket->state == state;
    });
  }
  SocketDiagnostics diagnostics{netlink_socket()};
};

TEST_F(SocketDiagTest, BothEndsOfAConnectionAreEstablished) {
  const Listener listener{kLoopback};
  const Connection connection{listener};
  for (const FourTuple& end : {connection.at_client, connection.at_server}) {
    const auto socket = diagnostics.find(end);
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->state, State::established);
    EXPECT_TRUE(socket->has_details);
    EXPECT_EQ(socket->timer, SocketDiag::Timer::off);
    EXPECT_EQ(socket->timer_left, Duration{0});
    EXPECT_EQ(socket->retransmits, 0);
    EXPECT_GE(socket->rto, 1ms);
    EXPECT_LE(socket->rto, 3s);
    EXPECT_GT(socket->snd_cwnd, 0u);
    EXPECT_GT(socket->mss, 0u);
  }
}

TEST_F(SocketDiagTest, UnreadBytesAreInTheReceiveQueue) {
  const Listener listener{kLoopback};
  const Connection connection{listener};
  ASSERT_EQ(send(connection.client.get(), "hello", 5, 0), 5);
  EXPECT_TRUE(eventually([&] { return diagnostics.find(connection.at_server)->rqueue == 5; }));
  EXPECT_TRUE(eventually([&] { return diagnostics.find(connection.at_client)->wqueue == 0; }));
  EXPECT_EQ(diagnostics.find(connection.at_client)->unacked, 0u);
}

TEST_F(SocketDiagTest, BytesThatAClosedWindowHoldsBackAreInTheSendQueueBehindAProbe) {
  const Listener listener{kLoopback};
  const Connection connection{listener};
  ASSERT_EQ(fcntl(connection.client.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string block(1 << 16, 'x');
  EXPECT_TRUE(eventually([&] {
    while (send(connection.client.get(), block.data(), block.size(), 0) > 0) {
    }
    return diagnostics.find(connection.at_client)->timer == SocketDiag::Timer::probe0;
  }));
  const auto socket = diagnostics.find(connection.at_client);
  EXPECT_GT(socket->wqueue, 0u);
  EXPECT_EQ(socket->unacked, 0u);
}

TEST_F(SocketDiagTest, AKeepaliveTimerIsToldWithWhatIsLeftOfIt) {
  const Listener listener{kLoopback};
  const Connection connection{listener};
  const int on = 1;
  const int idle = 7000;  // seconds
  ASSERT_EQ(setsockopt(connection.client.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), 0);
  ASSERT_EQ(setsockopt(connection.client.get(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle), 0);
  const auto socket = diagnostics.find(connection.at_client);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->timer, SocketDiag::Timer::keepalive);
  EXPECT_GT(socket->timer_left, 6900s);
  EXPECT_LE(socket->timer_left, 7001s);
}

TEST_F(SocketDiagTest, AHalfClosedConnectionIsInFinWait2HereAndCloseWaitThere) {
  const Listener listener{kLoopback};
  const Connection connection{listener};
  ASSERT_EQ(shutdown(connection.client.get(), SHUT_WR), 0);
  EXPECT_TRUE(reaches(connection.at_client, State::fin_wait_2));
  EXPECT_TRUE(reaches(connection.at_server, State::close_wait));
}

TEST_F(SocketDiagTest, TheSideThatClosesFirstStaysInTimeWaitWithoutDetails) {
  const Listener listener{kLoopback};
  Connection connection{listener};
  ASSERT_EQ(shutdown(connection.client.get(), SHUT_WR), 0);
  ASSERT_TRUE(reaches(connection.at_server, State::close_wait));
  connection.server.reset();
  EXPECT_TRUE(reaches(connection.at_client, State::time_wait));
  const auto socket = diagnostics.find(connection.at_client);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->timer, SocketDiag::Timer::time_wait);
  EXPECT_GT(socket->timer_left, 30s);
  EXPECT_LE(socket->timer_left, 61s);
  EXPECT_FALSE(socket->has_details);
  EXPECT_TRUE(eventually([&] { return !diagnostics.find(connection.at_server); }));
}

TEST_F(SocketDiagTest, AnOrphanInFinWait2IsToldAsFinWait2ThoughItIsATimeWaitEntry) {
  const Listener listener{kLoopback};
  Connection connection{listener};
  const int seconds = 5;  // longer than a minute, and the kernel keeps the whole socket
  ASSERT_EQ(setsockopt(connection.client.get(), IPPROTO_TCP, TCP_LINGER2, &seconds, sizeof seconds), 0);
  connection.client.reset();
  ASSERT_TRUE(reaches(connection.at_client, State::fin_wait_2));
  const auto socket = diagnostics.find(connection.at_client);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->timer, SocketDiag::Timer::time_wait);
  EXPECT_FALSE(socket->has_details);
}

TEST_F(SocketDiagTest, AResetLeavesNothingBehindAlthoughTheListenerIsStillThere) {
  const Listener listener{kLoopback};
  Connection connection{listener};
  const linger now{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(setsockopt(connection.client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  connection.client.reset();
  EXPECT_TRUE(eventually(
      [&] { return !diagnostics.find(connection.at_client) && !diagnostics.find(connection.at_server); }));
  EXPECT_TRUE(diagnostics.is_listening(listener.address));
}

TEST_F(SocketDiagTest, ASynWithoutAnswerIsRetransmitted) {
  const Listener listener{kLoopback, 0};  // room for one connection that nobody accepts
  const Address target{listener.address};
  const UniqueFd first = tcp_socket(kLoopback);
  ASSERT_EQ(connect(first.get(), target.get(), target.size()), 0);
  const UniqueFd second = tcp_socket(kLoopback);
  ASSERT_EQ(fcntl(second.get(), F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(connect(second.get(), target.get(), target.size()), -1);
  ASSERT_EQ(errno, EINPROGRESS);
  const FourTuple connection{{kLoopback, port_of(second.get())}, listener.address};
  const auto socket = diagnostics.find(connection);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, State::syn_sent);
  EXPECT_EQ(socket->timer, SocketDiag::Timer::retransmit);
  EXPECT_GT(socket->timer_left, 0s);
  EXPECT_TRUE(eventually([&] {
    const auto later = diagnostics.find(connection);
    return later && later->retransmits >= 1;
  }));
}

TEST_F(SocketDiagTest, Ipv6) {
  const Listener listener{kLoopback6};
  const Connection connection{listener};
  EXPECT_TRUE(diagnostics.is_listening(listener.address));
  const auto socket = diagnostics.find(connection.at_server);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, State::established);
  ASSERT_EQ(shutdown(connection.client.get(), SHUT_WR), 0);
  EXPECT_TRUE(reaches(connection.at_client, State::fin_wait_2));
}

TEST_F(SocketDiagTest, AnIpv4ConnectionOfAnIpv6SocketIsFoundByItsIpv4Addresses) {
  const Listener listener{IpAddress::v6({})};
  const SocketAddress over_v4{kLoopback, listener.address.port};
  EXPECT_TRUE(diagnostics.is_listening(over_v4));
  const Connection connection{listener, over_v4};
  const auto socket = diagnostics.find(connection.at_server);
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->state, State::established);
}

TEST_F(SocketDiagTest, AListenerIsFoundByAnAddressThatItAcceptsAndByNoOther) {
  const Listener one{kLoopback};
  const Listener every{IpAddress::v4({})};
  EXPECT_TRUE(diagnostics.is_listening(one.address));
  EXPECT_FALSE(diagnostics.is_listening({IpAddress::v4({127, 0, 0, 2}), one.address.port}));
  EXPECT_TRUE(diagnostics.is_listening({IpAddress::v4({127, 0, 0, 2}), every.address.port}));
  EXPECT_TRUE(diagnostics.is_listening(every.address));
}

TEST_F(SocketDiagTest, NobodyListensOnAPortThatIsOnlyBoundOrConnectedFrom) {
  UniqueFd bound = tcp_socket(kLoopback);
  const Address any_port{SocketAddress{kLoopback, 0}};
  ASSERT_EQ(bind(bound.get(), any_port.get(), any_port.size()), 0);
  EXPECT_FALSE(diagnostics.is_listening({kLoopback, port_of(bound.get())}));
  const Listener listener{kLoopback};
  const Connection connection{listener};
  EXPECT_FALSE(diagnostics.is_listening(connection.at_client.local));
}

TEST_F(SocketDiagTest, AFailureNamesTheAttempt) {
  SocketDiagnostics closed{UniqueFd{}};
  try {
    (void)closed.find({{kLoopback, 1}, {kLoopback, 2}});
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EBADF);
    EXPECT_NE(std::string{error.what()}.find("ask sock_diag about a socket"), std::string::npos);
  }
}

const FourTuple kV4{{IpAddress::v4({192, 0, 2, 1}), 40000}, {IpAddress::v4({192, 0, 2, 2}), 7}};
const FourTuple kV6{{*IpAddress::parse("2001:db8::1"), 40000}, {*IpAddress::parse("2001:db8::2"), 7}};

SocketDiag waiting_for_an_answer() {
  SocketDiag socket{.state = State::established,
                    .timer = SocketDiag::Timer::retransmit,
                    .timer_left = 1234ms,
                    .retransmits = 3,
                    .wqueue = 5,
                    .has_details = true};
  socket.backoff = 3;
  socket.rto = 1608ms;
  socket.rtt = 500us;
  socket.rttvar = 250us;
  socket.mss = 1460;
  socket.snd_cwnd = 1;
  socket.ssthresh = 7;
  socket.unacked = 1;
  socket.lost = 1;
  socket.retransmitted = 1;
  socket.total_retransmits = 3;
  return socket;
}

TEST(SocketDiagText, ANetstatLine) {
  EXPECT_EQ(netstat_line(kV4, waiting_for_an_answer()),
            "tcp        0      5 192.0.2.1:40000         192.0.2.2:7             ESTABLISHED");
  EXPECT_EQ(netstat_line(kV6, SocketDiag{.state = State::fin_wait_2, .rqueue = 12}),
            "tcp6      12      0 2001:db8::1:40000       2001:db8::2:7           FIN_WAIT2");
  EXPECT_EQ(netstat_line(kV4, std::nullopt),
            "tcp        0      0 192.0.2.1:40000         192.0.2.2:7             (none)");
}

TEST(SocketDiagText, AnSsLine) {
  EXPECT_EQ(
      ss_line(kV4, waiting_for_an_answer()),
      "ESTAB 0 5 192.0.2.1:40000 192.0.2.2:7 timer:(on,1.2sec,3) rto:1608 backoff:3 rtt:0.5/0.25 mss:1460 "
      "cwnd:1 ssthresh:7 unacked:1 retrans:1/3 lost:1");
  EXPECT_EQ(ss_line(kV6, SocketDiag{.state = State::close_wait}),
            "CLOSE-WAIT 0 0 [2001:db8::1]:40000 [2001:db8::2]:7");
  EXPECT_EQ(ss_line(kV4, std::nullopt), "(none) 0 0 192.0.2.1:40000 192.0.2.2:7");
}

TEST(SocketDiagText, SsTellsTheRestOfATimerInFewDigitsAndNeverTooMuch) {
  const auto timer = [](SocketDiag::Timer which, Duration left) {
    const std::string line =
        ss_line(kV4, SocketDiag{.state = State::established, .timer = which, .timer_left = left});
    return line.substr(line.find("timer:"));
  };
  using Timer = SocketDiag::Timer;
  EXPECT_EQ(timer(Timer::retransmit, 999999us), "timer:(on,999ms,0)");
  EXPECT_EQ(timer(Timer::retransmit, 1s), "timer:(on,1sec,0)");
  EXPECT_EQ(timer(Timer::retransmit, 9999ms), "timer:(on,9.9sec,0)");
  EXPECT_EQ(timer(Timer::probe0, 10900ms), "timer:(persist,10sec,0)");
  EXPECT_EQ(timer(Timer::time_wait, 59999ms), "timer:(timewait,59sec,0)");
  EXPECT_EQ(timer(Timer::time_wait, 60s), "timer:(timewait,1min,0)");
  EXPECT_EQ(timer(Timer::keepalive, 119s), "timer:(keepalive,1min59sec,0)");
  EXPECT_EQ(timer(Timer::keepalive, 7199s), "timer:(keepalive,119min,0)");
}

TEST(SocketDiagText, EveryStateHasItsNames) {
  const auto names = [](State state) {
    const SocketDiag socket{.state = state};
    const std::string netstat = netstat_line(kV4, socket);
    const std::string ss = ss_line(kV4, socket);
    return netstat.substr(netstat.rfind(' ') + 1) + " " + ss.substr(0, ss.find(' '));
  };
  EXPECT_EQ(names(State::closed), "CLOSE UNCONN");
  EXPECT_EQ(names(State::listen), "LISTEN LISTEN");
  EXPECT_EQ(names(State::syn_sent), "SYN_SENT SYN-SENT");
  EXPECT_EQ(names(State::syn_received), "SYN_RECV SYN-RECV");
  EXPECT_EQ(names(State::established), "ESTABLISHED ESTAB");
  EXPECT_EQ(names(State::fin_wait_1), "FIN_WAIT1 FIN-WAIT-1");
  EXPECT_EQ(names(State::fin_wait_2), "FIN_WAIT2 FIN-WAIT-2");
  EXPECT_EQ(names(State::close_wait), "CLOSE_WAIT CLOSE-WAIT");
  EXPECT_EQ(names(State::closing), "CLOSING CLOSING");
  EXPECT_EQ(names(State::last_ack), "LAST_ACK LAST-ACK");
  EXPECT_EQ(names(State::time_wait), "TIME_WAIT TIME-WAIT");
}

}  // namespace
}  // namespace halfopen
