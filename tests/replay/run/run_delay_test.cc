#include "replay/run/run_delay.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "tests/replay/watch/process_watch_fixture.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;
using RunDelayTest = watching::ProcessWatchTest;

TEST_F(RunDelayTest, AThreadThatIsNotThereWaitsForNothing) {
  RunDelay nobody{0x7fff'ffff};
  EXPECT_EQ(nobody.more(), Duration::zero());
}

TEST_F(RunDelayTest, OurOwnNeverGoesBack) {
  RunDelay own;
  for (int i = 0; i < 100; ++i) EXPECT_GE(own.more(), Duration::zero());
}

[[noreturn]] void spin() {
  for (;;) sched_yield();
}

// A process that sleeps, a thread of its and a child, which have one processor between them.
int share_a_processor() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) return 1;
  if (fork() == 0) spin();
  std::thread{spin}.detach();
  for (;;) pause();
}

TEST_F(RunDelayTest, OfAProgramItIsThatOfEachThreadAndOfItsChildren) {
  if (!std::ifstream{"/proc/thread-self/schedstat"}) GTEST_SKIP() << "this kernel has no schedstat";
  const pid_t program = start(share_a_processor);
  const auto threads = [&] { return watch_.threads_of(HostId::client); };
  ASSERT_TRUE(until([&] { return threads().size() == 3 && sleeps_in(program, SYS_pause); }));
  EXPECT_TRUE(watch_.threads_of(HostId::server).empty());
  ProgramDelays all;
  RunDelay first{program};
  static_cast<void>(all.more(threads()));
  static_cast<void>(first.more());
  Duration waited{};
  EXPECT_TRUE(until([&] { return (waited += all.more(threads())) > 20ms; })) << waited.count() << " ns";
  EXPECT_EQ(first.more(), Duration::zero()) << "it sleeps, and waits for nothing";
  watch_.signal(program, SIGKILL);
  for (const pid_t tid : threads()) watch_.signal(tid, SIGKILL);
}

TEST_F(RunDelayTest, WhatIsOverIsForgotten) {
  const pid_t program = start([] { return 0; });
  EXPECT_EQ(watch_.threads_of(HostId::client), std::vector{program});
  ProgramDelays all;
  ASSERT_TRUE(until_ended());
  EXPECT_TRUE(watch_.threads_of(HostId::client).empty());
  EXPECT_EQ(all.more(watch_.threads_of(HostId::client)), Duration::zero());
}

}  // namespace
}  // namespace halfopen
