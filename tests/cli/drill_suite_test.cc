// Directories of scripts, as a runner of suites takes them: which are played, in what order, and what is
// told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/drill_command.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kSyn = "+0    > S 0:0(0) <...>\n";
constexpr const char* kWrong = "+0    > SE 0:0(0) <...>\n";
constexpr const char* kLacking = "+0 setsockopt(3, SOL_TCP, TCP_ULP, [1], 4) = 0\n";

class DrillSuite : public test::DrillCommand {
 protected:
  // The names of the cases that `words` play: "linux-6.18 ipv4 a.pkt".
  std::vector<std::string> cases(std::vector<std::string> words) {
    words.insert(words.begin(), "packetdrill");
    std::vector<std::string> names;
    for (const std::string& line : lines_of(halfopen_run(words).out))
      if (line.starts_with("ok ")) names.push_back(line.substr(8 + line.substr(8).rfind('/') + 1));
    return names;
  }
  std::string suite() { return (scratch.path() / "suite").string(); }
};

TEST_F(DrillSuite, PlaysEachIpVersionThatAScriptIsFor) {
  (void)script("suite/all.pkt", kSyn);
  (void)script("suite/below/x-v4.pkt", kSyn);
  (void)script("suite/below/x-v6.pkt", kSyn);
  (void)script("suite/notes.txt", kSyn);
  const std::string own = script("suite/own.pkt", kSyn);
  write_bytes(own, "--ip_version=ipv6\n" + read_bytes(own));
  EXPECT_EQ(cases({suite()}).size(), 3U + 2 + 1 + 1);
  EXPECT_THAT(cases({"-4", suite()}), ElementsAre("all.pkt", "x-v4.pkt"));
  EXPECT_THAT(cases({"-6", suite()}), ElementsAre("all.pkt", "x-v6.pkt", "own.pkt"));
  EXPECT_THAT(cases({"--ipv4mappedv6", suite()}), ElementsAre("all.pkt", "x-v4.pkt"));
  EXPECT_THAT(cases({"-4", "-6", suite()}),
              ElementsAre("all.pkt", "all.pkt", "x-v4.pkt", "x-v6.pkt", "own.pkt"));
}

// scripts/suites makes the table of docs/packetdrill.md.
TEST_F(DrillSuite, AnySnapshotOfASuiteMakesTheTable) {
  (void)script("suite/gtests/net/tcp/good.pkt", kSyn);
  (void)script("suite/gtests/net/tcp/wrong.pkt", kWrong);
  (void)script("suite/gtests/net/tcp/lacking.pkt", kLacking);
  const std::string suites = "HALFOPEN=" HALFOPEN_BINARY " " HALFOPEN_SOURCE_DIR "/scripts/suites ";
  const Outcome table = shell(suites + suite());
  EXPECT_EQ(table.status, 0) << table.err;
  EXPECT_THAT(table.out,
              HasSubstr("| google/packetdrill, gtests/net/tcp | `linux-6.18` | ipv4 | 1 | 1 | 1 |\n"));
  const Outcome all = shell(suites + "--all " + suite());
  EXPECT_THAT(all.out, AllOf(HasSubstr("\nFAILED  "), HasSubstr("wrong.pkt"), HasSubstr("\nSKIP    ")));
  const Outcome none = shell(suites + scratch.path().string());
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(lines_of(none.err), ElementsAre(HasSubstr("expected gtests/net/tcp")));
}

// The command line has the last word over a script's own options, as in packetdrill; so has Google's runner.
TEST_F(DrillSuite, TheCommandLineOverridesTheScript) {
  const std::string file =
      script("suite/own.pkt", "+0 > S 0:0(0) <mss 1360,sackOK,TS val 1 ecr 0,nop,wscale 10>\n");
  write_bytes(file, "--mtu=1400\n" + read_bytes(file));
  EXPECT_EQ(halfopen_run({"packetdrill", file}).status, 0);
  EXPECT_EQ(halfopen_run({"packetdrill", "--mtu=1500", file}).status, 1);
  EXPECT_EQ(halfopen_run({"packetdrill", "-4", suite()}).status, 1);
}

