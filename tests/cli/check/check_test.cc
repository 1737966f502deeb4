// halfopen check: what passes, what fails, and what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <thread>

#include "cli/run/shipped.h"
#include "tests/cli/check/check_fixture.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using test::CheckTest;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Check : public CheckTest {};

TEST_F(Check, EachShippedScenarioIsAsItsReference) {
  const Outcome outcome = halfopen_run(
      Start{.arguments = {"check"}, .environment = {}, .directory = HALFOPEN_SOURCE_DIR, .input = {}});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  const std::vector<std::string> lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), shipped_scenarios().size() + 1);
  for (std::size_t i = 0; i < shipped_scenarios().size(); ++i) {
    EXPECT_THAT(lines[i], HasSubstr("ok       " + std::string{shipped_scenarios()[i].name} + " "));
    EXPECT_THAT(lines[i], HasSubstr(", 1 reference"));
  }
}

TEST_F(Check, EachSimulatedReferenceIsToTheByteWhatSimWritesNow) {
  for (const ShippedScenario& shipped : shipped_scenarios()) {
    const std::string name{shipped.name};
    const Outcome outcome = halfopen_run(Start{.arguments = {"sim", name, "-q", "-w", file("now.pcapng")},
                                               .environment = {{"SOURCE_DATE_EPOCH", ""}},
                                               .directory = {},
                                               .input = {}});
    ASSERT_EQ(outcome.status, 0) << name << outcome.out << outcome.err;
    const fs::path reference = fs::path{HALFOPEN_SOURCE_DIR} / "pcaps" / (name + ".sim.pcapng");
    EXPECT_TRUE(read_bytes(reference) == read_bytes(file("now.pcapng")))
        << name << ": 'halfopen check " << name << "' says what differs, and --bless writes it anew";
  }
}

TEST_F(Check, ADifferenceIsOneLineUnderAFailure) {
  bless_little();
  EXPECT_EQ(check({"little.toml"}).status, 0);
  write_scenario("little", "10ms", "11ms");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 1);
  const std::vector<std::string> lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 3u) << outcome.out;
  EXPECT_THAT(lines[0], HasSubstr("FAILED   little.toml"));
  EXPECT_THAT(lines[1], HasSubstr("differs from ./little.sim.pcapng: "));
  EXPECT_THAT(lines[2], HasSubstr("1 scenario: 0 ok, 1 failed"));
}

TEST_F(Check, AFailedExpectationIsOneLineUnderAFailure) {
  write_scenario("little", "result = 6", "result = 7");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FAILED   little.toml"), HasSubstr("little.toml:15:"),
                                 HasSubstr("expected client read()"), HasSubstr("found ")));
}

TEST_F(Check, WhatVariesMayDifferOrNot) {
  bless_little();
  add_to_manifest("varies = \"chance\"\nvarying = [\"time\"]");
  EXPECT_EQ(check({"little.toml"}).status, 0);
  write_scenario("little", "10ms", "11ms");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("as expected: chance (this time: packet 2 ("));
  // Another field does not vary.
  write_scenario("little", "hello", "hullo");
  const Outcome other = check({"little.toml"});
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.out, HasSubstr("payload: "));
}

TEST_F(Check, AToleranceOfTheManifestHolds) {
  bless_little();
  add_to_manifest("tolerance = \"5ms\"");
  write_scenario("little", "10ms", "11ms");
  const Outcome outcome = check({"little.toml"});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
}

TEST_F(Check, AReferenceWithOtherSettingsIsNotCompared) {
  bless_little();
  const Outcome outcome = check({"little.toml", "--set", "path.delay=11ms"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("no reference"));
}

TEST_F(Check, ACaptureIsComparedAsItWasMade) {
  bless_little();
  ASSERT_EQ(check({"little.toml", "--bless", "--against", ".", "--set", "path.delay=20ms"}).status, 0);
  const Outcome outcome = check({"little.toml", "--against", "little.delay-20ms.sim.pcapng"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("1 reference"));
}

TEST_F(Check, TroubleWithOneReferenceLeavesTheOthersToBeChecked) {
  bless_little();
  write_scenario("other");
  ASSERT_EQ(check({"other.toml", "--bless"}).status, 0);
  write_bytes(file("little.sim.pcapng"), "garbage");
  Outcome outcome = check({"."});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("TROUBLE  ./little.toml"),
                    HasSubstr("cannot be compared with ./little.sim.pcapng: ./little.sim.pcapng"),
                    HasSubstr("ok       ./other.toml"), HasSubstr("1 ok, 1 in trouble")));
  fs::remove(file("little.sim.pcapng"));
  outcome = check({"."});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.out,
              HasSubstr("manifest.toml:4:1: expected the capture ./little.sim.pcapng, found no such file"));
}

