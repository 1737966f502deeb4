// The completion scripts, asked as their shells ask them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// What bash offers for a line whose cursor is at its end.
std::vector<std::string> bash_offers(const std::string& line) {
  const Outcome outcome =
      shell("cd '" HALFOPEN_SOURCE_DIR "' && source <(\"$HALFOPEN\" completions bash) && COMP_LINE='" + line +
            "' && COMP_POINT=${#COMP_LINE} && _halfopen && printf '%s\\n' \"${COMPREPLY[@]}\"");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  return lines_of(outcome.out);
}

TEST(BashCompletion, OffersCommandsScenariosAndFiles) {
  EXPECT_THAT(bash_offers("halfopen pro"), ElementsAre("profiles"));
  EXPECT_THAT(bash_offers("halfopen sim host-reboot-f"), ElementsAre("host-reboot-firewall"));
  EXPECT_THAT(bash_offers("halfopen show READ"), ElementsAre("README.md"));
  EXPECT_THAT(bash_offers("halfopen profiles 4"), ElementsAre("4.4bsd"));
  EXPECT_THAT(bash_offers("halfopen help com"), UnorderedElementsAre("compare", "completions"));
}

TEST(BashCompletion, OffersTheOptionsOfTheCommandOnly) {
  const auto of_sim = bash_offers("halfopen sim host-crash -");
  EXPECT_THAT(of_sim, Contains("--explain"));
  EXPECT_THAT(of_sim, Not(Contains("--repeat")));
  EXPECT_THAT(bash_offers("halfopen replay host-crash --rep"), ElementsAre("--repeat"));
}

TEST(BashCompletion, OffersWhatTheOptionBeforeTakes) {
  EXPECT_THAT(bash_offers("halfopen sim host-crash --set client.sysctl.tcp_retries2"),
              ElementsAre("client.sysctl.tcp_retries2="));
  EXPECT_THAT(bash_offers("halfopen sim host-crash --tap "), ElementsAre("client", "server"));
  EXPECT_THAT(bash_offers("halfopen --color n"), ElementsAre("never"));
}

// bash itself cuts words at ':', so only what follows it is put in.
TEST(BashCompletion, OffersTracesToCompare) {
  EXPECT_THAT(bash_offers("halfopen compare sim:host-reboot-f"), ElementsAre("host-reboot-firewall"));
}

TEST(BashCompletion, KnowsThatAGuestRunsACommandOfOurs) {
  EXPECT_THAT(bash_offers("halfopen vm --kernel bzImage -- li"), UnorderedElementsAre("list", "live"));
  EXPECT_THAT(bash_offers("halfopen vm -- live host-reboot-f"), ElementsAre("host-reboot-firewall"));
  EXPECT_THAT(bash_offers("halfopen vm --exec -- READ"), ElementsAre("README.md"));
  EXPECT_THAT(bash_offers("halfopen replay host-crash -- READ"), ElementsAre("README.md"));
}

TEST(FishCompletion, OffersCommandsScenariosAndKeys) {
  if (!test::has_tool("fish")) GTEST_SKIP() << "fish is not installed";
  const auto offers = [](const std::string& line) {
    return shell(
               "\"$HALFOPEN\" completions fish > /dev/null && fish --no-config -c '\"$HALFOPEN\" completions "
               "fish | "
               "source; complete -C \"" +
               line + "\"' 2>&1")
        .out;
  };
  EXPECT_THAT(offers("halfopen pro"), HasSubstr("profiles\t"));
  EXPECT_THAT(offers("halfopen sim host-reboot-f"), HasSubstr("host-reboot-firewall"));
  EXPECT_THAT(offers("halfopen sim x --set client.sysctl.tcp_retries2"),
              HasSubstr("client.sysctl.tcp_retries2="));
  EXPECT_THAT(offers("halfopen sim x --t"), HasSubstr("--tap\t"));
}

// Outside of a completion zsh has no compadd: stand-ins print what they are given.
TEST(ZshCompletion, OffersCommandsScenariosAndKeys) {
  if (!test::has_tool("zsh")) GTEST_SKIP() << "zsh is not installed";
  const auto offers = [](const std::string& words) {
    return shell(
               "zsh -f -c 'compdef() { }; compadd() { print -l -- \"$@\" }; _files() { print FILES }; "
               "_describe() { print -l -- \"${(@P)@[-1]}\" }; source <(\"$HALFOPEN\" completions zsh); "
               "words=(" +
               words + "); CURRENT=${#words}; PREFIX=$words[-1]; _halfopen' 2>&1")
        .out;
  };
  EXPECT_THAT(offers("halfopen pro"), HasSubstr("profiles:"));
  EXPECT_THAT(offers("halfopen sim host"), HasSubstr("host-reboot-firewall\n"));
  EXPECT_THAT(offers("halfopen sim host"), HasSubstr("FILES\n"));
  EXPECT_THAT(offers("halfopen sim x --set c"), HasSubstr("client.sysctl.tcp_retries2\n"));
  EXPECT_THAT(offers("halfopen sim x -"), HasSubstr("--tap:"));
  EXPECT_THAT(offers("halfopen sim x --tap c"), Not(HasSubstr("FILES")));
}

TEST(Completions, AnotherShellIsRefused) {
  const Outcome outcome = halfopen_run({"completions", "tcsh"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err, "halfopen: completions: expected bash, zsh or fish, found tcsh\n");
}

}  // namespace
}  // namespace halfopen
