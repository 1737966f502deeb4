// halfopen sim and show, from the outside: what they write, and that it can be read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SimTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> left() const { return scratch_.left(); }
  [[nodiscard]] std::string file(const std::string& name) const { return scratch_.file(name); }

  test::Scratch scratch_;
};

TEST_F(SimTest, TellsTitleLadderAndWhatTheClientSaw) {
  const Outcome outcome = halfopen_run({"sim", "host-crash"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("client > server"));
  EXPECT_THAT(outcome.out, HasSubstr("read() = -1 ETIMEDOUT, 9 min 2.5 s after the write"));
  EXPECT_THAT(outcome.out, HasSubstr("sooner: keepalive (10 s idle, 3 probes 2 s apart): after 18 s"));
}

TEST_F(SimTest, QuietSaysNothingWhenAllIsWell) {
  const Outcome outcome = halfopen_run({"sim", "host-crash", "-q"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(SimTest, AFailedExpectationIsPrintedWithWhatWasFoundAndStatus1) {
  // The crash becomes a kill: the client is told at once, and not by ETIMEDOUT.
  const std::vector<std::string> arguments{"sim", "host-crash", "-q", "--set",
                                           "timeline.2.do=server process is killed"};
  const Outcome outcome = halfopen_run(arguments);
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("FAILED"));
  EXPECT_THAT(outcome.out, HasSubstr("host-crash.toml:"));
  EXPECT_THAT(outcome.out, HasSubstr("found"));
}

TEST_F(SimTest, TheSameSeedGivesTheSameBytes) {
  for (const char* extension : {"pcapng", "pcap", "json"}) {
    const std::string option = std::string{extension} == "json" ? "--json" : "-w";
    const std::string one = file(std::string{"one."} + extension);
    const std::string two = file(std::string{"two."} + extension);
    const std::string other = file(std::string{"other."} + extension);
    EXPECT_EQ(halfopen_run({"sim", "host-crash", "-q", "--seed", "7", option, one}).status, 0);
    EXPECT_EQ(halfopen_run({"sim", "host-crash", "-q", "--seed", "7", option, two}).status, 0);
    EXPECT_EQ(halfopen_run({"sim", "host-crash", "-q", "--seed", "8", option, other}).status, 0);
    EXPECT_FALSE(read_bytes(one).empty());
    EXPECT_TRUE(read_bytes(one) == read_bytes(two)) << extension;
    EXPECT_FALSE(read_bytes(one) == read_bytes(other)) << extension;
  }
}

TEST_F(SimTest, OneRunWritesSeveralCaptures) {
  const Outcome outcome = halfopen_run(
      {"sim", "host-crash", "-q", "-w", file("a.pcapng"), "-w", file("b.pcap"), "--json", file("c.json")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(left(), ::testing::UnorderedElementsAre("a.pcapng", "b.pcap", "c.json"));
}

TEST_F(SimTest, ACaptureIsReadBackAsTheLadderThatWasPrinted) {
  const Outcome sim = halfopen_run({"sim", "host-crash", "-w", file("a.pcapng")});
  const Outcome show = halfopen_run({"show", file("a.pcapng")});
  EXPECT_EQ(show.status, 0) << show.err;
  // Every rung that show prints stood in the output of sim.
  std::size_t rungs = 0;
  for (const std::string& line : lines_of(show.out)) {
    if (line.find(" > ") == std::string::npos && line.find(" < ") == std::string::npos) continue;
    ++rungs;
    EXPECT_THAT(sim.out, HasSubstr(line));
  }
  EXPECT_GT(rungs, 15U);
}

TEST_F(SimTest, APcapShowsTheSamePackets) {
  halfopen_run({"sim", "host-crash", "-q", "-w", file("a.pcapng"), "-w", file("a.pcap")});
  const Outcome show = halfopen_run({"show", file("a.pcap")});
  EXPECT_EQ(show.status, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("outcomes are not recorded"));
  EXPECT_THAT(show.out, HasSubstr("10.9.0.1."));
  EXPECT_THAT(show.out, HasSubstr("10.9.0.2.9998"));
}

TEST_F(SimTest, ACaptureOnStandardOutputIsPcapngAndProseGoesToStandardError) {
  const Outcome outcome = halfopen_run({"sim", "host-crash", "-w", "-"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out.substr(0, 4), "\x0a\x0d\x0d\x0a");
  EXPECT_THAT(outcome.err, HasSubstr("client > server"));
  halfopen_run({"sim", "host-crash", "-q", "-w", file("a.pcapng")});
  EXPECT_TRUE(outcome.out == read_bytes(file("a.pcapng")));
}

TEST_F(SimTest, ShowReadsStandardInput) {
  const Outcome outcome = shell("\"$HALFOPEN\" sim host-crash -q -w - | \"$HALFOPEN\" show -");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("client > server"));
}

TEST_F(SimTest, JsonOnStandardOutputIsOneDocument) {
  const Outcome outcome = halfopen_run({"sim", "host-crash", "--json", "-"});
  EXPECT_EQ(outcome.status, 0);
  const nlohmann::json run = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(run.at("format"), "halfopen/1");
  EXPECT_GT(run.at("packets").at("total"), 15);
  EXPECT_EQ(run.at("retransmissions").at("client"), 12);
  EXPECT_FALSE(run.at("calls").empty());
  EXPECT_FALSE(run.at("states").empty());
  EXPECT_THAT(outcome.err, HasSubstr("client > server"));
}

TEST_F(SimTest, TheTapAtTheServerMissesWhatIsSentToADeadHost) {
  const std::string at_client = halfopen_run({"sim", "host-crash"}).out;
  const std::string at_server = halfopen_run({"sim", "host-crash", "--tap", "server"}).out;
  EXPECT_NE(at_client, at_server);
}

TEST_F(SimTest, ExplainAddsTheRuleBehindEachRung) {
  const Outcome plain = halfopen_run({"sim", "host-crash"});
  const Outcome explained = halfopen_run({"sim", "host-crash", "--explain"});
  EXPECT_EQ(explained.status, 0);
  EXPECT_GT(explained.out.size(), plain.out.size());
  EXPECT_THAT(explained.out, HasSubstr("RFC"));
}

TEST_F(SimTest, CapturesBeginAtSourceDateEpoch) {
  const std::vector<std::string> arguments{"sim", "host-crash", "-q", "-w", file("a.pcap")};
  const Outcome outcome = halfopen_run({.arguments = arguments,
                                        .environment = {{"SOURCE_DATE_EPOCH", "1000000000"}},
                                        .directory = {},
                                        .input = {}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string bytes = read_bytes(file("a.pcap"));
  ASSERT_GT(bytes.size(), 28U);
  std::uint32_t seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    seconds |= std::uint32_t{static_cast<unsigned char>(bytes[24 + i])} << (8 * i);
  }
  EXPECT_EQ(seconds, 1000000000U);
  const Outcome bad = halfopen_run(
      {.arguments = arguments, .environment = {{"SOURCE_DATE_EPOCH", "soon"}}, .directory = {}, .input = {}});
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("SOURCE_DATE_EPOCH"));
}

TEST_F(SimTest, ACaptureThatCannotBeWrittenLeavesNoHalfFile) {
  for (const char* name : {"run.pcapng", "run.pcap"}) {
    const Outcome outcome =
        shell("ulimit -f 1; trap '' XFSZ; \"$HALFOPEN\" sim host-crash -q -w " + file(name));
    EXPECT_EQ(outcome.status, 2) << name << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(name));
    EXPECT_THAT(left(), IsEmpty()) << name;
  }
}

TEST_F(SimTest, AnOldCaptureSurvivesARunThatCannotWrite) {
  write_bytes(file("run.pcapng"), "an old one");
  const Outcome outcome =
      shell("ulimit -f 1; trap '' XFSZ; \"$HALFOPEN\" sim host-crash -q -w " + file("run.pcapng"));
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(read_bytes(file("run.pcapng")), "an old one");
}

TEST_F(SimTest, StandardOutputThatIsFullIsTroubleForACaptureToo) {
  for (const char* option : {"-w", "--json"}) {
    const Outcome outcome = shell("\"$HALFOPEN\" sim host-crash -q " + std::string{option} + " - >/dev/full");
    EXPECT_EQ(outcome.status, 2) << option;
    EXPECT_THAT(outcome.err, HasSubstr("No space left on device")) << option;
  }
}

TEST_F(SimTest, AFileOfOnesOwnRunsLikeAShippedOne) {
  write_bytes(file("mine.toml"),
              "title = \"Mine\"\n[client]\nprogram = \"line-client\"\n[server]\n"
              "program = \"echo-server\"\n[[timeline]]\nat = \"1s\"\ndo = \"client types\"\n"
              "text = \"hello\"\n[[timeline]]\nat = \"2s\"\ndo = \"client closes input\"\n");
  const Outcome outcome = halfopen_run({"sim", file("mine.toml")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Mine"));
}

struct BadFile {
  std::string name;
  std::string bytes;
};

TEST_F(SimTest, BadInputIsOneLineWithItsPlace) {
  std::string noise;
  for (std::uint32_t i = 0, x = 1; i < 100'000; ++i) {
    x = x * 1664525U + 1013904223U;
    noise += static_cast<char>(x >> 24);
  }
  const std::vector<BadFile> files{
      {"empty.toml", ""},
      {"noise.toml", noise},
      {"long.toml", std::string(std::size_t{2} << 20, '#')},
      {"unknown.toml", "titel = \"x\"\n"},
      {"unfinished.toml", "[client"},
      {"empty.pcap", ""},
      {"empty.pcapng", ""},
      {"noise.pcap", noise},
      {"magic.pcap", "\xd4\xc3\xb2\xa1"},
  };
  for (const BadFile& bad : files) {
    write_bytes(file(bad.name), bad.bytes);
    const std::string command = bad.name.ends_with(".toml") ? "sim" : "show";
    const Outcome outcome = halfopen_run({command, file(bad.name)});
    EXPECT_EQ(outcome.status, 2) << bad.name << outcome.out;
    EXPECT_THAT(lines_of(outcome.err), ::testing::SizeIs(1)) << bad.name << "\n" << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(bad.name));
  }
}

TEST_F(SimTest, AnInterruptedRunLeavesNoPartialFile) {
  // Transfers that take long enough to be interrupted, however late: once the capture has its first bytes.
  write_bytes(
      file("long.toml"),
      "title = \"Long\"\n[client]\nprogram = \"bulk-client\"\nbytes = 1073741824\nconnections = 1000\n"
      "[server]\nprogram = \"sink\"\n");
  const Outcome outcome =
      shell("cd " + scratch_.path().string() +
            "; set -m; \"$HALFOPEN\" sim long.toml -q -w run.pcap & "
            "while [ ! -e run.pcap.partial ] && kill -0 $!; do sleep 0.01; done; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.status, 130) << outcome.err;
  EXPECT_TRUE(fs::exists(file("run.pcap")));
  EXPECT_FALSE(fs::exists(file("run.pcap.partial")));
  if (test::has_tool("capinfos")) {
    EXPECT_EQ(shell("capinfos " + file("run.pcap")).status, 0);
  }
}

}  // namespace
}  // namespace halfopen
