// halfopen packetdrill, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/drill_command.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Matcher;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::StrEq;

using DrillCommand = test::DrillCommand;

constexpr const char* kSyn = "+0    > S 0:0(0) <...>\n";

TEST_F(DrillCommand, SaysOkAndNothingElse) {
  const std::string file = script("good.pkt", kSyn);
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(lines_of(run.out), ElementsAre("ok      " + file));
}

TEST_F(DrillCommand, ShowsWhatCameInsteadOfWhatWasExpected) {
  const std::string file = script("bad.pkt", "+0    > SE 0:0(0) win 1 <...>\n");
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(lines_of(run.out),
              IsSupersetOf<Matcher<std::string>>(
                  {StrEq("FAILED  " + file +
                         ":4: error handling packet: live packet field flags: expected: SE vs actual: S"),
                   StrEq("        also tcp_window: expected: 1 vs actual: 64240"),
                   StrEq("        script packet: 0.000000 > SE 0:0(0) win 1 <...>"),
                   StartsWith("        actual packet: 0.000000 > S 0:0(0) win 64240 <mss 1460,")}));
}

// What packetdrill cannot say: why the packet left, what decides that, and what was before.
TEST_F(DrillCommand, SaysWhyThePacketLeftAndWhatWasBefore) {
  const std::string file = script("late.pkt", "+0 > S 0:0(0) <...>\n+3 > S 0:0(0) <...>\n");
  write_bytes(file, "`sysctl -q net.ipv4.tcp_syn_retries=4`\n" + read_bytes(file));
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      lines_of(run.out),
      IsSupersetOf<Matcher<std::string>>(
          {HasSubstr("expected outbound packet at 3.000000 sec but happened at 1."),
           AllOf(StartsWith("        why: SYN_SENT: retransmission 1, the retransmission timer ran out"),
                 HasSubstr("next: retransmission timer in"), HasSubstr("RFC 6298")),
           StartsWith("        timeout: initial = 1 s  ["),
           AllOf(StartsWith("           0.000000  client > server  S "), HasSubstr("win 64240"))}));
}

TEST_F(DrillCommand, ShowsTheEndOfTheLadderOrAllOfIt) {
  std::string rest = kSyn;
  for (int i = 0; i < 12; ++i) rest += "+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 0\n";
  const std::string file = script("long.pkt", rest + "+0 close(3) = -1 EBADF (Bad file descriptor)\n");
  const std::string shorter = halfopen_run({"packetdrill", file}).out;
  EXPECT_THAT(shorter, AllOf(HasSubstr("before, --verbose shows them\n"), Not(HasSubstr("connect(3"))));
  for (const char* option : {"--verbose", "-v", "-l", "--log_on_error"})
    EXPECT_THAT(halfopen_run({"packetdrill", option, file}).out,
                AllOf(Not(HasSubstr("--verbose shows")), HasSubstr("packetdrill[100] connect(3")));
  const std::string good = script("good.pkt", kSyn);
  EXPECT_THAT(halfopen_run({"packetdrill", "-L", good}).out,
              AllOf(StartsWith("ok      "), HasSubstr("packetdrill[100] connect(3")));
}

TEST_F(DrillCommand, GoesOnAfterAMismatchWhereThatIsAskedFor) {
  const std::string file =
      script("three.pkt",
             "+0 > SE 0:0(0) <...>\n+0 getsockopt(3, SOL_SOCKET, SO_ERROR, [0], [4]) = 7\n+1 > S 0:0(0)\n");
  EXPECT_THAT(halfopen_run({"packetdrill", file}).out, Not(HasSubstr("three.pkt:5")));
  const Outcome all = halfopen_run({"packetdrill", "--continue", file});
  EXPECT_EQ(all.status, 1);
  EXPECT_THAT(lines_of(all.out), IsSupersetOf<Matcher<std::string>>(
                                     {StartsWith("FAILED  " + file + ":4: error handling packet: "),
                                      StartsWith(file + ":5: runtime error in getsockopt call: "),
                                      StartsWith(file + ":6: error handling packet: ")}));
}