TEST_F(Check, WithoutReferencesOnlyExpectationsAreCheckedAndThatIsSaidOnce) {
  const Outcome outcome = check({"host-crash", "host-reboot"});
  EXPECT_EQ(outcome.status, 0);
  const std::vector<std::string> lines = lines_of(outcome.out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], HasSubstr("no references here"));
  EXPECT_THAT(lines[1], HasSubstr("ok       host-crash"));
}

TEST_F(Check, TheOrderIsThatOfTheNamesHoweverManyRunAtATime) {
  const auto lines = [&](const std::string& jobs) {
    std::vector<std::string> all = lines_of(check({"--jobs", jobs}).out);
    all.pop_back();  // the time that it took
    return all;
  };
  const std::vector<std::string> one = lines("1");
  EXPECT_EQ(one.size(), shipped_scenarios().size() + 1);
  EXPECT_EQ(one, lines("32"));
}

struct Mistake {
  std::vector<std::string> arguments;
  std::string says;
};

TEST_F(Check, AMistakeIsOneLineBeforeAnythingRuns) {
  bless_little();
  fs::create_directory(file("empty"));
  const std::vector<Mistake> mistakes{
      {{"host-crahs"}, "did you mean 'host-crash'?"},
      {{"no/such.toml"}, "cannot read no/such.toml"},
      {{"empty"}, "no scenarios (*.toml) in the directory empty"},
      {{"little.toml", "--set", "path.dealy=1s"}, "--set path.dealy"},
      {{"host-crash", "--", "nc"}, "check runs the scenarios' own programs"},
      {{"--client", "real"}, "--client: expected kernel or model"},
      {{"--jobs", "0"}, "--jobs"},
      {{"--against", "sim"}, "add --client kernel"},
      {{"--against", "nowhere"}, "expected 'sim', a capture or a directory, found nothing there"},
      {{"--against", "empty"}, "no manifest.toml in empty"},
      {{"host-crash", "host-reboot", "--against", "little.sim.pcapng"}, "name one scenario"},
      {{"little.toml", "--bless", "--against", "little.sim.pcapng"},
       "--bless writes references into a directory"},
      {{"host-crash", "--bless"},
       "no references yet (pcaps/manifest.toml): add '--against pcaps' to write them there"},
      {{"little.toml", "--bless", "--against", "/proc/halfopen"},
       "/proc/halfopen/manifest.toml: cannot be written"},
      {{"little.toml", "--json", "no/such/file"}, "no/such/file: cannot be written"},
      {{"little.toml", "--json", "out", "--junit", "./out"}, "is named twice as an output"},
      {{"little.toml", "--ktap", "--json", "-"}, "only one output can go to standard output"},
  };
  for (const Mistake& mistake : mistakes) {
    const Outcome outcome = check(mistake.arguments);
    EXPECT_EQ(outcome.status, 2) << mistake.says << outcome.out;
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(mistake.says));
    EXPECT_THAT(outcome.out, IsEmpty()) << mistake.says;
  }
  EXPECT_THAT(scratch_.left(), ElementsAre("empty", "little.sim.pcapng", "little.toml", "manifest.toml"));
}

// --- --bless

