// What is broken before the client starts, in every mode: the first SYN meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHead = R"(
title = "broken from the start"
until = "20s"
[client]
program = "line-client"
[server]
program = "echo-server"
[[timeline]]
at = "1s"
)";

const std::vector<std::vector<std::string>> kModes{
    {"sim"}, {"replay"}, {"live"}, {"run", "--client", "model", "--server", "kernel"}};

class KernelStart : public test::KernelTest {
 protected:
  // Runs a scenario with one event, `event`, at `at`.
  std::string ladder_of(std::vector<std::string> mode, const std::string& event, const std::string& at) {
    const std::string file = scratch_.file("start.toml");
    write_bytes(file, kHead + event);
    mode.insert(mode.end(), {file, "--set", "timeline.1.at=" + at});
    const Outcome outcome = halfopen_run(mode);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  // `first` stands before `second`, and both are there.
  static void expect_order(const std::string& ladder, const std::string& first, const std::string& second) {
    ASSERT_THAT(ladder, AllOf(HasSubstr(first), HasSubstr(second)));
    EXPECT_LT(ladder.find(first), ladder.find(second)) << ladder;
  }
  test::Scratch scratch_;
};

// Linux ends a connect() for the first such error (RFC 1122 calls it soft, 4.2.3.9).
TEST_F(KernelStart, ARouterThatAnswersDoesSoToTheFirstSyn) {
  for (const std::vector<std::string>& mode : kModes) {
    for (const std::string at : {"start", "0s"}) {
      SCOPED_TRACE(mode.front() + " " + at);
      const std::string ladder = ladder_of(mode, "do = 'router answers'\nicmp = 'host unreachable'", at);
      expect_order(ladder, "-- router answers", "client > server  S ");
      expect_order(ladder, "client > server  S ", "connect(3, 10.9.0.2:9998) = -1 EHOSTUNREACH");
      const std::size_t syn = ladder.find("client > server  S ");
      EXPECT_EQ(ladder.find("client > server  S ", syn + 1), std::string::npos) << ladder;
    }
  }
}

TEST_F(KernelStart, TheStartIsBeforeTheClientsProgramAndZeroSecondsAfterItsStart) {
  for (const std::vector<std::string>& mode : kModes) {
    SCOPED_TRACE(mode.front());
    const std::string event = "do = 'router answers'\nicmp = 'host unreachable'";
    const std::string started = "client  line-client[";
    const std::string at_start = ladder_of(mode, event, "start");
    expect_order(at_start, "server  echo-server[", "-- router answers");
    expect_order(at_start, "-- router answers", started);
    const std::string at_zero = ladder_of(mode, event, "0s");
    expect_order(at_zero, started, "-- router answers");
    expect_order(at_zero, "-- router answers", "client > server  S ");
  }
}

// However long a process takes to die: the client is started after that.
TEST_F(KernelStart, AServerThatWasKilledAtTheStartRefuses) {
  for (const std::vector<std::string>& mode : kModes) {
    SCOPED_TRACE(mode.front());
    const std::string ladder = ladder_of(mode, "do = 'server process is killed'", "start");
    expect_order(ladder, "killed by SIGKILL", "client > server  S ");
    EXPECT_THAT(ladder, AllOf(HasSubstr("server > client  R"), HasSubstr("ECONNREFUSED"),
                              Not(HasSubstr("server > client  S"))));
  }
}

}  // namespace
}  // namespace halfopen
