// Storms of processes that live shorter than it takes to hear of them. A storm ends by itself, however long a
// busy machine takes for it; then nobody may be left who is not there.
#include <linux/sched.h>
#include <pthread.h>

#include <thread>

#include "tests/replay/watch/process_watch_fixture.h"

namespace halfopen::watching {
namespace {

using What = ProcessNote::What;

class ProcessStorm : public ProcessWatchTest {
 protected:
  // Watches until the process that was started is over, and then that nobody is thought to live: births and
  // ends are told in pairs.
  void expect_nobody_left_of(pid_t pid) {
    while (watch_.signal(pid, 0)) until([&] { return !watch_.signal(pid, 0); });
    EXPECT_TRUE(until_ended()) << "phantoms";
    EXPECT_FALSE(watch_.awaits_any());
    const auto notes = all<ProcessNote>();
    const auto count = [&](auto is) { return std::ranges::count_if(notes, is, &ProcessNote::what); };
    const auto born = count([](What what) { return what == What::forked; });
    const auto over = count([](What what) { return what == What::exited || what == What::killed; });
    EXPECT_EQ(over, born + 1);
    ASSERT_FALSE(notes.empty());
    EXPECT_EQ(notes.back().what, What::exited);
    EXPECT_EQ(notes.back().status, 0);
  }
};

// As fork() without the C library, which has no clone3() to call.
long clone3(std::uint64_t flags) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = SIGCHLD;
  return syscall(SYS_clone3, &args, sizeof args);
}

int reap(pid_t child) { return waitpid(child, nullptr, 0) == child ? 0 : 1; }

// In a function of its own: what shares a frame with vfork() may be overwritten by the child.
int vfork_and_reap() {
  const pid_t child = vfork();
  if (child == 0) _exit(0);
  return reap(child);
}

TEST_F(ProcessStorm, AShellThatCallsProgramsInALoopLeavesNoPhantoms) {
  const pid_t pid = start([] {
    return execl("/bin/sh", "sh", "-c",
                 "i=0; while [ $i -lt 300 ]; do x=$(readlink /nonexistent); i=$((i + 1)); done; exit 0",
                 nullptr);
  });
  expect_nobody_left_of(pid);
  EXPECT_GE(all<ProcessNote>().size(), 600U);
}

TEST_F(ProcessStorm, ChildrenThatEndAtOnceByForkVforkAndClone3) {
  const pid_t pid = start([] {
    int wrong = 0;
    for (int i = 0; i < 300; ++i) {
      pid_t child = fork();
      if (child == 0) _exit(0);
      wrong += reap(child);
      wrong += vfork_and_reap();
      child = static_cast<pid_t>(clone3(0));
      if (child == 0) _exit(0);
      wrong += reap(child);
    }
    return wrong == 0 ? 0 : 1;
  });
  expect_nobody_left_of(pid);
}

TEST_F(ProcessStorm, ThreadsThatForkAllAtOnce) {
  const pid_t pid = start([] {
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
      thread = std::thread{[] {
        for (int i = 0; i < 100; ++i) {
          const pid_t child = static_cast<pid_t>(clone3(0));
          if (child == 0) _exit(0);
          reap(child);
        }
      }};
    }
    for (std::thread& thread : threads) thread.join();
    return 0;
  });
  expect_nobody_left_of(pid);
}

// A thread of each child executes a program, which ends all the others and takes its process's number.
TEST_F(ProcessStorm, ThreadsThatExecute) {
  const pid_t pid = start([] {
    for (int i = 0; i < 60; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        std::thread idle{[] { pause(); }};
        std::thread{[] { execl("/bin/true", "true", nullptr); }}.join();
        _exit(1);
      }
      if (reap(child) != 0) return 1;
    }
    return 0;
  });
  expect_nobody_left_of(pid);
}

// The process goes on without its first thread, which stays a zombie till the last one is over.
TEST_F(ProcessStorm, FirstThreadsThatEndBeforeTheOthers) {
  const pid_t pid = start([] {
    for (int i = 0; i < 60; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        std::thread{[] {
          const pid_t grandchild = static_cast<pid_t>(clone3(0));
          if (grandchild == 0) _exit(0);
          _exit(reap(grandchild));
        }}.detach();
        syscall(SYS_exit, 0);
      }
      if (reap(child) != 0) return 1;
    }
    return 0;
  });
  expect_nobody_left_of(pid);
}

// Killed before or after they ran at all, and orphans that somebody else waits for.
TEST_F(ProcessStorm, ChildrenThatAreKilledAtOnceAndOrphans) {
  const pid_t pid = start([] {
    for (int i = 0; i < 150; ++i) {
      pid_t child = fork();
      if (child == 0) pause();
      kill(child, SIGKILL);
      if (reap(child) != 0) return 1;
      child = fork();
      if (child == 0) _exit(fork() < 0 ? 1 : 0);
      if (reap(child) != 0) return 1;
    }
    return 0;
  });
  while (watch_.signal(pid, 0)) until([&] { return !watch_.signal(pid, 0); });
  EXPECT_TRUE(until_ended()) << "phantoms";  // an orphan may end after its grandparent
  EXPECT_FALSE(watch_.awaits_any());
}

// Whoever else has children in this process waits for them; they do not stand in our way either.
TEST_F(ProcessStorm, AChildOfSomebodyElseIsLeftToThem) {
  const pid_t stranger = fork();
  if (stranger == 0) _exit(9);
  siginfo_t over{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(stranger), &over, WEXITED | WNOWAIT), 0);
  start([] {
    const pid_t child = fork();
    return child == 0 ? 0 : reap(child);
  });
  start([] { return 0; }, false);
  EXPECT_TRUE(until_ended());
  int status = 0;
  ASSERT_EQ(waitpid(stranger, &status, WNOHANG), stranger);
  EXPECT_EQ(WEXITSTATUS(status), 9);
}

TEST_F(ProcessStorm, ASilentChildIsReapedAndNotTold) {
  const pid_t silent = fork();
  if (silent == 0) _exit(0);
  watch_.also_reap(silent);
  EXPECT_TRUE(watch_.awaits_any());
  EXPECT_TRUE(until([&] { return !watch_.awaits_any(); }));
  EXPECT_EQ(waitpid(silent, nullptr, WNOHANG), -1);
  EXPECT_TRUE(told().empty());
}

// A number that has been given back is nobody's to signal.
TEST_F(ProcessStorm, OnlyTheHostsOwnProcessesAreSignalled) {
  const pid_t stranger = fork();
  if (stranger == 0) _exit(pause());
  EXPECT_FALSE(watch_.signal(stranger, SIGKILL));
  EXPECT_EQ(waitpid(stranger, nullptr, WNOHANG), 0);
  kill(stranger, SIGKILL);
  EXPECT_EQ(waitpid(stranger, nullptr, 0), stranger);
  const pid_t ours = start([] { return pause(); }, false);
  EXPECT_TRUE(watch_.signal(ours, SIGKILL));
  EXPECT_TRUE(until_ended());
  EXPECT_FALSE(watch_.signal(ours, SIGKILL));
}

}  // namespace
}  // namespace halfopen::watching