TEST_F(Check, BlessWritesTheCaptureAndItsEntry) {
  bless_little();
  EXPECT_THAT(scratch_.left(), ElementsAre("little.sim.pcapng", "little.toml", "manifest.toml"));
  const std::string manifest = read_bytes(file("manifest.toml"));
  EXPECT_THAT(manifest,
              AllOf(HasSubstr("file = \"little.sim.pcapng\"\nscenario = \"little\"\nhosts = \"sim\"\n"
                              "profiles = [\"linux-6.18\", \"linux-6.18\"]\ndate = \"20"),
                    HasSubstr("command = \"halfopen sim little.toml -q -w little.sim.pcapng\"\n")));
  // And the command does what it says.
  const std::string bytes = read_bytes(file("little.sim.pcapng"));
  fs::remove(file("little.sim.pcapng"));
  const std::string command = std::regex_replace(
      manifest, std::regex{"[^]*command = \"halfopen ([^\"]*)\"[^]*"}, "\"$$HALFOPEN\" $1");
  ASSERT_EQ(shell("unset SOURCE_DATE_EPOCH; cd " + directory().string() + " && " + command).status, 0)
      << command;
  EXPECT_TRUE(read_bytes(file("little.sim.pcapng")) == bytes);
}

// What is proposed is a place that `check` finds again by itself, and it is made if it is not there.
TEST_F(Check, BlessProposesAPlaceAndMakesIt) {
  fs::create_directory(file("mine"));
  write_scenario("mine/little");
  write_scenario("mine/other", "10ms", "11ms");
  for (const std::string what : {"mine/", "mine", "mine/little.toml"}) {
    const Outcome outcome = check({what, "--bless"});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("no references yet (mine/manifest.toml): add '--against mine' "))
        << what;
  }
  EXPECT_THAT(check({"mine", "host-crash", "--bless"}).err, HasSubstr("add '--against pcaps'"));
  ASSERT_EQ(check({"mine/", "--bless", "--against", "mine"}).status, 0);
  const Outcome again = check({"mine/"});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.out, AllOf(HasSubstr("mine/little.toml"), HasSubstr(", 1 reference"),
                               Not(HasSubstr("no references"))));

  ASSERT_EQ(check({"mine/", "--bless", "--against", "new/place"}).status, 0);
  EXPECT_TRUE(fs::exists(file("new/place/little.sim.pcapng")));
  EXPECT_THAT(check({"mine/", "--against", "new/place"}).out, HasSubstr(", 1 reference"));
}

TEST_F(Check, BlessKeepsWhatIsTheSameAndWhatPeopleWrote) {
  bless_little();
  std::string manifest = "# Ours.\n" + read_bytes(file("manifest.toml"));
  manifest = std::regex_replace(manifest, std::regex{"date = \"[^\"]*\""}, "date = \"2001-02-03\"");
  write_bytes(file("manifest.toml"),
              manifest +
                  "tolerance = \"exact\"\n\n[[capture.differs]]\nwhere = \"linux-6.1\"\nreason = \"old\"\n"
                  "what = [\n  { step = 1, field = \"ttl\", from = \"64\", to = \"63\" },\n]\n");
  const std::string before = read_bytes(file("manifest.toml"));
  ASSERT_EQ(check({"little.toml", "--bless"}).status, 0);
  EXPECT_EQ(read_bytes(file("manifest.toml")), before);
  write_scenario("little", "10ms", "11ms");
  ASSERT_EQ(check({"little.toml", "--bless"}).status, 0);
  const std::string after = read_bytes(file("manifest.toml"));
  EXPECT_THAT(after,
              AllOf(HasSubstr("# Ours.\n"), Not(HasSubstr("2001-02-03")), HasSubstr("tolerance = \"exact\""),
                    HasSubstr("reason = \"old\"\nwhat = [\n  { step = 1, field = \"ttl\", from = \"64\", to "
                              "= \"63\" },\n]\n")));
  EXPECT_EQ(check({"little.toml"}).status, 0);
}

TEST_F(Check, BlessRefusesARunThatIsNotAsTheScenarioSays) {
  write_scenario("little", "result = 6", "result = 7");
  const Outcome outcome = check({"little.toml", "--bless", "--against", "."});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("no reference was written"));
  EXPECT_THAT(scratch_.left(), ElementsAre("little.toml"));
}

TEST_F(Check, TwoScenariosOfOneNameAreNotOneReference) {
  bless_little();
  fs::create_directory(file("b"));
  fs::copy(file("little.toml"), file("b"));
  const Outcome outcome = check({"little.toml", "b/little.toml", "--bless", "--against", "."});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("would be one reference"));
}

