// System calls of real processes, as notes tell them.
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/uio.h>

#include <algorithm>
#include <thread>

#include "replay/watch/traced_calls.h"
#include "sim/scenario/trigger.h"
#include "tests/replay/watch/process_watch_fixture.h"

namespace halfopen::watching {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProcessWatchTest, ACallIsToldWithItsArgumentsAndItsResult) {
  Listener listener;
  const pid_t pid = start([&] {
    const int fd = connected(listener.port());
    std::array<char, 4096> answer{};
    if (write(fd, "hello\n", 6) != 6) return 1;
    if (read(fd, answer.data(), answer.size()) != 3) return 2;
    if (read(fd, answer.data(), answer.size()) != 0) return 3;
    close(fd);
    return 0;
  });
  const int peer = peer_of(listener);
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
  ASSERT_EQ(write(peer, "hi\n", 3), 3);
  shutdown(peer, SHUT_WR);
  ASSERT_TRUE(until_ended());
  close(peer);
  const int fd = all<CallNote>().front().result > 0 ? static_cast<int>(all<CallNote>().front().result) : -1;
  EXPECT_THAT(told(), ElementsAre(fmt::format("socket(AF_INET, SOCK_STREAM, 0) = {}", fd),
                                  fmt::format("connect({}, 127.0.0.1:{}) = 0", fd, listener.port()),
                                  fmt::format("write({}, \"hello\\n\", 6) = 6", fd),
                                  fmt::format("read({}, \"hi\\n\", 4096) = 3", fd),
                                  fmt::format("read({}, \"\", 4096) = 0", fd),
                                  fmt::format("close({}) = 0", fd), "[exited 0]"));
  for (const CallNote& call : all<CallNote>()) {
    EXPECT_EQ(call.program, "child");
    EXPECT_EQ(call.pid, static_cast<std::uint32_t>(pid));
    EXPECT_EQ(call.host, HostId::client);
    EXPECT_LE(call.began, call.at);
  }
  EXPECT_LT(all<CallNote>()[3].began, all<CallNote>()[3].at);  // it waited for the answer
}

TEST_F(ProcessWatchTest, ARefusedConnectionIsToldByItsError) {
  Listener listener;
  const std::uint16_t port = listener.port();
  listener.close_now();
  start([port] { return connect_to(tcp_socket(), port) == -1 && errno == ECONNREFUSED ? 0 : 1; });
  ASSERT_TRUE(until_ended());
  const auto calls = all<CallNote>();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[1].result, -1);
  EXPECT_EQ(static_cast<Errno>(calls[1].error), Errno::connrefused);
  EXPECT_THAT(line_of(calls[1]), HasSubstr("= -1 ECONNREFUSED"));
}

TEST_F(ProcessWatchTest, AServersCallsAreToldAndItListens) {
  std::array<int, 2> port_pipe{};
  ASSERT_EQ(pipe(port_pipe.data()), 0);
  EXPECT_FALSE(watch_.listener(HostId::server));
  const pid_t pid = start(
      [&] {
        const int fd = tcp_socket();
        const int on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_in address = loopback(0);
        socklen_t size = sizeof address;
        bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
        if (listen(fd, 5) != 0) return 1;
        getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
        if (write(port_pipe[1], &address.sin_port, 2) != 2) return 2;
        const int one = accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (send(one, "x", 1, MSG_NOSIGNAL) != 1) return 3;
        return shutdown(one, SHUT_WR);
      },
      true, HostId::server);
  std::uint16_t port = 0;
  ASSERT_TRUE(until([&] { return watch_.listener(HostId::server).has_value(); }));
  EXPECT_FALSE(watch_.listener(HostId::client));
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_accept4); }));
  ASSERT_EQ(read(port_pipe[0], &port, 2), 2);
  const int peer = tcp_socket();
  ASSERT_EQ(connect_to(peer, ntohs(port)), 0);
  ASSERT_TRUE(until_ended(HostId::server));
  close(peer);
  close(port_pipe[0]);
  close(port_pipe[1]);
  const auto calls = all<CallNote>();
  ASSERT_EQ(calls.size(), 7U);
  const auto fd = calls[0].result;
  const auto one = calls[4].result;
  EXPECT_EQ(line_of(calls[1]), fmt::format("setsockopt({}, SO_REUSEADDR, 1) = 0", fd));
  EXPECT_EQ(line_of(calls[2]), fmt::format("bind({}, 127.0.0.1:0) = 0", fd));
  EXPECT_EQ(line_of(calls[3]), fmt::format("listen({}, 5) = 0", fd));
  EXPECT_EQ(line_of(calls[4]), fmt::format("accept4({}, SOCK_CLOEXEC) = {}", fd, one));
  EXPECT_EQ(line_of(calls[5]), fmt::format("sendto({}, \"x\", 1, MSG_NOSIGNAL, NULL, 0) = 1", one));
  EXPECT_EQ(line_of(calls[6]), fmt::format("shutdown({}, SHUT_WR) = 0", one));
}

