// Real processes that are signalled, frozen and thawed, also within a system call.
#include <csetjmp>
#include <thread>

#include "tests/replay/watch/process_watch_fixture.h"

namespace halfopen::watching {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(ProcessWatchTest, AProcessIsFrozenAndThawed) {
  Listener listener;
  const pid_t pid = start([&] {
    const int fd = connected(listener.port());
    std::array<char, 8> bytes{};
    return read(fd, bytes.data(), bytes.size()) == 1 ? 0 : 1;
  });
  const int peer = peer_of(listener);
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
  kill(pid, SIGSTOP);
  ASSERT_TRUE(until_told("[frozen 19]"));
  const TimePoint frozen = now_;
  ASSERT_EQ(write(peer, "x", 1), 1);
  // It has what it waits for and would read it at once. 50 rounds are long for a process that runs.
  for (int i = 0; i < 50; ++i) {
    const timespec moment{.tv_sec = 0, .tv_nsec = 2'000'000};
    ppoll(nullptr, 0, &moment, nullptr);
    watch_.poll(now_ += 1ms, recorder_);
  }
  EXPECT_THAT(told(), ElementsAre(StartsWith("socket"), StartsWith("connect"), "[frozen 19]"));
  kill(pid, SIGCONT);
  ASSERT_TRUE(until_ended());
  close(peer);
  const auto lines = told();
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[3], "[thawed]");
  EXPECT_THAT(lines[4], HasSubstr("\"x\", 8) = 1"));
  EXPECT_EQ(lines[5], "[exited 0]");
  EXPECT_LT(all<CallNote>().back().began, frozen);  // one call, however often the kernel made it again
}

TEST_F(ProcessWatchTest, AFrozenProcessOfThreadsIsToldOnceAndCanBeKilled) {
  Listener listener;
  const pid_t pid = start([&] {
    const int fd = connected(listener.port());
    std::thread other{[&] {
      char byte = 0;
      if (read(fd, &byte, 1) != 0) _exit(1);
    }};
    other.join();
    return 0;
  });
  ASSERT_TRUE(until([&] { return all<CallNote>().size() == 2; }));
  for (int i = 0; i < 3; ++i) {
    const auto count = [&](const char* line) { return std::ranges::count(told(), line); };
    kill(pid, SIGSTOP);
    ASSERT_TRUE(until([&] { return count("[frozen 19]") == i + 1; }));
    // While the threads stop one after the other, SIGCONT would thaw some that have not told yet.
    ASSERT_TRUE(until([&] { return !watch_.poll(now_, recorder_); }));
    kill(pid, SIGCONT);
    ASSERT_TRUE(until([&] { return count("[thawed]") == i + 1; }));
  }
  kill(pid, SIGSTOP);
  ASSERT_TRUE(until([&] { return std::ranges::count(told(), "[frozen 19]") == 4; }));
  kill(pid, SIGKILL);
  ASSERT_TRUE(until_ended());
  EXPECT_EQ(told().back(), "[killed 9]");
}

TEST_F(ProcessWatchTest, APollWithATimeLimitIsOneCallAcrossAFreeze) {
  Listener listener;
  const pid_t pid = start([&] {
    pollfd polled{.fd = connected(listener.port()), .events = POLLIN, .revents = 0};
    return poll(&polled, 1, 60'000) == 1 ? 0 : 1;
  });
  const int peer = peer_of(listener);
  ASSERT_TRUE(until([&] { return all<CallNote>().size() == 2; }));
#ifdef SYS_poll
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_poll); }));
#endif
  kill(pid, SIGSTOP);
  ASSERT_TRUE(until_told("[frozen 19]"));
  kill(pid, SIGCONT);
  ASSERT_TRUE(until_told("[thawed]"));
  ASSERT_EQ(write(peer, "x", 1), 1);
  ASSERT_TRUE(until_ended());
  close(peer);
  ASSERT_EQ(all<CallNote>().size(), 3U);
  EXPECT_THAT(all<CallNote>().back().detail, HasSubstr("revents=POLLIN"));
  EXPECT_EQ(all<ProcessNote>().back().status, 0);
}

// A server that waits in accept() while its child ends, as Stevens's do.
int accept_until_child_ends(int flags, int gate) {
  handle(SIGCHLD, flags, [](int) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
  });
  const int fd = tcp_socket();
  listen(fd, 1);
  if (fork() == 0) {
    char byte = 0;
    _exit(static_cast<int>(read(gate, &byte, 1)));
  }
  return accept(fd, nullptr, nullptr) == -1 && errno == EINTR ? 0 : 1;
}

