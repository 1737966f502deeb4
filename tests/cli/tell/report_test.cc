#include "cli/tell/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/errno.h"

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Notes as a run makes them, with only what a test is about.
class ReportTest : public ::testing::Test {
 protected:
  void happens(Duration at, std::string verb) {
    report_.on_note(TimelineNote{.at = kTimeZero + at, .verb = std::move(verb), .detail = {}});
  }
  void call(Duration at, std::string name, std::int64_t result, Errno error = Errno::none,
            std::string args = "3") {
    report_.on_note(CallNote{.at = kTimeZero + at,
                             .began = kTimeZero + at,
                             .host = HostId::client,
                             .program = "line-client",
                             .pid = pid_,
                             .call = std::move(name),
                             .args = std::move(args),
                             .result = result,
                             .error = static_cast<int>(error),
                             .detail = {}});
  }
  void process(Duration at, ProcessNote::What what, int number = 0, std::string text = {}) {
    report_.on_note(ProcessNote{.at = kTimeZero + at,
                                .host = HostId::client,
                                .program = "line-client",
                                .pid = pid_,
                                .what = what,
                                .signal = number,
                                .status = number,
                                .text = std::move(text)});
  }
  [[nodiscard]] std::vector<std::string> lines(bool for_ever = true) const {
    return report_.finish(kTimeZero + 10s, for_ever);
  }

  Report report_;
  std::uint32_t pid_ = 7;  // whose notes these are
};

TEST_F(ReportTest, AReadIsTimedFromTheWriteBeforeIt) {
  call(0s, "connect", 0);
  happens(2s, "server host crashes");
  call(3s, "write", 14);
  call(545'500ms, "read", -1, Errno::timedout);
  process(545'500ms, ProcessNote::What::exited, 1);
  EXPECT_THAT(lines(), ElementsAre("client line-client  write() = 14, no error",
                                   "                    read() = -1 ETIMEDOUT, 9 min 2.5 s after the write",
                                   "                    exits with status 1"));
}

TEST_F(ReportTest, WithoutAWriteAReadIsTimedFromTheFailure) {
  call(0s, "connect", 0);
  happens(2s, "server process is killed");
  call(2010ms, "read", 0);
  EXPECT_THAT(lines(), ElementsAre("client line-client  read() = 0, end of file, 10 ms after the kill"));
}

TEST_F(ReportTest, WhatWasSeenBeforeTheFailureIsNotTold) {
  call(0s, "connect", 0);
  call(1s, "write", 6);
  call(1s, "read", 6);
  process(1s, ProcessNote::What::output, 0, "hello\n");
  happens(2s, "server host crashes");
  EXPECT_THAT(lines(), ElementsAre("client line-client  (waits for ever: nothing ever tells it)"));
}

TEST_F(ReportTest, ARunThatWasCutShortDoesNotSayForEver) {
  call(0s, "connect", 0);
  happens(2s, "path is cut");
  EXPECT_THAT(lines(false), ElementsAre("client line-client  (still waits after 10 s, when the run ends)"));
}

TEST_F(ReportTest, EqualCallsInARowAreCounted) {
  call(0s, "connect", 0);
  happens(2s, "path is cut");
  for (int i = 0; i < 3; ++i) call(3s, "write", 1448);
  call(4s, "write", -1, Errno::pipe);
  process(4s, ProcessNote::What::killed, 13);
  EXPECT_THAT(lines(), ElementsAre("client line-client  write() = 1448, no error (3 times)",
                                   "                    write() = -1 EPIPE, 1 s after the write",
                                   "                    dies of SIGPIPE"));
}

TEST_F(ReportTest, ProgramsThatSawTheSameAreToldOnce) {
  happens(2s, "server host crashes");
  for (const std::uint32_t pid : {7u, 8u, 9u}) {
    pid_ = pid;
    call(3s, "read", pid == 8 ? 5 : -1, pid == 8 ? Errno::none : Errno::timedout);
    process(3s, ProcessNote::What::exited, 1);
  }
  EXPECT_THAT(lines(), ElementsAre("client line-client (2 times)  read() = -1 ETIMEDOUT, 1 s after the crash",
                                   "                              exits with status 1",
                                   "client line-client            read() = 5",
                                   "                              exits with status 1"));
}

TEST_F(ReportTest, OfACrowdThatDiffersOnlyTheFirstAreTold) {
  happens(2s, "server host crashes");
  for (pid_ = 1; pid_ <= 26; ++pid_) {
    call(3s, "read", pid_);
    process(3s, ProcessNote::What::exited, 1);
  }
  const std::vector<std::string> told = lines();
  ASSERT_EQ(told.size(), 2 * 24 + 1u);
  EXPECT_EQ(told.back(), "(2 more programs saw other things)");
}

TEST_F(ReportTest, TheTerminalIsNotASocket) {
  call(0s, "connect", 0);
  happens(2s, "server host crashes");
  call(3s, "read", 6, Errno::none, "0, \"hello\\n\", 4096");
  call(4s, "read", -1, Errno::connreset);
  process(4s, ProcessNote::What::output, 0, "read error\n");
  EXPECT_THAT(lines(), ElementsAre("client line-client  read() = -1 ECONNRESET, 2 s after the crash",
                                   "                    prints \"read error\""));
}

TEST_F(ReportTest, ACrashTakesTheProgramWithIt) {
  call(0s, "connect", 0);
  happens(2s, "client host crashes");
  EXPECT_THAT(lines(), ElementsAre("client line-client  (gone with its host)"));
}

TEST_F(ReportTest, AProcessThatOnlyListensHasNothingToTell) {
  call(0s, "listen", 0);
  call(0s, "accept", 4);
  happens(2s, "client host crashes");
  EXPECT_THAT(lines(), IsEmpty());
}

}  // namespace
}  // namespace halfopen
