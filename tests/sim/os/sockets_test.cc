// Socket calls that go well, and those that are wrong.
#include "sim/os/sockets.h"

#include <gtest/gtest.h>

#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

class SocketsTest : public ::testing::Test {
 protected:
  std::string call(const Call& call, Duration patience = 1s) {
    return Pump::text(pump.call(pump.client, process, call, patience));
  }
  int socket() { return static_cast<int>(pump.call(pump.client, process, calls::socket()).value); }
  SocketAddress at(std::uint16_t port) { return {pump.client.config().address, port}; }
  SocketAddress server_at(std::uint16_t port) { return {pump.server.config().address, port}; }

  Pump pump;
  Process& process = pump.driver(pump.client);
};

TEST_F(SocketsTest, DescriptorsStartAtThreeAndTheLowestFreeOneIsTaken) {
  EXPECT_EQ(socket(), 3);
  EXPECT_EQ(socket(), 4);
  EXPECT_EQ(call(calls::close(3)), "0");
  EXPECT_EQ(socket(), 3);
  EXPECT_EQ(socket(), 5);
}

TEST_F(SocketsTest, DescriptorsThatNameNothingAreBad) {
  std::array<std::uint8_t, 1> byte{};
  EXPECT_EQ(call(calls::close(9)), "EBADF");
  EXPECT_EQ(call(calls::read(-1, byte)), "EBADF");
  EXPECT_EQ(call(calls::write(9, byte)), "EBADF");
  EXPECT_EQ(call(calls::accept(9)), "EBADF");
  EXPECT_EQ(call(calls::listen(0, 1)), "ENOTSOCK");
  EXPECT_EQ(call(calls::connect(1, server_at(1))), "ENOTSOCK");
}

TEST_F(SocketsTest, ANeverConnectedSocketIsNotConnected) {
  const int fd = socket();
  std::array<std::uint8_t, 1> byte{};
  EXPECT_EQ(call(calls::read(fd, byte)), "ENOTCONN");
  EXPECT_EQ(call(calls::shutdown(fd, ShutdownHow::write)), "ENOTCONN");
  EXPECT_EQ(call(calls::accept(fd)), "EINVAL");
  Processes::handle(process, sig::pipe, {});
  EXPECT_EQ(call(calls::write(fd, byte)), "EPIPE");
}

TEST_F(SocketsTest, OnBsdANeverConnectedSocketCannotBeWrittenForThatReason) {
  Pump bsd{{.client_profile = "4.4bsd"}};
  Process& driver = bsd.driver(bsd.client);
  const int fd = static_cast<int>(bsd.call(bsd.client, driver, calls::socket()).value);
  EXPECT_EQ(Pump::text(bsd.write(bsd.client, driver, fd, "x")), "ENOTCONN");
}

TEST_F(SocketsTest, BindRefusesWhatIsTakenOrNotOurs) {
  const int first = socket();
  const int second = socket();
  EXPECT_EQ(call(calls::bind(first, {*IpAddress::parse("10.9.0.77"), 5000})), "EADDRNOTAVAIL");
  EXPECT_EQ(call(calls::bind(first, at(5000))), "0");
  EXPECT_EQ(call(calls::bind(first, at(5001))), "EINVAL");
  EXPECT_EQ(call(calls::bind(second, {IpAddress{}, 5000})), "EADDRINUSE");
  EXPECT_EQ(call(calls::close(first)), "0");
  EXPECT_EQ(call(calls::bind(second, {IpAddress{}, 5000})), "0");
}

TEST_F(SocketsTest, APortWithAConnectionIsTakenUnlessShared) {
  const Pump::Pair pair = pump.connect_pair();
  const std::uint16_t port = Syscalls::endpoint_of(pair.client, pair.client_fd)->addresses().local.port;
  const int fd = socket();
  EXPECT_EQ(call(calls::bind(fd, at(port))), "EADDRINUSE");
  EXPECT_EQ(call(calls::setsockopt(fd, SocketOption::so_reuseaddr, 1)), "0");
  EXPECT_EQ(call(calls::bind(fd, at(port))), "0");
}

TEST_F(SocketsTest, APortIsListenedAtOnce) {
  const int first = socket();
  const int second = socket();
  for (const int fd : {first, second}) call(calls::setsockopt(fd, SocketOption::so_reuseaddr, 1));
  EXPECT_EQ(call(calls::bind(first, at(5000))), "0");
  EXPECT_EQ(call(calls::bind(second, at(5000))), "0");
  EXPECT_EQ(call(calls::listen(first, 1)), "0");
  EXPECT_EQ(call(calls::listen(second, 1)), "EADDRINUSE");
  EXPECT_EQ(call(calls::listen(first, 2)), "0");
}

