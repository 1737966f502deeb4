// Processes: signals, fork, wait, freeze; what a process waits for goes on without it.
#include "sim/os/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

class ProcessTest : public ::testing::Test {
 protected:
  Process& start(const ProgramMain& main) {
    Process& process = pump.client.kernel().start(pump.now, "test", main);
    pump.settle();
    return process;
  }
  [[nodiscard]] std::vector<std::string> notes() const { return pump.recorder.processes(HostId::client); }
  [[nodiscard]] std::vector<std::string> calls(std::string_view name) const {
    return pump.recorder.calls(HostId::client, name);
  }

  Pump pump;
};

Task<int> exits(Sys, int status) { co_return status; }

Task<int> sleeps(Sys sys) {
  const CallResult slept = co_await sys.nanosleep(10s);
  co_return slept.error == Errno::intr ? 1 : 0;
}

Task<void> says_signal(Sys sys, int signal) {
  sys.print("signal " + std::to_string(signal) + "\n");
  co_return;
}

TEST_F(ProcessTest, ReturnsItsStatus) {
  start([](Sys sys) { return exits(sys, 3); });
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 exited 3"));
  EXPECT_TRUE(pump.client.all_exited());
}

Task<int> calls_deeply(Sys sys, int depth) {
  if (depth == 0) {
    co_await sys.exit(42);
    sys.print("not reached");
  }
  const int status = co_await calls_deeply(sys, depth - 1);
  co_return status;
}

TEST_F(ProcessTest, ExitsFromDeepWithinItsFunctions) {
  start([](Sys sys) { return calls_deeply(sys, 100); });
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 exited 42"));
  EXPECT_EQ(pump.recorder.output(HostId::client), "");
}

Task<int> calls_often(Sys sys) {
  int sum = 0;
  for (int i = 0; i < 100'000; ++i) sum += co_await exits(sys, 1);
  co_return sum == 100'000 ? 0 : 1;
}

TEST_F(ProcessTest, CallsAFunctionAnyNumberOfTimesWithoutGrowingTheStack) {
  start([](Sys sys) { return calls_often(sys); });
  EXPECT_THAT(notes(), Contains("100 exited 0"));
}

TEST_F(ProcessTest, SleepsAsLongAsItAsked) {
  start(&sleeps);
  pump.run_for(10s - 1ns);
  EXPECT_THAT(notes(), ElementsAre("100 started"));
  pump.run_for(1ns);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 exited 0"));
}

TEST_F(ProcessTest, DiesOfSigtermByDefault) {
  start(&sleeps);
  pump.client.kill(pump.now, Victim::parent, sig::term);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 killed 15"));
}

TEST_F(ProcessTest, AHandlerInterruptsACall) {
  start([](Sys sys) {
    sys.on_signal(sig::intr, &says_signal);
    return sleeps(sys);
  });
  pump.client.kill(pump.now, Victim::parent, sig::intr);
  pump.settle();
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 signalled 2", "100 exited 1"));
  EXPECT_EQ(pump.recorder.output(HostId::client), "signal 2\n");
  EXPECT_EQ(pump.recorder.last_call(HostId::client, "nanosleep").error, static_cast<int>(Errno::intr));
}

TEST_F(ProcessTest, AnIgnoredSignalChangesNothing) {
  start([](Sys sys) {
    sys.on_signal(sig::term, {});
    return sleeps(sys);
  });
  pump.client.kill(pump.now, Victim::parent, sig::term);
  pump.run_for(10s);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 exited 0"));
}

TEST_F(ProcessTest, SigkillCannotBeCaught) {
  start([](Sys sys) {
    sys.on_signal(sig::kill, {});
    return sleeps(sys);
  });
  pump.client.kill(pump.now, Victim::parent, sig::kill);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 killed 9"));
}

TEST_F(ProcessTest, FrozenDoesNotRunUntilThawed) {
  start(&sleeps);
  pump.run_for(1s);
  pump.client.freeze(pump.now, Victim::parent);
  pump.run_for(60s);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 frozen"));
  pump.client.thaw(pump.now, Victim::parent);
  pump.settle();
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 frozen", "100 thawed", "100 exited 0"));
}

TEST_F(ProcessTest, FrozenItDiesOfSigtermWhenThawedAndOfSigkillAtOnce) {
  start(&sleeps);
  pump.client.freeze(pump.now, Victim::all);
  pump.client.kill(pump.now, Victim::parent, sig::term);
  EXPECT_THAT(notes(), ElementsAre("100 started", "100 frozen"));
  pump.client.thaw(pump.now, Victim::parent);
  EXPECT_EQ(notes().back(), "100 killed 15");
  start(&sleeps);
  pump.client.freeze(pump.now, Victim::all);
  pump.client.kill(pump.now, Victim::parent, sig::kill);
  EXPECT_EQ(notes().back(), "101 killed 9");
}

TEST_F(ProcessTest, WhatHappensToTheProgramHappensToEachThatInitStarted) {
  start(&sleeps);
  start(&sleeps);
  pump.client.freeze(pump.now, Victim::child);  // nobody has forked
  pump.client.kill(pump.now, Victim::parent, sig::kill);
  EXPECT_THAT(notes(), ElementsAre("100 started", "101 started", "100 frozen", "101 frozen", "100 killed 9",
                                   "101 killed 9"));
}

TEST_F(ProcessTest, ItsKernelGoesOnWhileItIsFrozen) {
  const Pump::Pair pair = pump.connect_pair();
  pump.client.freeze(pump.now, Victim::all);
  pump.write(pump.server, pair.server, pair.server_fd, "are you there?");
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "<P. >.");
  EXPECT_EQ(Syscalls::endpoint_of(pair.client, pair.client_fd)->readable(), 14u);
}