// --- Interrupted

// Processes of our executable that speak of `directory`.
int processes_about(const fs::path& directory) {
  int count = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
    std::ifstream in{entry.path() / "cmdline"};
    const std::string words{std::istreambuf_iterator<char>{in}, {}};
    if (words.starts_with(HALFOPEN_BINARY) && words.find(directory.string()) != std::string::npos) ++count;
  }
  return count;
}

TEST_F(Check, AnInterruptedCheckLeavesNoProcessAndNoFile) {
  for (const char* signal : {"INT", "TERM"}) {
    write_bytes(file("long.toml"), test::kLongScenario);
    // Only the command itself gets the signal, as from kill(1).
    const Outcome outcome =
        shell("export TMPDIR=" + directory().string() + "; timeout --foreground --preserve-status -s " +
              signal + " 0.3 \"$HALFOPEN\" check " + file("long.toml") + " --json " + file("out.json"));
    EXPECT_EQ(outcome.status, std::string{signal} == "INT" ? 130 : 143) << outcome.err;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (processes_about(directory()) > 0 && std::chrono::steady_clock::now() < limit)
      std::this_thread::yield();
    EXPECT_EQ(processes_about(directory()), 0);
    EXPECT_THAT(scratch_.left(), ElementsAre("long.toml"));
  }
}

// --- git bisect run

Outcome bisect_with(const std::string& environment, const std::string& arguments) {
  return shell(environment + " " HALFOPEN_SOURCE_DIR "/scripts/bisect-check " + arguments);
}

TEST_F(Check, TheBisectScriptEndsAsGitExpects) {
  for (const auto& [status, expected] :
       std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {2, 125}, {4, 125}, {130, 130}}) {
    write_bytes(file("fake"), "#!/bin/sh\necho \"$@\"\nexit " + std::to_string(status) + "\n");
    fs::permissions(file("fake"), fs::perms::owner_all);
    const Outcome outcome = bisect_with("HALFOPEN=" + file("fake"), "host-crash --quick");
    EXPECT_EQ(outcome.status, expected) << status;
    EXPECT_EQ(outcome.out, "check host-crash --quick\n");
  }
  write_bytes(file("fake"), "#!/bin/sh\necho \"$@\"\n");
  fs::permissions(file("fake"), fs::perms::owner_all);
  const Outcome in_guest =
      bisect_with("BISECT_KERNEL=bzImage HALFOPEN=" + file("fake"), "host-crash --quick");
  EXPECT_EQ(in_guest.out, "vm --kernel bzImage -- check host-crash --quick\n");
  EXPECT_EQ(bisect_with("BISECT_BUILD=false", "host-crash").status, 125);
  EXPECT_EQ(bisect_with("HALFOPEN=/no/such/program", "host-crash").status, 255);
  EXPECT_EQ(bisect_with("BISECT_BUILD=true HALFOPEN=\"$HALFOPEN\"", "host-crash").status, 0);
}

TEST_F(Check, GitBisectFindsTheCommitThatChangedTheTrace) {
  if (shell("command -v git").status != 0) GTEST_SKIP() << "no git";
  bless_little();
  std::string script =
      "set -e; cd " + directory().string() +
      "; export GIT_CONFIG_GLOBAL=/dev/null HALFOPEN"
      " GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b; git init -q .; "
      "git add .; git commit -qm good; git tag good; ";
  script += "echo '# a comment' >> little.toml; git commit -qam still-good; ";
  script +=
      "cp little.toml ok.toml; echo broken > little.toml; git commit -qam untestable; cp ok.toml "
      "little.toml; ";
  script += "git commit -qam mended; ";
  script +=
      "sed -i s/10ms/12ms/ little.toml; git commit -qam culprit; echo '#' >> little.toml; git commit -qam "
      "bad; ";
  script += "git bisect start HEAD good; git bisect run " HALFOPEN_SOURCE_DIR
            "/scripts/bisect-check little.toml; "
            "echo; git log -1 --format=%s refs/bisect/bad";
  const Outcome outcome = shell(script);
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).back(), "culprit") << outcome.out;
}

}  // namespace
}  // namespace halfopen
