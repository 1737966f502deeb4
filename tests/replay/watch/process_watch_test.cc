// Births, names and ends of real processes.
#include <sched.h>

#include <thread>

#include "tests/replay/watch/process_watch_fixture.h"

namespace halfopen::watching {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST_F(ProcessWatchTest, AnExitStatusIsTold) {
  start([] { return 42; });
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[exited 42]"));
}

TEST_F(ProcessWatchTest, AKilledProcessLeavesNoNoteOfTheCallItWasIn) {
  Listener listener;
  const pid_t pid = start([&] {
    char byte = 0;
    const int fd = connected(listener.port());
    return read(fd, &byte, 1) < 0 ? 1 : 0;
  });
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
  kill(pid, SIGKILL);
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre(StartsWith("socket"), StartsWith("connect"), "[killed 9]"));
}

TEST_F(ProcessWatchTest, AForkedChildIsFollowed) {
  Listener listener;
  std::array<int, 2> gate{};
  ASSERT_EQ(pipe(gate.data()), 0);
  const pid_t pid = start([&] {
    const pid_t child = fork();
    if (child == 0) {
      const int fd = connected(listener.port());
      char byte = 0;
      _exit(read(gate[0], &byte, 1) == 1 && close(fd) == 0 ? 7 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status) == 7 ? 0 : 1;
  });
  ASSERT_TRUE(until([&] { return all<CallNote>().size() == 2; }));
  const auto child = watch_.newest_child(pid);
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(watch_.newest_child(*child), std::nullopt);
  ASSERT_EQ(write(gate[1], "g", 1), 1);
  ASSERT_TRUE(until_ended());
  close(gate[0]);
  close(gate[1]);
  EXPECT_EQ(watch_.newest_child(pid), std::nullopt);
  EXPECT_THAT(told(), ElementsAre("[forked]", StartsWith("socket"), StartsWith("connect"),
                                  StartsWith("close"), "[exited 7]", "[exited 0]"));
  EXPECT_EQ(all<ProcessNote>().front().pid, static_cast<std::uint32_t>(*child));
  EXPECT_EQ(all<ProcessNote>().front().program, "child");
  EXPECT_EQ(all<CallNote>().front().pid, static_cast<std::uint32_t>(*child));
}

TEST_F(ProcessWatchTest, TheNewestChildIsTheOneThatWasBornLastAndLives) {
  for (const bool traced : {true, false}) {
    std::array<int, 2> said{};
    ASSERT_EQ(pipe(said.data()), 0);
    std::array<pid_t, 3> children{};
    const pid_t parent = start(
        [&] {
          for (pid_t& child : children) {
            child = fork();
            if (child == 0) return pause();
          }
          if (write(said[1], children.data(), sizeof children) != sizeof children) return 1;
          return waitpid(children[2], nullptr, 0) == children[2] ? pause() : 1;
        },
        traced);
    // Read before the parent wrote, this would wait for a process that waits for us.
    pollfd waiting{.fd = said[0], .events = POLLIN, .revents = 0};
    ASSERT_TRUE(until([&] { return ::poll(&waiting, 1, 0) == 1; }));
    ASSERT_EQ(read(said[0], children.data(), sizeof children), static_cast<ssize_t>(sizeof children));
    EXPECT_EQ(watch_.newest_child(parent), children[2]) << traced;
    kill(children[2], SIGKILL);
    EXPECT_TRUE(until([&] { return watch_.newest_child(parent) == children[1]; })) << traced;
    for (const pid_t pid : {children[0], children[1], parent}) kill(pid, SIGKILL);
    ASSERT_TRUE(until_ended());
    close(said[0]);
    close(said[1]);
  }
}

TEST_F(ProcessWatchTest, AProcessThatExecutesHasTheNameOfItsProgramAndSoHaveItsChildren) {
  const pid_t pid =
      start([] { return execl("/bin/sh", "sh", "-c", "exec sh -c 'sleep 0; sh -c :; exit 3'", nullptr); });
  EXPECT_EQ(watch_.program_of(pid), "child");  // it was adopted as that, with its first program
  ASSERT_TRUE(until_ended());
  const auto notes = all<ProcessNote>();
  ASSERT_GE(notes.size(), 3U);
  EXPECT_EQ(notes[0].what, ProcessNote::What::forked);
  EXPECT_EQ(notes[0].program, "sh");
  EXPECT_EQ(notes[1].what, ProcessNote::What::exited);
  EXPECT_EQ(notes[1].program, "sleep");
  EXPECT_EQ(notes[1].pid, notes[0].pid);
  EXPECT_EQ(notes.back().program, "sh");
  EXPECT_EQ(notes.back().status, 3);
  EXPECT_EQ(watch_.program_of(pid), "sh");
}

TEST_F(ProcessWatchTest, AThreadThatExecutesTakesItsProcessOver) {
  start([] {
    std::thread{[] { execl("/bin/sh", "sh", "-c", "exit 4", nullptr); }}.join();
    return 1;
  });
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[exited 4]"));
}

TEST_F(ProcessWatchTest, AVforkedChildIsFollowed) {
  start([] {
    const pid_t child = vfork();
    if (child == 0) {
      execl("/bin/sh", "sh", "-c", "exit 2", nullptr);
      _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  });
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ElementsAre("[forked]", "[exited 2]", "[exited 2]"));
  EXPECT_EQ(all<ProcessNote>()[1].program, "sh");
}

TEST_F(ProcessWatchTest, APidIsTheOneThatTheProcessSeesItself) {
  start([] {
    if (unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) return 77;
    if (fork() == 0) _exit(getpid() == 1 ? close(tcp_socket()) : 1);
    int status = 0;
    wait(&status);
    return WEXITSTATUS(status);
  });
  ASSERT_TRUE(until_ended());
  if (told().back() == "[exited 77]") GTEST_SKIP() << "no PID namespace for us";
  EXPECT_THAT(told(),
              ElementsAre("[forked]", StartsWith("socket"), StartsWith("close"), "[exited 0]", "[exited 0]"));
  EXPECT_EQ(all<ProcessNote>().front().pid, 1U);
  EXPECT_EQ(all<CallNote>().front().pid, 1U);
  EXPECT_NE(all<ProcessNote>().back().pid, 1U);
}

TEST_F(ProcessWatchTest, OfAnUntracedProcessOnlyTheEndIsTold) {
  Listener listener;
  start(
      [&] {
        handle(SIGUSR1, 0);
        raise(SIGUSR1);
        if (fork() == 0) _exit(0);
        wait(nullptr);
        return close(connected(listener.port())) == 0 ? 6 : 1;
      },
      false);
  const pid_t other = start([] { return pause(); }, false);
  kill(other, SIGKILL);
  ASSERT_TRUE(until_ended());
  EXPECT_THAT(told(), ::testing::UnorderedElementsAre("[exited 6]", "[killed 9]"));
}

TEST_F(ProcessWatchTest, OfAForgottenHostNothingIsToldButItsProcessesAreReaped) {
  Listener listener;
  const pid_t pid = start([&] {
    const int fd = connected(listener.port());
    char byte = 0;
    if (read(fd, &byte, 1) != 1) return 1;
    if (fork() == 0) _exit(close(fd));
    return wait(nullptr) > 0 ? 0 : 2;
  });
  const int peer = peer_of(listener);
  ASSERT_TRUE(until([&] { return sleeps_in(pid, SYS_read); }));
  const auto before = told();
  watch_.forget(HostId::client);
  EXPECT_FALSE(watch_.any_left(HostId::client));
  EXPECT_EQ(watch_.forgotten(), 1U);
  ASSERT_EQ(write(peer, "x", 1), 1);
  ASSERT_TRUE(until([&] { return watch_.forgotten() == 0; }));
  close(peer);
  EXPECT_TRUE(reaped_by_watch(pid));
  EXPECT_EQ(told(), before);
}

TEST_F(ProcessWatchTest, AWatchThatTracesNoCallsStillTellsBirthsAndEnds) {
  ProcessWatch quiet{false};
  std::array<int, 2> gate{};
  ASSERT_EQ(pipe(gate.data()), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    char byte = 0;
    if (read(gate[0], &byte, 1) != 1 || !install_call_filter()) _exit(101);
    if (fork() == 0) _exit(close(tcp_socket()));
    int status = 0;
    wait(&status);
    _exit(WEXITSTATUS(status));
  }
  ASSERT_TRUE(quiet.adopt(HostId::client, pid, "child", true));
  ASSERT_EQ(write(gate[1], "g", 1), 1);
  ASSERT_TRUE(until([&] {
    quiet.poll(now_, recorder_);
    return !quiet.any_left(HostId::client);
  }));
  close(gate[0]);
  close(gate[1]);
  EXPECT_THAT(told(), ElementsAre("[forked]", "[exited 0]", "[exited 0]"));
}

TEST_F(ProcessWatchTest, AProcessThatCannotBeTracedIsWatchedUntraced) {
  errno = 0;
  EXPECT_FALSE(watch_.adopt(HostId::server, getpid(), "ourselves", true));
  EXPECT_EQ(errno, EPERM);
  EXPECT_TRUE(watch_.any_left(HostId::server));
  EXPECT_EQ(watch_.pid_inside(getpid()), static_cast<std::uint32_t>(getpid()));
}

}  // namespace
}  // namespace halfopen::watching