// The MTU of 1520 that Google's runner gives with IPv6 is not for a script that says its version itself.
TEST_F(DrillSuite, AScriptThatSaysItsVersionIsPlayedAsPacketdrillDoes) {
  const std::string file =
      script("suite/own.pkt", "+0 > S 0:0(0) <mss 1440,sackOK,TS val 1 ecr 0,nop,wscale 10>\n");
  EXPECT_EQ(halfopen_run({"packetdrill", "-6", file}).status, 1);
  write_bytes(file, "--ip_version=ipv6\n" + read_bytes(file));
  EXPECT_EQ(halfopen_run({"packetdrill", file}).status, 0);
  EXPECT_THAT(cases({suite()}), ElementsAre("own.pkt"));
  EXPECT_EQ(halfopen_run({"packetdrill", "-4", suite()}).status, 2);  // none is left
}

TEST_F(DrillSuite, SaysTheSameWhateverTheNumberOfJobs) {
  for (int i = 0; i < 40; ++i)
    (void)script("suite/" + std::to_string(i) + ".pkt", i % 3 == 0 ? kWrong : i % 3 == 1 ? kSyn : kLacking);
  const Outcome serial = halfopen_run({"packetdrill", "-S", suite()});
  EXPECT_EQ(serial.status, 1);
  EXPECT_THAT(serial.out, HasSubstr("39 passed, 42 failed, 39 skipped\n"));
  for (const char* jobs : {"1", "2", "16"})
    EXPECT_EQ(halfopen_run({"packetdrill", "--jobs", jobs, suite()}).out, serial.out) << jobs;
}

TEST_F(DrillSuite, ExitStatusIsTheWorstOrPacketdrills) {
  const std::string good = script("good.pkt", kSyn);
  const std::string bad = script("bad.pkt", kWrong);
  const std::string skip = script("skip.pkt", kLacking);
  const auto both = [](std::vector<std::string> words) {
    words.insert(words.begin(), "packetdrill");
    const int ours = halfopen_run(words).status;
    words.insert(words.begin() + 1, "--packetdrill-status");
    return std::pair{ours, halfopen_run(words).status};
  };
  EXPECT_EQ(both({good}), std::pair(0, 0));
  EXPECT_EQ(both({bad}), std::pair(1, 1));
  EXPECT_EQ(both({good, bad, skip}), std::pair(1, 1));
  EXPECT_EQ(both({skip}), std::pair(4, 1));
  EXPECT_EQ(both({good, skip}), std::pair(0, 1));
  EXPECT_EQ(both({good, bad, "no-such.pkt"}), std::pair(2, 1));
}

TEST_F(DrillSuite, TellsInKtap) {
  (void)script("suite/a.pkt", kSyn);
  (void)script("suite/b.pkt", kWrong);
  (void)script("suite/c.pkt", kLacking);
  const Outcome run = halfopen_run({"packetdrill", "-4", "--ktap", suite()});
  EXPECT_EQ(run.status, 1);
  const std::vector<std::string> lines = lines_of(run.out);
  std::vector<std::string> plain;
  for (const std::string& line : lines)
    if (!line.starts_with("# ") || line.starts_with("# Totals")) plain.push_back(line);
  EXPECT_THAT(
      plain, ElementsAre("KTAP version 1", "1..3", "ok 1 linux-6.18 ipv4 " + suite() + "/a.pkt",
                         "not ok 2 linux-6.18 ipv4 " + suite() + "/b.pkt",
                         "ok 3 linux-6.18 ipv4 " + suite() + "/c.pkt # SKIP line 4: the model has no TCP_ULP",
                         "# Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0"));
}

TEST_F(DrillSuite, WritesJunitAndJson) {
  (void)script("suite/a.pkt", kSyn);
  (void)script("suite/b.pkt", kWrong);
  (void)script("suite/c.pkt", kLacking);
  const std::string junit = scratch.file("junit.xml");
  const Outcome run = halfopen_run({"packetdrill", "-4", "--junit", junit, "--json", "-", suite()});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("1 passed, 1 failed, 1 skipped"));  // prose makes way
  EXPECT_THAT(
      read_bytes(junit),
      AllOf(HasSubstr("<testsuite name=\"halfopen packetdrill\" tests=\"3\" failures=\"1\" errors=\"0\" "
                      "skipped=\"1\""),
            HasSubstr("<failure message=\""), HasSubstr("live packet field flags")));
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json.at("format"), "halfopen-packetdrill/1");
  EXPECT_EQ(json.at("exit"), 1);
  ASSERT_EQ(json.at("results").size(), 3U);
  const auto& bad = json.at("results")[1];
  EXPECT_EQ(bad.at("result"), "failed");
  EXPECT_EQ(bad.at("host"), "linux-6.18");
  EXPECT_EQ(bad.at("ip_version"), "ipv4");
  EXPECT_EQ(bad.at("line"), 4);
  EXPECT_EQ(bad.at("mismatches")[0].at("differences")[0].at("field"), "flags");
  EXPECT_THAT(bad.at("mismatches")[0].at("why"), StartsWith("CLOSED to SYN_SENT: connect()"));
  EXPECT_EQ(halfopen_run({"packetdrill", "--ktap", "--json", "-", suite()}).status, 2);
}