TEST_F(SocketsTest, ConnectIsRefusedAfterOneRoundTripAndMayBeTriedAgain) {
  const int fd = socket();
  EXPECT_EQ(call(calls::connect(fd, server_at(1))), "ECONNREFUSED");
  EXPECT_EQ(pump.now, kTimeZero + 20ms);
  EXPECT_EQ(call(calls::connect(fd, server_at(2))), "ECONNREFUSED");
}

TEST_F(SocketsTest, ConnectTimesOutWhenNobodyAnswers) {
  pump.server.crash(pump.now);
  const int fd = socket();
  EXPECT_EQ(call(calls::connect(fd, server_at(1)), 1h), "ETIMEDOUT");
}

TEST_F(SocketsTest, AConnectedSocketCannotConnect) {
  const Pump::Pair pair = pump.connect_pair();
  EXPECT_EQ(Pump::text(pump.call(pump.client, pair.client, calls::connect(pair.client_fd, server_at(1)))),
            "EISCONN");
}

TEST_F(SocketsTest, EphemeralPortsLieInTheProfilesRangeAndDiffer) {
  pump.connect_pair();
  const int one = socket();
  const int two = socket();
  call(calls::connect(one, server_at(Pump::kPort)));
  call(calls::connect(two, server_at(Pump::kPort)));
  const auto port_of = [&](int fd) { return Syscalls::endpoint_of(process, fd)->addresses().local.port; };
  const SocketProfile& os = pump.client.config().profile.socket;
  EXPECT_NE(port_of(one), port_of(two));
  EXPECT_GE(port_of(one), os.port_first);
  EXPECT_LE(port_of(one), os.port_last);
}

TEST_F(SocketsTest, ReadBlocksUntilDataComesAndGivesWhatIsThere) {
  const Pump::Pair pair = pump.connect_pair();
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd, 1s), "<blocked>");
  pump.write(pump.server, pair.server, pair.server_fd, "one");
  pump.write(pump.server, pair.server, pair.server_fd, "two");
  pump.run_for(1s);
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd), "onetwo");
}

TEST_F(SocketsTest, ReadGivesTheEndAfterTheDataBeforeIt) {
  const Pump::Pair pair = pump.connect_pair();
  pump.write(pump.server, pair.server, pair.server_fd, "last");
  pump.call(pump.server, pair.server, calls::close(pair.server_fd));
  pump.run_for(1s);
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd), "last");
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd), "");
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd), "");
}

