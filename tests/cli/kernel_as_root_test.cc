// As whom programs run when halfopen runs as root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/kernel_fixture.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class KernelAsRoot : public test::KernelTest {
 protected:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "this is an ordinary user: programs run as that one";
    test::KernelTest::SetUp();
  }
  // A run whose client is this line for sh. The directory is root's alone.
  Outcome run(const std::string& line, const Environment& environment = {},
              std::vector<std::string> options = {}) const {
    std::vector<std::string> arguments{"replay", "process-killed", "--until-client-exits"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), {"--", "sh", "-c", line});
    return halfopen_run(
        {.arguments = arguments, .environment = environment, .directory = scratch_.path(), .input = {}});
  }
  [[nodiscard]] static std::string who() { return "echo user $(id -u) groups $(id -G) home $HOME"; }
  [[nodiscard]] std::string touch() const { return "; echo x > " + scratch_.file("touched"); }

  test::Scratch scratch_;
  const Environment no_sudo_{{"SUDO_UID", ""}, {"SUDO_GID", ""}};
};

TEST_F(KernelAsRoot, AProgramIsNobodyAndCannotTouchRootsFiles) {
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--no-trace"}}) {
    const Outcome outcome = run(who() + touch(), no_sudo_, options);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("user 65534 groups 65534 home "), Not(HasSubstr("/root")),
                                   HasSubstr("Permission denied")))
        << outcome.err;
    EXPECT_FALSE(fs::exists(scratch_.file("touched")));
  }
}

TEST_F(KernelAsRoot, AProgramIsTheUserThatCalledSudo) {
  const Outcome outcome = run(who() + touch(), {{"SUDO_UID", "1000"}, {"SUDO_GID", "1001"}});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("user 1000 groups 1001 home "), HasSubstr("Permission denied")))
      << outcome.err;
  EXPECT_FALSE(fs::exists(scratch_.file("touched")));
}

// Root may call sudo, too, and anybody may put anything there: it makes no one root.
TEST_F(KernelAsRoot, WhatIsNoOtherUserIsNobody) {
  const std::vector<Environment> all{{{"SUDO_UID", "0"}, {"SUDO_GID", "0"}},
                                     {{"SUDO_UID", "1000"}, {"SUDO_GID", ""}},
                                     {{"SUDO_UID", "-1"}, {"SUDO_GID", "1000"}},
                                     {{"SUDO_UID", "4294967295"}, {"SUDO_GID", "1000"}},
                                     {{"SUDO_UID", "1000x"}, {"SUDO_GID", "1000"}}};
  for (const Environment& environment : all) {
    EXPECT_THAT(run(who(), environment).out, HasSubstr("user 65534 groups 65534 "))
        << environment.front().second;
  }
}

TEST_F(KernelAsRoot, ItStaysRootWhereThatIsAskedFor) {
  const Outcome outcome = run(who() + touch(), no_sudo_, {"--as-root"});
  EXPECT_THAT(outcome.out, HasSubstr("user 0 ")) << outcome.err;
  EXPECT_TRUE(fs::exists(scratch_.file("touched")));
}

TEST_F(KernelAsRoot, NobodyHasACapabilityNorCanGainOne) {
  const std::string line =
      "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\t\\n'";
  const std::string none = ":0000000000000000";
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--as-root"}, {"--no-trace"}}) {
    EXPECT_THAT(run(line, no_sudo_, options).out,
                HasSubstr("CapInh" + none + "CapPrm" + none + "CapEff" + none + "CapBnd" + none + "CapAmb" +
                          none + "NoNewPrivs:1"));
  }
}

TEST_F(KernelAsRoot, AProgramsStreamsAreItsOwn) {
  EXPECT_THAT(run("echo by name > /dev/stdout", no_sudo_).out, HasSubstr("prints \"by name\\n\""));
}

TEST_F(KernelAsRoot, TheUsersServerIsNobodyToo) {
  const Outcome outcome = halfopen_run({.arguments = {"live", "process-killed", "--server-command",
                                                      "echo Since >&2; echo I am $(id -u) >&2; exit 3"},
                                        .environment = no_sudo_,
                                        .directory = {},
                                        .input = {}});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "halfopen: the server /bin/sh ended before it listened: I am 65534\n");
}

// Installed where only root gets to: its own programs run all the same, somebody's do not.
TEST_F(KernelAsRoot, OnlyItsOwnProgramsMayLieWhereTheirUserCannotGo) {
  const Outcome copied = shell(
      "cp \"$HALFOPEN\" $(dirname \"$HALFOPEN\")/line-client $(dirname \"$HALFOPEN\")/echo-server "
      "/bin/true " +
      scratch_.path().string());
  ASSERT_EQ(copied.status, 0) << copied.err;
  const std::string own = "SUDO_UID= " + scratch_.file("halfopen");
  const Outcome live = shell(own + " live process-killed --set until=3s");
  EXPECT_THAT(live.out, AllOf(HasSubstr("echo-server[2] started"), HasSubstr("line-client[2] started"),
                              HasSubstr("connect(3, 10.9.0.2:9998) = 0")))
      << live.err;
  const Outcome other = shell(own + " replay process-killed -- " + scratch_.file("true"));
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("Permission denied (it runs as user nobody; --as-root runs it as root)"));
}

// A root that is an ordinary user outside has nobody to become.
TEST_F(KernelAsRoot, WhereNobodyCannotBeMappedItIsNotRunUnlessAsRoot) {
  if (!test::has_tool("unshare")) GTEST_SKIP() << "no unshare";
  const std::string nested = "SUDO_UID= exec unshare -r \"$HALFOPEN\" ";
  const Outcome refused = shell(nested + "replay process-killed -q");
  EXPECT_EQ(refused.status, 4);
  EXPECT_EQ(refused.err,
            "halfopen: cannot let programs run as user nobody: write uid_map: Operation not permitted "
            "('halfopen doctor' knows the cure)\n");
  EXPECT_THAT(shell(nested + "doctor").out,
              AllOf(HasSubstr("MISSING  user that programs run as"), HasSubstr("or with --as-root")));
  EXPECT_THAT(shell(nested + "replay process-killed --as-root --until-client-exits -- id -u").out,
              HasSubstr("prints \"0\\n\""));
}

TEST_F(KernelAsRoot, TheDoctorSaysAsWhomProgramsRun) {
  const auto doctor = [](const Environment& environment) {
    return halfopen_run({.arguments = {"doctor"}, .environment = environment, .directory = {}, .input = {}});
  };
  EXPECT_THAT(
      doctor(no_sudo_).out,
      HasSubstr("works    user that programs run as: user nobody (65534), with that user's files and no "
                "capability, since halfopen runs as root; --as-root lets them be root\n"));
  EXPECT_THAT(doctor({{"SUDO_UID", "1000"}, {"SUDO_GID", "1000"}}).out, HasSubstr(" (1000), "));
}

}  // namespace
}  // namespace halfopen