TEST_F(ProcessWatchTest, AnAcceptThatASignalInterruptsFailsWithEintr) {
  std::array<int, 2> gate{};
  ASSERT_EQ(pipe(gate.data()), 0);
  const pid_t pid = start([&] { return accept_until_child_ends(0, gate[0]); });
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_accept); }));
  ASSERT_EQ(write(gate[1], "g", 1), 1);
  ASSERT_TRUE(until_ended());
  close(gate[0]);
  close(gate[1]);
  const auto lines = told();
  EXPECT_THAT(lines, ElementsAre(StartsWith("socket"), StartsWith("listen"), "[forked]", "[exited 1]",
                                 "[signalled 17]", "[reaped]", StartsWith("waitpid"), StartsWith("waitpid"),
                                 HasSubstr("= -1 EINTR"), "[exited 0]"));
  const CallNote accepted = all<CallNote>().back();
  EXPECT_EQ(accepted.call, "accept");
  EXPECT_LT(accepted.began, accepted.at);
}

TEST_F(ProcessWatchTest, ACallThatIsMadeAgainAfterASignalIsToldOnce) {
  std::array<int, 2> gate{};
  ASSERT_EQ(pipe(gate.data()), 0);
  const pid_t pid = start([&] { return accept_until_child_ends(SA_RESTART, gate[0]); });
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_accept); }));
  ASSERT_EQ(write(gate[1], "g", 1), 1);
  ASSERT_TRUE(until_told("[signalled 17]"));
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_accept); }));
  kill(pid, SIGTERM);
  ASSERT_TRUE(until_ended());
  close(gate[0]);
  close(gate[1]);
  EXPECT_THAT(told(), ElementsAre(StartsWith("socket"), StartsWith("listen"), "[forked]", "[exited 1]",
                                  "[signalled 17]", "[reaped]", StartsWith("waitpid(-1, NULL, WNOHANG) = "),
                                  "waitpid(-1, NULL, WNOHANG) = -1 ECHILD", "[killed 15]"));
}

int g_handlers_socket = -1;

TEST_F(ProcessWatchTest, AHandlersOwnCallsComeBetweenAnInterruptedCallAndItsEnd) {
  Listener listener;
  for (const int flags : {0, SA_RESTART}) {
    recorder_.notes.clear();
    const pid_t pid = start([&] {
      g_handlers_socket = connected(listener.port());
      handle(SIGUSR1, flags, [](int) {
        if (write(g_handlers_socket, "from handler", 12) != 12) _exit(9);
      });
      char byte = 0;
      return read(g_handlers_socket, &byte, 1) == 1 ? 0 : 1;
    });
    const int peer = peer_of(listener);
    ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
    kill(pid, SIGUSR1);
    ASSERT_TRUE(until([&] { return all<CallNote>().size() == (flags == 0 ? 4U : 3U); }));
    ASSERT_EQ(write(peer, "x", 1), 1);
    ASSERT_TRUE(until_ended());
    close(peer);
    const auto lines = told();
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_EQ(lines[2], "[signalled 10]");
    EXPECT_THAT(lines[3], HasSubstr("\"from handler\", 12) = 12"));
    EXPECT_THAT(lines[4], HasSubstr(flags == 0 ? ", 1) = -1 EINTR" : ", \"x\", 1) = 1"));
    EXPECT_EQ(lines[5], flags == 0 ? "[exited 1]" : "[exited 0]");
    EXPECT_LT(all<CallNote>()[3].began, all<CallNote>()[2].began);
  }
}

sigjmp_buf g_jump;

TEST_F(ProcessWatchTest, AHandlerThatJumpsAwayEndsTheCallThatItInterrupted) {
  Listener listener;
  const pid_t pid = start([&] {
    const int fd = connected(listener.port());
    handle(SIGALRM, SA_RESTART, [](int) { siglongjmp(g_jump, 1); });
    char byte = 0;
    if (sigsetjmp(g_jump, 1) == 0) return read(fd, &byte, 1) == 1 ? 1 : 2;
    return close(fd);
  });
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
  kill(pid, SIGALRM);
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre(StartsWith("socket"), StartsWith("connect"), "[signalled 14]",
                                  HasSubstr(", 1) = -1 EINTR"), StartsWith("close"), "[exited 0]"));
}

TEST_F(ProcessWatchTest, SignalsAreDeliveredUnchangedAndToldOnlyIfTheyAreCaught) {
  const pid_t pid = start([] {
    sigset_t all{};
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    struct sigaction action {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      _exit(info->si_code == SI_USER && info->si_pid == getppid() ? 5 : 6);
    };
    sigaction(SIGTERM, &action, nullptr);
    handle(SIGUSR1, 0, SIG_IGN);
    sigset_t none{};
    sigemptyset(&none);
    return sigsuspend(&none);
  });
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_rt_sigsuspend); }));
  kill(pid, SIGUSR1);   // ignored
  kill(pid, SIGWINCH);  // ignored unless caught
  kill(pid, SIGTERM);
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[signalled 15]", "[exited 5]"));
}

}  // namespace
}  // namespace halfopen::watching