TEST_F(SocketsTest, WriteBlocksUntilAllOfItIsTaken) {
  const Pump::Pair pair = pump.connect_pair();
  const std::string much(3'000'000, 'x');
  const std::span bytes{reinterpret_cast<const std::uint8_t*>(much.data()), much.size()};
  EXPECT_TRUE(pump.call(pump.client, pair.client, calls::write(pair.client_fd, bytes), 1s).blocked);
  std::size_t swallowed = 0;
  while (!pair.client.completed.has_value()) {
    const CallResult got = pump.call(pump.server, pair.server, calls::discard(pair.server_fd, 100'000), 60s);
    ASSERT_GT(got.value, 0);
    swallowed += static_cast<std::size_t>(got.value);
  }
  EXPECT_EQ(pair.client.completed->value, 3'000'000);
  EXPECT_GT(swallowed, 500'000u);
}

TEST_F(SocketsTest, AfterShutdownForWritingTheOtherDirectionWorks) {
  const Pump::Pair pair = pump.connect_pair();
  pump.write(pump.client, pair.client, pair.client_fd, "all");
  pump.call(pump.client, pair.client, calls::shutdown(pair.client_fd, ShutdownHow::write));
  EXPECT_EQ(pump.read(pump.server, pair.server, pair.server_fd), "all");
  EXPECT_EQ(pump.read(pump.server, pair.server, pair.server_fd), "");
  pump.write(pump.server, pair.server, pair.server_fd, "answer");
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd), "answer");
}

TEST_F(SocketsTest, AReceiveTimeoutGivesAgainNotBeforeItsTime) {
  const Pump::Pair pair = pump.connect_pair();
  pump.call(pump.client, pair.client, calls::setsockopt(pair.client_fd, SocketOption::so_rcvtimeo, 2000));
  const TimePoint began = pump.now;
  EXPECT_EQ(pump.read(pump.client, pair.client, pair.client_fd, 10s), "EAGAIN");
  EXPECT_GE(pump.now - began, 2s);
  EXPECT_LT(pump.now - began, 2300ms);  // the timer wheel's granule
}

TEST_F(SocketsTest, PollTellsOfDataEndAndReset) {
  namespace ev = poll_event;
  const Pump::Pair pair = pump.connect_pair();
  const auto readiness = [&] {
    std::array<PollFd, 1> fds{PollFd{pair.client_fd, ev::in | ev::out | ev::rdhup, 0}};
    pump.call(pump.client, pair.client, calls::poll(fds, 0s));
    return fds[0].returned;
  };
  EXPECT_EQ(readiness(), ev::out);
  pump.write(pump.server, pair.server, pair.server_fd, "data");
  pump.run_for(1s);
  EXPECT_EQ(readiness(), ev::in | ev::out);
  pump.read(pump.client, pair.client, pair.client_fd);
  pump.call(pump.server, pair.server, calls::shutdown(pair.server_fd, ShutdownHow::write));
  pump.run_for(1s);
  EXPECT_EQ(readiness(), ev::in | ev::out | ev::rdhup);
  pump.reset_from(pump.server, pair.server, pair.server_fd);
  EXPECT_EQ(readiness(), ev::in | ev::out | ev::err | ev::hup | ev::rdhup);
}

TEST_F(SocketsTest, PollWaitsForTheFirstEventOrItsTimeout) {
  const Pump::Pair pair = pump.connect_pair();
  std::array<PollFd, 2> fds{PollFd{0, poll_event::in, 0}, PollFd{pair.client_fd, poll_event::in, 0}};
  EXPECT_EQ(pump.call(pump.client, pair.client, calls::poll(fds, 500ms)).value, 0);
  EXPECT_EQ(pump.recorder.last_call(HostId::client, "poll").detail, "(Timeout)");
  pump.write(pump.server, pair.server, pair.server_fd, "data");
  EXPECT_EQ(pump.call(pump.client, pair.client, calls::poll(fds)).value, 1);
  EXPECT_EQ(fds[1].returned, poll_event::in);
  EXPECT_EQ(fds[0].returned, 0);
}

TEST_F(SocketsTest, AnIcmpErrorIsSoftOnLinuxAndSoErrorTakesIt) {
  for (const auto& [profile, expected] : {std::pair{"linux", "EHOSTUNREACH"}, std::pair{"4.4bsd", "0"}}) {
    Pump world{{.client_profile = profile, .server_profile = profile}};
    const Pump::Pair pair = world.connect_pair();
    world.loses = [](HostId, const Packet&) { return true; };
    world.write(world.client, pair.client, pair.client_fd, "x");
    const auto error = make_icmp_error(IcmpKind::host_unreachable, world.sent.back().packet,
                                       *IpAddress::parse("10.9.0.254"), 0);
    world.inject(world.client, *error);
    world.run_for(50ms);
    EXPECT_EQ(Pump::state_of(pair.client, pair.client_fd), State::established);
    const Call ask = calls::getsockopt(pair.client_fd, SocketOption::so_error);
    EXPECT_EQ(to_string(static_cast<Errno>(world.call(world.client, pair.client, ask).value)), expected)
        << profile;
    EXPECT_EQ(world.call(world.client, pair.client, ask).value, 0);
  }
}

TEST_F(SocketsTest, WorkWithoutProcesses) {
  Sockets& sockets = pump.client.sockets();
  pump.connect_pair();
  Socket& socket = sockets.create();
  EXPECT_TRUE(sockets.connect(pump.now, socket, server_at(Pump::kPort)).blocked);
  pump.run_for(1s);
  EXPECT_EQ(sockets.connect(pump.now, socket, server_at(Pump::kPort)).value, 0);
  EXPECT_EQ(Sockets::endpoint_of(socket)->state(), State::established);
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  EXPECT_EQ(sockets.write(pump.now, socket, bytes).value, 3);
  pump.run_for(1s);
  EXPECT_FALSE(sockets.close(pump.now, socket, CloseBy::call).blocked);
}

// Nobody can tell a connection something past TcpStack::input(), so nothing that follows can be forgotten.
static_assert(std::is_same_v<decltype(std::declval<Connection&>().endpoint()), const Endpoint&>);

TEST(Notes, NameTheConnectionThatChangedWhateverElseDidMeanwhile) {
  Pump pump;
  Sockets& sockets = pump.client.sockets();
  Socket& one = sockets.create();
  Socket& two = sockets.create();
  const SocketAddress nobody{pump.server.config().address, 1};
  sockets.connect(pump.now, one, nobody);
  sockets.connect(pump.now, two, nobody);
  std::vector<FourTuple> tuples{Sockets::endpoint_of(one)->addresses(),
                                Sockets::endpoint_of(two)->addresses()};
  sockets.close(pump.now, two, CloseBy::call);
  sockets.close(pump.now, one, CloseBy::call);
  tuples.insert(tuples.end(), {tuples[1], tuples[0]});
  ASSERT_EQ(pump.recorder.notes.size(), tuples.size());
  for (std::size_t i = 0; i < tuples.size(); ++i) {
    const auto& note = std::get<StateNote>(pump.recorder.notes[i]);
    EXPECT_EQ(note.connection, tuples[i]) << i;
    EXPECT_EQ(note.to, i < 2 ? State::syn_sent : State::closed) << i;
  }
}

}  // namespace
}  // namespace halfopen::test