TEST_F(ProcessWatchTest, WaitingForSocketsIsToldWithWhatWasFound) {
  Listener listener;
  start([&] {
    const int fd = connected(listener.port());
    pollfd polled{.fd = fd, .events = POLLOUT | POLLIN, .revents = 0};
    if (poll(&polled, 1, 5000) != 1) return 1;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    timeval none{};
    if (select(fd + 1, &set, nullptr, nullptr, &none) != 0) return 2;
    const int epoll = epoll_create1(0);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.fd = fd;
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    if (epoll_wait(epoll, &event, 1, -1) != 1) return 3;
    return 0;
  });
  ASSERT_TRUE(until_ended());
  const auto calls = all<CallNote>();
  ASSERT_EQ(calls.size(), 5U);
  const auto fd = calls[0].result;
  EXPECT_THAT(line_of(calls[2]), HasSubstr(fmt::format("poll([{{fd={0}, events=POLLIN|POLLOUT}}], 1, ", fd)));
  EXPECT_EQ(calls[2].detail, fmt::format("([{{fd={}, revents=POLLOUT}}])", fd));
  EXPECT_THAT(line_of(calls[3]),
              HasSubstr(fmt::format("({}, [{}], NULL, NULL, {{tv_sec=0, tv_", fd + 1, fd)));
  EXPECT_EQ(calls[3].detail, "(Timeout)");
  EXPECT_THAT(line_of(calls[4]), HasSubstr(fmt::format("events=EPOLLOUT, data={{u32={0}, u64={0}}}", fd)));
  EXPECT_EQ(all<ProcessNote>().back().status, 0);
}

TEST_F(ProcessWatchTest, ASocketsErrorIsToldByName) {
  Listener listener;
  const std::uint16_t port = listener.port();
  listener.close_now();
  start([port] {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    connect_to(fd, port);
    pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
    poll(&polled, 1, -1);
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
  });
  ASSERT_TRUE(until_ended());
  const auto calls = all<CallNote>();
  ASSERT_EQ(calls.size(), 5U);
  EXPECT_EQ(calls[0].args, "AF_INET, SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP");
  EXPECT_THAT(line_of(calls[3]), HasSubstr("SO_ERROR) = 0 [ECONNREFUSED]"));
  EXPECT_THAT(line_of(calls[4]), HasSubstr("SO_ERROR) = 0 [0]"));
}

TEST_F(ProcessWatchTest, PipesFilesUnixSocketsAndBadDescriptorsAreNotTold) {
  start([] {
    std::array<int, 2> fds{};
    char byte = 'x';
    if (pipe(fds.data()) != 0 || write(fds[1], &byte, 1) != 1 || read(fds[0], &byte, 1) != 1) return 1;
    pollfd polled{.fd = fds[1], .events = POLLOUT, .revents = 0};
    if (poll(&polled, 1, -1) != 1) return 2;
    close(fds[0]);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) != 0) return 3;
    if (send(fds[0], &byte, 1, 0) != 1 || recv(fds[1], &byte, 1, 0) != 1) return 4;
    const int unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
    const int epoll = epoll_create1(0);
    epoll_event event{};
    epoll_wait(epoll, &event, 1, 0);
    close(unix_socket);
    const int file = open("/dev/null", O_WRONLY);
    if (write(file, "x", 1) != 1) return 5;
    return read(999, &byte, 1) == -1 && errno == EBADF ? 0 : 6;
  });
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[exited 0]"));
}