// --- --expect

TEST_F(DrillSuite, WhatIsKnownToFailMayFailAndMustNotPass) {
  const std::string bad = script("suite/b.pkt", kWrong);
  const std::string known = scratch.file("known.txt");
  const auto run = [&](const std::string& text, const std::string& script) {
    write_bytes(known, text);
    return halfopen_run({"packetdrill", "--expect", known, script});
  };
  const Outcome listed = run("# no ECN\n\nlinux ipv4 suite/b.pkt  # yet\n", bad);
  EXPECT_EQ(listed.status, 0) << listed.out;
  EXPECT_THAT(listed.out, StartsWith("known   "));
  EXPECT_EQ(run("linux-6.18 ipv6 suite/b.pkt\n", bad).status, 1);  // of another version
  EXPECT_EQ(run("linux-6.1 ipv4 suite/b.pkt\n", bad).status, 1);   // of another host
  EXPECT_EQ(run("linux-6.18 ipv4 uite/b.pkt\n", bad).status, 1);   // no end of its path
  const std::string good = script("suite/a.pkt", kSyn);
  const Outcome gone = run("linux ipv4 a.pkt\n", good);
  EXPECT_EQ(gone.status, 1);
  EXPECT_EQ(gone.out, "FAILED  " + good + ": passes, though " + known + ":1 lists it as a failure\n");
  const std::string skip = script("suite/c.pkt", kLacking);
  EXPECT_EQ(run("linux ipv4 c.pkt\n", skip).status, 4);
}

TEST_F(DrillSuite, RefusesBadListsOfKnownFailures) {
  const std::string good = script("a.pkt", kSyn);
  const std::string known = scratch.file("known.txt");
  const auto refusal = [&](const std::string& text) {
    write_bytes(known, text);
    const Outcome run = halfopen_run({"packetdrill", "--expect", known, good});
    EXPECT_EQ(run.status, 2);
    EXPECT_EQ(run.out, "");
    return run.err;
  };
  const std::string at = "halfopen: " + known;
  EXPECT_EQ(refusal("linux ipv4 a.pkt\n plan9 ipv4 a.pkt\n"),
            at + ":2:2: expected a profile's name, or kernel, found plan9\n");
  EXPECT_EQ(refusal("linux ipv5 a.pkt\n"),
            at + ":1:7: expected ipv4, ipv6 or ipv4-mapped-ipv6, found ipv5\n");
  EXPECT_EQ(refusal("linux ipv4\n"), at + ":1:11: expected a script's path, found the end of the line\n");
  EXPECT_EQ(refusal("linux ipv4 a.pkt\nlinux-6.18 ipv4 a.pkt\n"),
            at + ":2:17: expected each case once, found a.pkt\n");
  EXPECT_EQ(halfopen_run({"packetdrill", "--expect", scratch.file("none"), good}).status, 2);
}

// --- --table

TEST_F(DrillSuite, PutsScriptsByHosts) {
  // Linux lets data and the window scale be what they are; the SYN of others has other options.
  const std::string file = script("syn.pkt", "+0 > S 0:0(0) win 64240 <...>\n");
  const Outcome run = halfopen_run({"packetdrill", "--table", "--profile", "linux-6.18", "--profile",
                                    "freebsd-14", "--profile", "linux-6.1", file});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      lines_of(run.out),
      ElementsAre(
          StartsWith("script"), HasSubstr("ok          FAILED      ok"),
          "  passes on linux-6.18, linux-6.1; fails on freebsd-14: line 4: win 65535 instead of 64240",
          "2 passed, 1 failed, 0 skipped"));
  EXPECT_THAT(lines_of(run.out)[0], HasSubstr("linux-6.18  freebsd-14  linux-6.1"));
}

// --- What is no script, and what does not end

