// halfopen check with this machine's kernel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/cli/check_fixture.h"
#include "tests/cli/kernel_fixture.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class CheckKernel : public test::KernelTest {
 protected:
  [[nodiscard]] Outcome check(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "check");
    return halfopen_run(Start{
        .arguments = std::move(arguments), .environment = {}, .directory = scratch_.path(), .input = {}});
  }
  test::Scratch scratch_;
};

TEST_F(CheckKernel, AKernelIsItsOwnReference) {
  const std::vector<std::string> what{"process-killed", "host-shutdown", "--client", "kernel", "--quick"};
  std::vector<std::string> bless = what;
  bless.insert(bless.end(), {"--bless", "--against", "."});
  ASSERT_EQ(check(bless).status, 0);
  EXPECT_THAT(scratch_.left(),
              ElementsAre("host-shutdown.replay.pcapng", "manifest.toml", "process-killed.replay.pcapng"));
  std::vector<std::string> again = what;
  again.insert(again.end(), {"--against", "."});
  const Outcome outcome = check(again);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 reference\n"));
}

TEST_F(CheckKernel, TheManifestSaysWhatTheKernelHadSet) {
  ASSERT_EQ(check({"host-crash", "--client", "kernel", "--server", "kernel", "--quick", "--set",
                   "client.sysctl.tcp_retries2=3", "--bless", "--against", "."})
                .status,
            0);
  const std::string manifest = read_bytes(scratch_.file("manifest.toml"));
  const Outcome release = shell("uname -r | tr -d '\\n'");
  EXPECT_THAT(
      manifest,
      AllOf(HasSubstr("hosts = \"live\""), HasSubstr("kernel = \"" + release.out + "\""),
            HasSubstr("set = [\"client.sysctl.tcp_retries2=3\"]"),
            HasSubstr("  \"client.tcp_retries2=3\",\n"), HasSubstr("  \"tcp_no_metrics_save=1\",\n"),
            HasSubstr("command = \"halfopen live host-crash --quick --set client.sysctl.tcp_retries2=3 -q -w "
                      "host-crash.tcp_retries2-3.live.pcapng\"")));
}

TEST_F(CheckKernel, TheModelIsAReferenceToo) {
  const Outcome outcome = check({"process-killed", "--client", "kernel", "--against", "sim"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 reference\n"));
}

TEST_F(CheckKernel, WhereThereIsNoDeviceEverythingIsSkippedWithTheCure) {
  const std::string no_device =
      "exec unshare -rm sh -c 'mount -t tmpfs none /dev/net && exec \"$HALFOPEN\" check ";
  const Outcome outcome = shell(no_device + "process-killed normal-close --client kernel --ktap'");
  EXPECT_EQ(outcome.status, 4) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\nok 1 process-killed # SKIP "), HasSubstr("\nok 2 normal-close # SKIP "),
                    HasSubstr("halfopen doctor"), HasSubstr("pass:0 fail:0 xfail:0 xpass:0 skip:2")));
  // A model needs no device.
  EXPECT_EQ(shell(no_device + "process-killed normal-close'").status, 0);
}

}  // namespace
}  // namespace halfopen