TEST_F(DrillCommand, NamesWhatTheModelLacks) {
  const std::string file = script("skip.pkt", "+0 setsockopt(3, SOL_SOCKET, SO_MARK, [5], 4) = 0\n");
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(lines_of(run.out), ElementsAre("SKIP    " + file + ":4: the model has no SO_MARK"));
}

TEST_F(DrillCommand, RunsADirectoryOnEachProfileAndVersion) {
  (void)script("all/a.pkt", kSyn);
  (void)script("all/below/only-v6.pkt", kSyn);
  (void)script("all/notes.txt", kSyn);
  const std::string all = (scratch.path() / "all").string();
  const Outcome run = halfopen_run({"packetdrill", "--profile", "linux-6.1", "--profile", "rfc",
                                    "--ip_version", "ipv4", "--ip-version", "ipv6", all});
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_THAT(lines_of(run.out),
              ElementsAre("ok      linux-6.1 ipv4 " + all + "/a.pkt", "ok      rfc ipv4 " + all + "/a.pkt",
                          "ok      linux-6.1 ipv6 " + all + "/a.pkt", "ok      rfc ipv6 " + all + "/a.pkt",
                          "ok      linux-6.1 ipv6 " + all + "/below/only-v6.pkt",
                          "ok      rfc ipv6 " + all + "/below/only-v6.pkt", "6 passed, 0 failed, 0 skipped"));
}

TEST_F(DrillCommand, LetsPythonJudgeCode) {
  const std::string good =
      script("code.pkt", "+0 %{ assert tcpi_unacked == 1 and tcpi_state == TCP_SYN_SENT }%\n");
  EXPECT_EQ(halfopen_run({"packetdrill", good}).out, "ok      " + good + "\n");
  const std::string bad = script("bad-code.pkt", "+0 %{ assert tcpi_unacked == 2, tcpi_unacked }%\n");
  const Outcome failed = halfopen_run({"packetdrill", bad});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.out, StartsWith("FAILED  " + bad + ":4: %{ }%: AssertionError: 1\n"));
  const std::string lacks = script("lacks.pkt", "+0 %{ assert tcpi_no_such == 1 }%\n");
  const Outcome skipped = halfopen_run({"packetdrill", lacks});
  EXPECT_EQ(skipped.status, 4);
  EXPECT_EQ(skipped.out, "SKIP    " + lacks + ":4: the host has no tcpi_no_such\n");
}

TEST_F(DrillCommand, ReadsScriptsThatCommandsName) {
  const std::string file = script("tests/one.pkt", "+0    > S 0:0(0) <mss 1460,nop,wscale 10>\n");
  write_bytes(scratch.path() / "defaults.sh",
              "sysctl -q net.ipv4.tcp_timestamps=0\nsysctl -q net.ipv4.tcp_sack=0\n");
  write_bytes(file, "`../defaults.sh`\n" + read_bytes(file));
  EXPECT_EQ(halfopen_run({"packetdrill", file}).out, "ok      " + file + "\n");
}

TEST_F(DrillCommand, PutsDefinitionsAndTolerancesIn) {
  const std::string word =
      script("word.pkt", "+0.02 > S 0:0(0) <...>\n+0 setsockopt(3, SOL_TCP, WORD, [1], 4) = 0\n");
  EXPECT_EQ(halfopen_run({"packetdrill", "-D", "WORD=TCP_NODELAY", word}).status, 1);
  EXPECT_EQ(halfopen_run({"packetdrill", "-D", "WORD=TCP_NODELAY", "--tolerance_usecs=20000", word}).status,
            0);
  EXPECT_EQ(halfopen_run({"packetdrill", "--tolerance-usecs=20000", word}).status, 4);
}

TEST_F(DrillCommand, RefusesWhatCannotBeRead) {
  const Outcome missing = halfopen_run({"packetdrill", "no-such.pkt"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.out, "TROUBLE no-such.pkt: cannot be read\n");
  const std::string broken = script("broken.pkt", "+0 > S 0:0(0\n");
  const Outcome run = halfopen_run({"packetdrill", broken});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.out, StartsWith("TROUBLE " + broken + ":5:1: expected"));
  EXPECT_THAT(halfopen_run({"packetdrill", "--profile", "plan9", broken}).err,
              HasSubstr("--profile: expected a profile's name, or all, found plan9"));
}

}  // namespace
}  // namespace halfopen
