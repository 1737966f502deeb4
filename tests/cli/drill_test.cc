// halfopen packetdrill, as a user runs it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DrillCommand : public ::testing::Test {
 protected:
  std::string script(const std::string& name, const std::string& rest) {
    const std::filesystem::path file = scratch.path() / name;
    std::filesystem::create_directories(file.parent_path());
    write_bytes(
        file,
        " 0    socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0    fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
        "+0    connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n" +
            rest);
    return file.string();
  }
  test::Scratch scratch;
};

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
              ElementsAre("FAILED  " + file +
                              ":4: error handling packet: live packet field flags: expected: SE vs actual: S",
                          "        also tcp_window: expected: 1 vs actual: 64240",
                          "        script packet: 0.000000 > SE 0:0(0) win 1 <...>",
                          StartsWith("        actual packet: 0.000000 > S 0:0(0) win 64240 <mss 1460,")));
}

TEST_F(DrillCommand, NamesWhatTheModelLacks) {
  const std::string file = script("skip.pkt", "+0 setsockopt(3, SOL_TCP, TCP_FASTOPEN, [5], 4) = 0\n");
  const Outcome run = halfopen_run({"packetdrill", file});
  EXPECT_EQ(run.status, 4);
  EXPECT_THAT(lines_of(run.out), ElementsAre("SKIP    " + file + ":4: the model has no TCP_FASTOPEN"));
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
  EXPECT_EQ(failed.out, "FAILED  " + bad + ":4: %{ }%: AssertionError: 1\n");
  const std::string lacks = script("lacks.pkt", "+0 %{ assert tcpi_no_such == 1 }%\n");
  const Outcome skipped = halfopen_run({"packetdrill", lacks});
  EXPECT_EQ(skipped.status, 4);
  EXPECT_EQ(skipped.out, "SKIP    " + lacks + ":4: the model has no tcpi_no_such\n");
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
