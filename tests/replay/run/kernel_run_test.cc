// What a run on the real kernel leaves in the process that made it: nothing of its own, and all that was
// there before.
#include "replay/run/kernel_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "replay/base/errors.h"

namespace halfopen {
namespace {

constexpr const char* kOneLine = R"(
title = "one line"
until = "30s"
[client]
program = "line-client"
[server]
program = "echo-server"
[[timeline]]
at = "0s"
do = "client types"
text = "hello"
[[timeline]]
after = "line 1 answered"
do = "client closes input"
)";

void theirs(int) {}

class KernelRunTest : public testing::Test {
 protected:
  std::unique_ptr<KernelRun> begin(const KernelRunOptions& options) {
    return std::make_unique<KernelRun>(parse_scenario(kOneLine, "one-line.toml"), options);
  }
  static void expect_no_children() {
    siginfo_t info{};
    EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL), -1) << info.si_pid;
    EXPECT_EQ(errno, ECHILD);
  }
  KernelRunTest() { options_.programs = HALFOPEN_PROGRAMS; }

  KernelRunOptions options_;
};

TEST_F(KernelRunTest, NoZombieIsLeftWhetherItRanToItsEndOrNot) {
  try {
    for (const bool to_its_end : {true, false}) {
      auto run = begin(options_);
      if (to_its_end) {
        EXPECT_TRUE(run->run().for_ever);
      }
      run.reset();
      expect_no_children();
    }
    options_.client_command = {"/no/such/program"};
    EXPECT_THROW(begin(options_), std::runtime_error);
    expect_no_children();
  } catch (const Cannot& reason) {
    GTEST_SKIP() << reason.what();
  }
}

TEST_F(KernelRunTest, WhatIsOfOthersIsLeftAlone) {
  const pid_t stranger = fork();
  if (stranger == 0) _exit(9);
  struct sigaction before {};
  before.sa_handler = theirs;
  sigaction(SIGCHLD, &before, nullptr);
  bool could = true;
  try {
    begin(options_)->run();
  } catch (const Cannot&) {
    could = false;
  }
  struct sigaction after {};
  sigaction(SIGCHLD, nullptr, &after);
  sigset_t mask{};
  sigprocmask(SIG_BLOCK, nullptr, &mask);
  signal(SIGCHLD, SIG_DFL);
  EXPECT_EQ(after.sa_handler, theirs);
  EXPECT_EQ(sigismember(&mask, SIGCHLD), 0);
  int status = 0;
  EXPECT_EQ(waitpid(stranger, &status, WNOHANG), stranger);
  EXPECT_EQ(WEXITSTATUS(status), 9);
  if (!could) GTEST_SKIP() << "this machine cannot run real kernels";
}

}  // namespace
}  // namespace halfopen
