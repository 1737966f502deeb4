// The command line as a user meets it: exit statuses and messages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(CommandLine, VersionAndHelpGoToStandardOutput) {
  const Outcome version = halfopen_run({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out, StartsWith("halfopen "));
  EXPECT_THAT(lines_of(version.out), SizeIs(1));
  EXPECT_THAT(version.err, IsEmpty());

  const Outcome help = halfopen_run({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_THAT(help.err, IsEmpty());
}

TEST(CommandLine, EveryCommandHasHelpWithExamples) {
  for (const char* command : {"list", "sim", "check", "show", "profiles"}) {
    const Outcome help = halfopen_run({command, "--help"});
    EXPECT_EQ(help.status, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Examples:\n  halfopen " + std::string{command})) << command;
  }
}

TEST(CommandLine, NothingAtAllExplainsItselfAndIsTrouble) {
  const Outcome outcome = halfopen_run(std::vector<std::string>{});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("Usage: halfopen"));
}

struct Mistake {
  std::vector<std::string> arguments;
  std::string says;  // a part of the one line on standard error
};

TEST(CommandLine, AMistakeIsOneLineOnStandardErrorAndStatus2) {
  const std::vector<Mistake> mistakes{
      {{"simm"}, "no command 'simm'; did you mean 'sim'?"},
      {{"frobnicate"}, "no command 'frobnicate'"},
      {{"--frobnicate"}, "--frobnicate"},
      {{"vm", "--", "frobnicate"}, "no command 'frobnicate'"},
      {{"list", "--", "nc"}, "list takes no program, but after '--' stands 'nc'"},
      {{"sim"}, "scenario is required"},
      {{"sim", "host-crash", "--frobnicate"}, "--frobnicate"},
      {{"sim", "host-crash", "another"}, "another"},
      {{"sim", "host-crahs"}, "no scenario 'host-crahs'; did you mean 'host-crash'?"},
      {{"sim", "zebra"}, "no scenario 'zebra' ('halfopen list' names them"},
      {{"sim", ""}, "no scenario ''"},
      {{"sim", "host-crash", "--expect", "client dies"},
       "--expect: expected \"HOST notices\", \"HOST exits [with N]\""},
      {{"sim", "no/such/file.toml"}, "cannot read no/such/file.toml: No such file or directory"},
      {{"sim", "/"}, "cannot read /: Is a directory"},
      {{"sim", "host-crash", "--seed", "many"}, "--seed: expected a number from 0 to 2^64 - 1, found many"},
      {{"sim", "host-crash", "--seed", "-1"}, "found -1"},
      {{"sim", "host-crash", "--seed", "18446744073709551616"}, "found 18446744073709551616"},
      {{"sim", "host-crash", "--tap", "router"}, "--tap: expected client or server, found router"},
      {{"sim", "host-crash", "--set", "path.dealy=10ms"}, "\"delay\"?"},
      {{"sim", "host-crash", "--set", "path.delay=-10ms"}, "-10ms"},
      {{"sim", "host-crash", "--set", "path.delay"}, "path.delay"},
      {{"sim", "host-crash", "--set", "client.profile=lniux"}, "linux"},
      {{"sim", "host-crash", "--set", "client.sysctl.tcp_retires2=8"}, "tcp_retries2"},
      {{"sim", "host-crash", "-w", "run.txt"}, "run.txt"},
      {{"sim", "host-crash", "-w", ""}, "capture file '': expected a name that ends in .pcap or .pcapng"},
      {{"sim", "host-crash", "-w", "-", "--json", "-"}, "standard output"},
      {{"sim", "host-crash", "-w", "-", "-w", "-"}, "standard output"},
      {{"sim", "host-crash", "-w", "/no/such/directory/run.pcapng"}, "No such file or directory"},
      {{"sim", "host-crash", "-w", "/no/such/directory/run.pcap"}, "No such file or directory"},
      {{"sim", "host-crash", "--json", "/no/such/directory/run.json"}, "No such file or directory"},
      {{"show"}, "capture is required"},
      {{"show", "/no/such/capture.pcap"}, "No such file or directory"},
      {{"show", "/"}, "directory"},
      {{"profiles", "lniux"}, "no profile 'lniux'; did you mean 'linux'?"},
      {{"profiles", "zebra"}, "4.4bsd"},
      {{"list", "more"}, "more"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome outcome = halfopen_run(mistake.arguments);
    const std::string what = ::testing::PrintToString(mistake.arguments);
    EXPECT_EQ(outcome.status, 2) << what;
    EXPECT_THAT(outcome.out, IsEmpty()) << what;
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << what << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("halfopen: ")) << what;
    EXPECT_THAT(outcome.err, HasSubstr(mistake.says)) << what;
  }
}

TEST(CommandLine, ListGivesEachScenarioALine) {
  const Outcome outcome = halfopen_run({"list"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("host-crash "));
  EXPECT_THAT(outcome.out, HasSubstr("process-killed "));
  EXPECT_THAT(outcome.out, HasSubstr("host-reboot "));
  EXPECT_THAT(outcome.out, HasSubstr("host-shutdown "));
  for (const std::string& line : lines_of(outcome.out)) {
    const std::size_t gap = line.find("  ");
    EXPECT_NE(gap, std::string::npos) << line;
    EXPECT_NE(line.find_first_not_of(' ', gap), std::string::npos) << line << ": no title";
  }
}

// The normal close, the four failures as the book has them (UNP, 5.12 to 5.16), the frozen process; each
// before its variants.
TEST(CommandLine, ListIsInTheOrderOfTheStory) {
  const std::vector<std::string> story{"normal-close", "process-killed", "host-crash",
                                       "host-reboot",  "host-shutdown",  "process-frozen"};
  std::vector<std::string> heads;
  std::string last;
  for (const std::string& line : lines_of(halfopen_run({"list"}).out)) {
    const std::string name = line.substr(0, line.find(' '));
    const bool is_variant = !heads.empty() && name.starts_with(heads.back() + "-");
    EXPECT_TRUE(!is_variant || last < name) << name << " after " << last;
    if (!is_variant) heads.push_back(name);
    last = name;
  }
  EXPECT_EQ(heads, story);
}

TEST(CommandLine, ProfilesListsTheStacksAndPrintsOneWithSources) {
  const Outcome table = halfopen_run({"profiles"});
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(lines_of(table.out), SizeIs(11));
  for (const char* name : {"4.4bsd (berkeley)", "linux-5.10", "linux-6.1", "linux-6.12", "linux-6.18 (linux)",
                           "linux-7.2", "freebsd-14", "windows-11", "macos-15", "openbsd-7", "rfc"}) {
    EXPECT_THAT(table.out, HasSubstr(name));
  }
  const Outcome bsd = halfopen_run({"profiles", "berkeley"});
  EXPECT_EQ(bsd.status, 0) << bsd.err;
  EXPECT_THAT(bsd.out, HasSubstr("TCP_MAXRXTSHIFT"));
  EXPECT_EQ(bsd.out, halfopen_run({"profiles", "4.4bsd"}).out);
}

// A model of documents alone says so, in the list and by itself; the others say what they were held against.
TEST(CommandLine, ProfilesSaysWhatARowWasHeldAgainst) {
  constexpr const char* kCaution = "not verified against a kernel";
  for (const std::string& line : lines_of(halfopen_run({"profiles"}).out)) {
    const std::string name = line.substr(0, line.find(' '));
    const std::string whole = halfopen_run({"profiles", name}).out;
    const bool is_held = whole.find("\nheld against: ") != std::string::npos;
    EXPECT_EQ(line.find(kCaution) != std::string::npos, !is_held) << name;
    EXPECT_EQ(whole.find(std::string{"\n"} + kCaution + "\n") != std::string::npos, !is_held) << name;
    EXPECT_LE(line.size(), 80u) << name;
  }
  EXPECT_THAT(halfopen_run({"profiles", "linux-6.1"}).out, HasSubstr("held against: traces of that kernel"));
  EXPECT_THAT(halfopen_run({"profiles", "windows-11"}).out, HasSubstr(kCaution));
}

TEST(CommandLine, ThereAreColoursOnATerminalOnly) {
  EXPECT_EQ(halfopen_run({"list"}).out.find('\x1b'), std::string::npos);
  if (!test::has_tool("script")) GTEST_SKIP() << "no script(1) to make a terminal";
  const std::string in_terminal = "script -qec '\"$HALFOPEN\" list' /dev/null </dev/null";
  EXPECT_NE(shell("unset NO_COLOR; TERM=xterm " + in_terminal).out.find('\x1b'), std::string::npos);
  EXPECT_EQ(shell("NO_COLOR=1 TERM=xterm " + in_terminal).out.find('\x1b'), std::string::npos);
}

TEST(CommandLine, AReaderWhoLeavesIsNoTrouble) {
  for (const char* command : {"list", "profiles linux", "sim host-crash", "sim host-crash -w -", "--help"}) {
    const Outcome outcome = shell("set -o pipefail; \"$HALFOPEN\" " + std::string{command} +
                                  " 2>/dev/null | head -c 1 >/dev/null");
    EXPECT_EQ(outcome.status, 0) << command;
  }
}

TEST(CommandLine, StandardOutputThatIsFullIsTrouble) {
  for (const char* command : {"list", "profiles linux", "sim host-crash", "--help"}) {
    const Outcome outcome = shell("\"$HALFOPEN\" " + std::string{command} + " >/dev/full");
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(lines_of(outcome.err), SizeIs(1)) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("No space left on device")) << command;
  }
}

}  // namespace
}  // namespace halfopen
