// halfopen as it is installed: everything in its place, and found there.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/cli/installed.h"
#include "tests/cli/kernel_fixture.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const fs::path kTop{HALFOPEN_SOURCE_DIR};

class Installation : public test::InstalledTest {};

TEST_F(Installation, EverythingIsInItsPlace) {
  for (const char* path :
       {"bin/halfopen", "libexec/halfopen/line-client", "libexec/halfopen/bulk-client",
        "libexec/halfopen/echo-server", "libexec/halfopen/sink", "libexec/halfopen/stalled-server",
        "libexec/halfopen/reply-server", "libexec/halfopen/guest-init", "share/man/man1/halfopen.1",
        "share/man/man5/halfopen-scenario.5", "share/bash-completion/completions/halfopen",
        "share/zsh/site-functions/_halfopen", "share/fish/vendor_completions.d/halfopen.fish"}) {
    EXPECT_TRUE(fs::is_regular_file(usr(path))) << path;
  }
  for (const auto& entry : fs::directory_iterator{kTop / "scenarios"}) {
    EXPECT_EQ(read_bytes(usr("share/halfopen/scenarios") / entry.path().filename()), read_bytes(entry.path()))
        << entry.path();
  }
}

TEST_F(Installation, NoScriptTellsOfTheTreeInWhichItWasBuilt) {
  const Outcome found = installed("grep -rl '" + kTop.string() + "' \"$USR/share\"");
  EXPECT_THAT(found.out, IsEmpty());
}

TEST_F(Installation, TheModelRunsFromAnywhere) {
  const Outcome outcome = installed("cd / && exec \"$HALFOPEN\" sim host-crash");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("line-client"));
}

TEST_F(Installation, AnInstalledScenarioIsAFileToCopy) {
  const Outcome outcome =
      installed("exec \"$HALFOPEN\" sim -q \"$USR/share/halfopen/scenarios/host-crash.toml\"");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Installation, ExecutableAloneSaysWhereItsProgramsShouldBe) {
  const test::Scratch elsewhere;
  fs::copy_file(usr("bin/halfopen"), elsewhere.path() / "halfopen");
  const Outcome outcome = shell("'" + elsewhere.file("halfopen") + "' replay normal-close");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("neither in " + elsewhere.path().string() + " nor in "));
  EXPECT_THAT(outcome.err, HasSubstr("libexec/halfopen"));
  EXPECT_THAT(lines_of(outcome.err), ::testing::SizeIs(1));
}

TEST_F(Installation, ManPagesAreClean) {
  if (!test::has_tool("groff")) GTEST_SKIP() << "groff is not installed";
  for (const char* page : {"man1/halfopen.1", "man5/halfopen-scenario.5"}) {
    const Outcome outcome =
        installed(std::string{"groff -man -ww -z -Tutf8 \"$USR/share/man/"} + page + "\" 2>&1");
    EXPECT_THAT(outcome.out, IsEmpty()) << page;
    EXPECT_EQ(outcome.status, 0) << page;
  }
}

TEST(ScenarioManPage, IsMadeOfTheDocumentation) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const Outcome made = shell("'" + (kTop / "scripts/scenario-man").string() + "'");
  ASSERT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, read_bytes(kTop / "docs/man/halfopen-scenario.5"))
      << "run: scripts/scenario-man > docs/man/halfopen-scenario.5";
}

// The man page names every command and option that the program takes.
TEST(ManPage, KnowsEveryCommandAndOption) {
  const std::string page =
      shell("sed 's/\\\\\\(.\\)/\\1/g' '" + (kTop / "docs/man/halfopen.1").string() + "'").out;
  const Outcome bash = halfopen_run({"completions", "bash"});
  ASSERT_EQ(bash.status, 0) << bash.err;
  const Outcome words = shell(
      "\"$HALFOPEN\" completions fish | sed -n 's/^complete .* -l \\([a-z-]*\\).*/--\\1/p; "
      "s/^complete -c halfopen -n __fish_use_subcommand -a \\([a-z]*\\).*/\\1/p' | sort -u");
  ASSERT_GT(lines_of(words.out).size(), 30u);
  for (const std::string& word : lines_of(words.out)) {
    EXPECT_NE(page.find(word), std::string::npos) << word << " is not in docs/man/halfopen.1";
  }
}

// "halfopen sim NAME|FILE.toml [OPTION]...", from what --help says of a command's positionals.
std::string synopsis_of(const std::string& command) {
  std::string text = "halfopen " + command;
  bool is_positional = false;
  for (const std::string& line : lines_of(halfopen_run({command, "--help"}).out)) {
    if (line.empty()) is_positional = false;
    if (is_positional && line.size() > 2 && line[2] != ' ') {
      std::istringstream words{line};
      std::string name;
      std::string type;
      std::string how;
      std::string more;
      words >> name >> type >> how >> more;
      const std::string several = how == "..." ? how : "";
      const bool is_required = how == "REQUIRED" || more == "REQUIRED";
      text += (is_required ? " " + type : " [" + type + "]") + several;
    }
    if (line == "Positionals:") is_positional = true;
  }
  text += " [OPTION]...";
  if (command == "vm") text += " -- COMMAND [ARGUMENT]...";
  if (command == "replay" || command == "live" || command == "run") text += " [-- COMMAND [ARGUMENT]...]";
  return text;
}

// A line of the page without its macro, quotes and escapes: what a reader sees.
std::string plain(std::string line) {
  line.erase(0, line.find(' ') + 1);
  std::string text;
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') is_quoted = !is_quoted;
    if (c == '"' || c == '\\' || (c == ' ' && !is_quoted)) continue;
    text += c;
  }
  return text;
}

TEST(ManPage, SynopsesAreThoseOfTheHelp) {
  std::vector<std::string> shown;
  for (const std::string& line : lines_of(read_bytes(kTop / "docs/man/halfopen.1"))) {
    if (line.starts_with(".BI \"halfopen ")) shown.push_back(plain(line));
  }
  const Outcome commands =
      shell("\"$HALFOPEN\" --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z]*\\) .*/\\1/p'");
  std::vector<std::string> expected;
  for (const std::string& command : lines_of(commands.out)) expected.push_back(synopsis_of(command));
  ASSERT_GT(expected.size(), 10u);
  EXPECT_THAT(shown, ::testing::UnorderedElementsAreArray(expected));
}

class InstalledOnTheKernel : public test::InstalledTest {
 protected:
  void SetUp() override {
    const Outcome doctor = installed("exec \"$HALFOPEN\" doctor");
    if (doctor.status != 0) GTEST_SKIP() << "this machine cannot run real kernels:\n" << doctor.out;
  }
};

// What the program saw tells that it ran; whether it was in time is not this test's question.
TEST_F(InstalledOnTheKernel, ProgramsAreFoundUnderLibexec) {
  const Outcome outcome = installed("cd / && exec \"$HALFOPEN\" live normal-close --quick");
  EXPECT_THAT(outcome.out, HasSubstr("line-client[")) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("echo-server["));
  EXPECT_NE(outcome.status, 2) << outcome.err;
}

}  // namespace
}  // namespace halfopen
