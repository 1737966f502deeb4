// What a busy machine moves proves nothing, and hides no fault of a kernel's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "cli/tell/exit_code.h"
#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"

namespace halfopen {
namespace {

using ::testing::AnyOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class BusyMachine : public test::KernelTest {};

// Two for each core that most machines have to spare; they end with the shell's function.
constexpr const char* kBusy =
    "busy() { pids=; for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & pids=\"$pids $!\"; done; "
    "\"$@\"; status=$?; kill $pids; return $status; }; ";

// Stopped when the host crashes, it types the next line when it goes on: a second and a half late, and so is
// the ETIMEDOUT that the scenario expects at 7.5 s at the latest.
TEST_F(BusyMachine, ARunThatStoodStillIsUnresolvedAndSaysHowLateItWas) {
  const Outcome outcome = shell(
      "out=$(mktemp -u) && mkfifo $out && { \"$HALFOPEN\" replay host-crash --quick > $out & pid=$!; "
      "while IFS= read -r line; do echo \"$line\"; case $line in *'host crashes'*) kill -STOP $pid; sleep "
      "2.5; "
      "kill -CONT $pid;; esac; done < $out; rm $out; wait $pid; }");
  EXPECT_EQ(outcome.status, kExitUnresolved) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("UNRESOLVED host-crash.toml:"));
  EXPECT_THAT(outcome.out, ContainsRegex("; the machine was [1-9][0-9.]* s late at "));
  EXPECT_THAT(outcome.out, HasSubstr(" unresolved"));
}

// It fails, unless in one of the attempts nothing was left of the run that could be told (CheckAttempts has
// the rule); what it never does is pass.
TEST_F(BusyMachine, AKernelThatIsWrongIsNotExcused) {
  const Outcome outcome = shell(std::string{kBusy} +
                                "busy \"$HALFOPEN\" check host-crash --client kernel --quick --set "
                                "client.sysctl.tcp_early_retrans=0 --against " HALFOPEN_SOURCE_DIR
                                "/pcaps/host-crash.replay.pcapng");
  EXPECT_THAT(outcome.status, AnyOf(kExitNo, kExitUnresolved)) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("differs from "));
}

// What the kernel says that anything had to wait for a processor, memory or a disk, and what other guests of
// the same machine took, in microseconds since the boot; nothing where it does not say.
std::optional<std::int64_t> stalled() {
  std::int64_t total = 0;
  for (const char* resource : {"cpu", "memory", "io"}) {
    std::ifstream pressure{std::string{"/proc/pressure/"} + resource};
    std::string line;
    if (!std::getline(pressure, line) || line.find("total=") == std::string::npos) return std::nullopt;
    total += std::stoll(line.substr(line.find("total=") + 6));
  }
  std::ifstream stat{"/proc/stat"};
  std::string word;
  std::int64_t ticks = 0;
  stat >> word;
  for (int i = 0; i < 8; ++i) stat >> ticks;  // the eighth is "steal"
  return total + ticks * 10'000;
}

// A tenth of a second is more than a machine is late on which nothing waited: there it has to fail.
TEST_F(BusyMachine, WhatNothingDelayedIsNotExcused) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    const std::optional<std::int64_t> before = stalled();
    const Outcome outcome =
        halfopen_run({"replay", "host-crash", "--quick", "--expect", "client notices within 4570ms"});
    const std::optional<std::int64_t> after = stalled();
    if (outcome.status == kExitNo) return;
    ASSERT_EQ(outcome.status, kExitUnresolved) << outcome.out << outcome.err;
    if (!before || *after - *before > 50'000) return;  // it may have been late
    if (attempt == 2) FAIL() << outcome.out;
  }
}

TEST_F(BusyMachine, WhatIsRightNeverFails) {
  for (const char* hosts : {"--client kernel", "--client kernel --server kernel"}) {
    const Outcome outcome = shell(std::string{kBusy} +
                                  "cd / && busy \"$HALFOPEN\" check process-killed host-crash host-reboot "
                                  "host-shutdown --quick --retry 0 " +
                                  hosts);
    EXPECT_THAT(outcome.status, AnyOf(kExitYes, kExitUnresolved)) << outcome.out << outcome.err;
  }
}

}  // namespace
}  // namespace halfopen
