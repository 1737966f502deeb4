// halfopen check with this machine's kernel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>

#include "tests/cli/check/check_fixture.h"
#include "tests/cli/kernel_fixture.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CheckKernel : public test::KernelTest {
 protected:
  [[nodiscard]] Outcome check(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "check");
    return halfopen_run(Start{
        .arguments = std::move(arguments), .environment = {}, .directory = scratch_.path(), .input = {}});
  }
  // Makes pcaps/ with references, and lets time be as a busy machine makes it: packets are what is tested
  // here.
  void bless(std::vector<std::string> what) const {
    std::filesystem::create_directory(scratch_.path() / "pcaps");
    what.insert(what.end(), {"--bless", "--against", "pcaps"});
    ASSERT_EQ(check(what).status, 0);
    const std::string manifest = read_bytes(scratch_.path() / "pcaps" / "manifest.toml");
    write_bytes(scratch_.path() / "pcaps" / "manifest.toml",
                std::regex_replace(manifest, std::regex{"\\ndate = "},
                                   "\ntolerance = \"linux-6.18:500ms+10%\"\ndate = "));
  }
  test::Scratch scratch_;
};

TEST_F(CheckKernel, AKernelIsItsOwnReference) {
  const std::vector<std::string> what{"process-killed", "host-shutdown", "--client", "kernel", "--quick"};
  bless(what);
  const Outcome outcome = check(what);
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

// Where the clock is a guest's, runs agree to the nanosecond only with the same image: an entry gets a
// tolerance, and the one that somebody wrote stays.
TEST_F(CheckKernel, AReferenceOfAGuestHasATolerance) {
  const auto bless_in_guest = [&] {
    const Outcome outcome = halfopen_run(
        Start{.arguments = {"check", "process-killed", "--client", "kernel", "--bless", "--against", "."},
              .environment = {{"HALFOPEN_VIRTUAL_TIME", "1"}},
              .directory = scratch_.path(),
              .input = {}});
    EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
    return read_bytes(scratch_.file("manifest.toml"));
  };
  const std::string ours = "tolerance = \"linux:25ms+1%\"\n";
  std::string manifest = bless_in_guest();
  ASSERT_THAT(manifest, HasSubstr(ours));
  const std::string theirs = "tolerance = \"exact\"\n";
  write_bytes(scratch_.file("manifest.toml"), manifest.replace(manifest.find(ours), ours.size(), theirs));
  EXPECT_THAT(bless_in_guest(), HasSubstr(theirs));
}

TEST_F(CheckKernel, TheModelIsAReferenceToo) {
  const std::vector<std::string> what{"process-killed", "--client", "kernel"};
  bless(what);
  std::vector<std::string> against = what;
  against.insert(against.end(), {"--against", "sim"});
  const Outcome outcome = check(against);
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