TEST_F(DrillSuite, RefusesBadScriptsInALineWithTheirPlace) {
  const std::string whole = read_bytes(script("whole.pkt", kSyn));
  const auto refusal = [&](const std::string& text) {
    const std::string file = scratch.file("bad.pkt");
    write_bytes(file, text);
    const Outcome run = halfopen_run({"packetdrill", file});
    EXPECT_EQ(run.status, 2) << text.substr(0, 100);
    EXPECT_EQ(lines_of(run.out).size(), 1U) << run.out.substr(0, 1000);
    EXPECT_THAT(run.out, StartsWith("TROUBLE " + file + ":")) << text.substr(0, 100);
    EXPECT_LT(run.out.size(), 500U);
    return run.out;
  };
  EXPECT_THAT(refusal(whole.substr(0, whole.size() - 4)), HasSubstr("expected"));
  EXPECT_THAT(refusal("0 close(3) = 99999999999999999999\n"), HasSubstr(":1:14: "));
  EXPECT_THAT(refusal("0 < S 0:0(0) win 65536\n"), HasSubstr(":1:"));
  EXPECT_THAT(refusal("0 close(" + std::string(100'000, '[')), HasSubstr(":1:"));
  EXPECT_THAT(refusal("0 close(3) = 0\n+0 " + std::string(10'000'000, 'x')), HasSubstr(":2:"));
  EXPECT_THAT(refusal("0 close(3) = 0\n+0 \"" + std::string(10'000'000, 'x')), HasSubstr(":2:"));
  EXPECT_THAT(refusal(std::string(20'000'000, '\n')), HasSubstr("expected"));
  EXPECT_THAT(refusal(std::string{"0 close(3) = 0\n\0\n", 17}), HasSubstr(":2:1"));
  EXPECT_THAT(refusal(""), HasSubstr("expected"));
}

TEST_F(DrillSuite, UnknownCallsAreNoScript) {
  const std::string file = script("call.pkt", "+0 mmap(3, 4) = 0\n");
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.out, "TROUBLE " + file + ":4:1: expected a system call of packetdrill's, found mmap()\n");
  const Outcome lacks = halfopen_run({"packetdrill", script("lacks.pkt", "+0 splice(3, 4, 5) = 0\n")});
  EXPECT_EQ(lacks.status, 4);
}

TEST_F(DrillSuite, WhatWaitsForEverEnds) {
  const Outcome packet = halfopen_run({"packetdrill", script("packet.pkt", "*    > F. 7:7(0) ack 1\n")});
  EXPECT_EQ(packet.status, 1);
  const std::string file = scratch.file("accept.pkt");
  write_bytes(file,
              "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n"
              "+0 accept(3, ..., ...) = 4\n");
  const Outcome call = halfopen_run({"packetdrill", file});
  EXPECT_EQ(call.status, 1);
  EXPECT_THAT(call.out, HasSubstr("error in accept(): it does not return"));
  const Outcome late = halfopen_run({"packetdrill", script("late.pkt", "+1000000 close(3) = 0\n")});
  EXPECT_THAT(late.out, HasSubstr("the script takes longer than 86400 sec"));
}

// --- Python

TEST_F(DrillSuite, OnePythonKeepsScriptsApart) {
  (void)script("suite/a.pkt", "+0 %{ mine = 1 }%\n+0 %{ assert mine == 1 }%\n");
  (void)script("suite/b.pkt", "+0 %{ assert mine == 1 }%\n");
  (void)script("suite/c.pkt", "+0 %{ import sys; sys.exit(3) }%\n");
  (void)script("suite/d.pkt", "+0 %{ import os; os._exit(0) }%\n");
  (void)script("suite/e.pkt", "+0 %{ print('heard') }%\n");
  const Outcome run = halfopen_run({"packetdrill", "-S", "-4", suite()});
  std::vector<std::string> verdicts = lines_of(run.out);
  std::erase_if(verdicts, [](const std::string& line) { return line.starts_with("  "); });  // ladders
  EXPECT_THAT(
      verdicts,
      ElementsAre("ok      " + suite() + "/a.pkt", "SKIP    " + suite() + "/b.pkt:4: the host has no mine",
                  "FAILED  " + suite() + "/c.pkt:4: %{ }%: exit status 3",
                  "FAILED  " + suite() + "/d.pkt:4: %{ }%: python3 ended or does not come to an end",
                  "ok      " + suite() + "/e.pkt", "2 passed, 2 failed, 1 skipped"));
  EXPECT_THAT(run.err, HasSubstr("heard"));
}

}  // namespace
}  // namespace halfopen