TEST_F(ProcessWatchTest, ScatteredBuffersAndMessagesAreToldWithTheirBytes) {
  start([] {
    const int one = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bind(one, reinterpret_cast<const sockaddr*>(&address), size);
    getsockname(one, reinterpret_cast<sockaddr*>(&address), &size);
    connect(one, reinterpret_cast<const sockaddr*>(&address), size);
    std::string first = "ab";
    std::string second(40, 'c');
    std::array<iovec, 2> parts{{{first.data(), first.size()}, {second.data(), second.size()}}};
    if (writev(one, parts.data(), 2) != 42) return 1;
    if (readv(one, parts.data(), 2) != 42) return 2;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = 1;
    if (sendmsg(one, &message, 0) != 2) return 3;
    message.msg_iovlen = 2;
    if (recvmsg(one, &message, MSG_DONTWAIT) != 2) return 4;
    if (recvmsg(one, &message, MSG_DONTWAIT) != -1) return 5;
    return 0;
  });
  ASSERT_TRUE(until_ended());
  std::vector<std::string> lines = told();
  ASSERT_EQ(lines.size(), 9U);
  const std::string c32(32, 'c');
  EXPECT_THAT(lines[3], HasSubstr("[{iov_base=\"ab\", iov_len=2}, {iov_base=\"" + c32 +
                                  "\"..., iov_len=40}], 2) = 42"));
  EXPECT_THAT(lines[4], StartsWith("readv("));
  EXPECT_THAT(lines[4], HasSubstr("\"..., iov_len=40}], 2) = 42"));
  EXPECT_THAT(lines[5], HasSubstr("{msg_iov=[{iov_base=\"ab\", iov_len=2}], msg_iovlen=1}, 0) = 2"));
  EXPECT_THAT(
      lines[6],
      HasSubstr("[{iov_base=\"ab\", iov_len=2}, {iov_base=\"\", iov_len=40}], msg_iovlen=2}, MSG_DONTWAIT"));
  EXPECT_THAT(lines[7], HasSubstr("[{iov_len=2}, {iov_len=40}], msg_iovlen=2}, MSG_DONTWAIT) = -1 EAGAIN"));
}

TEST_F(ProcessWatchTest, AThreadsCallsAreItsProcesss) {
  Listener listener;
  const pid_t pid = start([&] {
    int result = -1;
    std::thread{[&] { result = close(connected(listener.port())); }}.join();
    return result;
  });
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(),
              ElementsAre(StartsWith("socket"), StartsWith("connect"), StartsWith("close"), "[exited 0]"));
  for (const CallNote& call : all<CallNote>()) EXPECT_EQ(call.pid, static_cast<std::uint32_t>(pid));
}

TEST_F(ProcessWatchTest, AThousandQuickCallsAreAllTold) {
  start([] {
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
    char byte = 0;
    for (int i = 0; i < 500; ++i) {
      if (write(fd, "x", 1) != 1 || read(fd, &byte, 1) != 1) return 1;
    }
    return 0;
  });
  ASSERT_TRUE(until_ended());
  const auto calls = all<CallNote>();
  ASSERT_EQ(calls.size(), 1003U);
  for (std::size_t i = 3; i < calls.size(); ++i) EXPECT_EQ(calls[i].call, i % 2 == 1 ? "write" : "read");
  for (std::size_t i = 1; i < calls.size(); ++i) EXPECT_LE(calls[i - 1].at, calls[i].began);
}

TEST_F(ProcessWatchTest, WithoutAnObserverForCallsProcessesGoOnAndListeningIsKnown) {
  recorder_.wants_calls = false;
  const pid_t pid = start([] {
    const int fd = tcp_socket();
    return listen(fd, 1) == 0 ? pause() : 1;
  });
  ASSERT_TRUE(until([&] { return watch_.listener(HostId::client) == pid; }));
  EXPECT_TRUE(watch_.signal(pid, 0));
  kill(pid, SIGKILL);
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[killed 9]"));
  EXPECT_FALSE(watch_.listener(HostId::client));
  EXPECT_FALSE(watch_.signal(pid, 0));
}

// A scenario may name whatever is watched.
TEST(TracedCalls, HaveNamesThatScenariosKnow) {
  for (const TracedCallRow& row : kTracedCalls) {
    EXPECT_NE(std::ranges::find(call_names(), row.name), call_names().end()) << row.name;
  }
}

}  // namespace
}  // namespace halfopen::watching