Task<int> child_of(Sys sys, int fd) {
  const CallResult closed = co_await sys.close(fd);
  co_return closed.failed() ? 1 : 7;
}

Task<int> forks_and_waits(Sys sys) {
  const CallResult made = co_await sys.socket();
  const int fd = static_cast<int>(made.value);
  const ProgramMain child = [fd](Sys self) { return child_of(self, fd); };
  const CallResult forked = co_await sys.fork(child);
  int status = 0;
  const CallResult waited = co_await sys.waitpid(0, &status, false);
  if (waited.value != forked.value) co_return 1;
  const CallResult closed = co_await sys.close(fd);  // the child closed only its own descriptor
  co_return closed.failed() ? 1 : status >> 8;
}

TEST_F(ProcessTest, WaitsForItsChild) {
  start(&forks_and_waits);
  EXPECT_THAT(notes(),
              ElementsAre("100 started", "101 forked", "101 exited 7", "101 reaped", "100 exited 7"));
  EXPECT_THAT(calls("fork"), ElementsAre("test[100] fork() = 101"));
  EXPECT_THAT(calls("waitpid"),
              ElementsAre("test[100] waitpid(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 7}], 0) = 101"));
}

Task<int> asks_for_children(Sys sys) {
  const CallResult none = co_await sys.waitpid(0, nullptr, true);
  if (none.error != Errno::child) co_return 1;
  const ProgramMain child = &sleeps;
  const CallResult forked = co_await sys.fork(child);
  const CallResult early = co_await sys.waitpid(0, nullptr, true);
  const CallResult waited = co_await sys.waitpid(static_cast<std::uint32_t>(forked.value), nullptr, false);
  co_return early.value == 0 && waited.value == forked.value ? 0 : 1;
}

TEST_F(ProcessTest, AskedWithoutHangingWaitpidSaysThatNoChildHasEnded) {
  start(&asks_for_children);
  pump.run_for(10s);
  EXPECT_THAT(notes(), Contains("100 exited 0"));
}

Task<int> forks_a_sleeper(Sys sys) {
  const ProgramMain child = &sleeps;
  co_await sys.fork(child);
  co_await sys.nanosleep(1s);
  co_return 0;
}

TEST_F(ProcessTest, AnOrphanBelongsToInitWhoReapsIt) {
  start(&forks_a_sleeper);
  pump.run_for(20s);
  EXPECT_THAT(notes(), ElementsAre("100 started", "101 forked", "100 exited 0", "101 exited 0"));
  EXPECT_EQ(pump.client.kernel().processes().find(101), nullptr);
}

TEST_F(ProcessTest, AZombieStaysUntilItsParentWaits) {
  start(&forks_a_sleeper);
  pump.client.kill(pump.now, Victim::child, sig::kill);
  ASSERT_NE(pump.client.kernel().processes().find(101), nullptr);
  pump.run_for(2s);
  EXPECT_EQ(pump.client.kernel().processes().find(101), nullptr);
}

TEST_F(ProcessTest, WithoutChildrenTheChildVictimIsTheProgramItself) {
  start(&sleeps);
  pump.client.kill(pump.now, Victim::child, sig::term);
  EXPECT_TRUE(pump.client.all_exited());
}

TEST_F(ProcessTest, TheTerminalGivesOneLineAtATimeAndThenTheEnd) {
  Process& driver = pump.driver(pump.client);
  pump.client.type(pump.now, "one");
  pump.client.type(pump.now, "two\n");
  pump.client.close_input(pump.now);
  EXPECT_EQ(pump.read(pump.client, driver, 0), "one\n");
  EXPECT_EQ(pump.read(pump.client, driver, 0), "two\n");
  EXPECT_EQ(pump.read(pump.client, driver, 0), "");
}

TEST_F(ProcessTest, EveryProcessReadsAllThatIsTyped) {
  Process& early = pump.driver(pump.client);
  pump.client.type(pump.now, "one");
  EXPECT_EQ(pump.read(pump.client, early, 0), "one\n");
  Process& late = pump.driver(pump.client);
  pump.client.close_input(pump.now);
  EXPECT_EQ(pump.read(pump.client, late, 0), "one\n");
  EXPECT_EQ(pump.read(pump.client, late, 0), "");
  EXPECT_EQ(pump.read(pump.client, early, 0), "");
}

TEST_F(ProcessTest, WhatItWritesToItsOutputsIsNotedAndNoCall) {
  Process& driver = pump.driver(pump.client);
  pump.write(pump.client, driver, 1, "to output\n");
  pump.write(pump.client, driver, 2, "to error\n");
  EXPECT_EQ(pump.recorder.output(HostId::client), "to output\nto error\n");
  EXPECT_TRUE(calls("write").empty());
}

}  // namespace
}  // namespace halfopen::test
