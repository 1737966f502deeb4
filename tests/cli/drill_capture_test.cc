// halfopen packetdrill --from-capture, and -w: from packets to scripts and back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/run/shipped.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DrillCapture : public ::testing::Test {
 protected:
  // A capture at `side`'s device; gives that host's profile.
  std::string record(const std::string& scenario, const std::string& side, const std::string& file) {
    const Outcome run = halfopen_run({"sim", scenario, "-q", "--tap", side, "-w", file, "--json", "-"});
    EXPECT_LE(run.status, 1) << run.err;  // sentences are written for the client's side
    return nlohmann::json::parse(run.out).at("hosts").at(side).at("profile");
  }
  std::string write_script(const std::string& capture, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"packetdrill", "--from-capture", capture};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome made = halfopen_run(words);
    EXPECT_EQ(made.status, 0) << capture << ": " << made.err;
    const std::string file = capture + ".pkt";
    write_bytes(file, made.out);
    return file;
  }
  test::Scratch scratch;
};

// What a host did in a scenario it does again for the script, to the packet, on both sides.
TEST_F(DrillCapture, ScriptsOfScenariosPassOnTheirHosts) {
  const std::set<std::string> left_out{
      // Two connections of one program: calls do not say of which.
      "host-reboot-same-port",
      // ACKs that come at one instant: the scenario's path brings them all before the writer runs again.
      "host-crash-zero-window",
  };
  std::size_t played = 0;
  for (const ShippedScenario& scenario : shipped_scenarios()) {
    const std::string name{scenario.name};
    if (left_out.contains(name)) continue;
    for (const std::string side : {"client", "server"}) {
      const std::string capture = scratch.file(name + "." + side + ".pcapng");
      const std::string profile = record(name, side, capture);
      const std::string script = write_script(capture);
      const Outcome run = halfopen_run({"packetdrill", "--profile", profile, script});
      EXPECT_EQ(run.status, 0) << name << " " << side << " on " << profile << "\n" << run.out;
      ++played;
    }
  }
  EXPECT_GT(played, 50U);
}

// What a kernel did and was recorded in pcaps/ the model does, too, to the packet; times may be off by what a
// real clock makes of them.
TEST_F(DrillCapture, ScriptsOfARealKernelsCapturesPassOnTheModel) {
  for (const std::string name :
       {"normal-close", "process-killed", "process-killed-read-after-rst", "process-killed-unread-data",
        "host-crash", "host-crash-keepalive", "host-crash-user-timeout", "host-reboot", "host-shutdown"}) {
    const Outcome made = halfopen_run(
        {"packetdrill", "--from-capture", HALFOPEN_SOURCE_DIR "/pcaps/" + name + ".live.pcapng"});
    ASSERT_EQ(made.status, 0) << made.err;
    const std::string script = scratch.file(name + ".pkt");
    write_bytes(script, made.out);
    const Outcome run =
        halfopen_run({"packetdrill", "--profile", "linux-6.18", "--tolerance_usecs=20000", script});
    EXPECT_EQ(run.status, 0) << run.out;
  }
}

TEST_F(DrillCapture, CallsStandWhereTheyWereMade) {
  const std::string capture = scratch.file("close.pcapng");
  (void)record("normal-close", "client", capture);
  const std::vector<std::string> lines = lines_of(read_bytes(write_script(capture)));
  ASSERT_GT(lines.size(), 8U);
  EXPECT_EQ(lines[0], "// From close.pcapng: what 10.9.0.1 got and sent, with the calls of its programs.");
  EXPECT_EQ(lines[1], "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
  EXPECT_EQ(lines[2], "+0...0.02 connect(3, ..., ...) = 0");
  EXPECT_THAT(lines[3], StartsWith("+0 > S 0:0(0) win 64240 <mss 1460,"));
  EXPECT_THAT(lines[4], StartsWith("+0.02 < S. 0:0(0) ack 1 "));
  EXPECT_THAT(lines, Contains("+0.98 write(3, ..., 14) = 14"));
  EXPECT_THAT(lines, Contains("+0 read(3, ..., 4096) = 14"));
}

// The same packets without our notes: what the calls were is guessed, and the host answers all the same.
TEST_F(DrillCapture, CallsAreGuessedWhereNobodyRecordedThem) {
  const std::string capture = scratch.file("close.pcap");
  ASSERT_EQ(halfopen_run({"sim", "normal-close", "-q", "-w", capture}).status, 0);
  for (const std::string side : {"client", "server"}) {
    const std::string script = write_script(capture, {"--side", side});
    EXPECT_THAT(read_bytes(script), HasSubstr("the calls are guessed from it"));
    EXPECT_THAT(read_bytes(script), HasSubstr(side == "client" ? "connect(3" : "accept(3"));
    EXPECT_THAT(read_bytes(script), AllOf(HasSubstr("write("), HasSubstr("shutdown(")));
    EXPECT_EQ(halfopen_run({"packetdrill", "--dry_run", script}).status, 0) << read_bytes(script);
  }
  const std::string client = write_script(capture, {"--side", "client"});
  EXPECT_EQ(halfopen_run({"packetdrill", "--profile", "linux", client}).status, 0)
      << halfopen_run({"packetdrill", "--profile", "linux", client}).out;
}

TEST_F(DrillCapture, AsksWhichConnectionIsMeant) {
  const std::string capture = scratch.file("two.pcapng");
  (void)record("host-reboot-same-port", "client", capture);
  const Outcome run = halfopen_run({"packetdrill", "--from-capture", capture});
  EXPECT_EQ(run.status, 2);
  EXPECT_EQ(run.err,
            "halfopen: " + capture + ": expected one connection, chosen by --connection, found 2 of 2\n");
  const Outcome none = halfopen_run({"packetdrill", "--from-capture", capture, "--connection", "port 1"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("found 0 of 2"));
  EXPECT_EQ(halfopen_run({"packetdrill"}).status, 2);
}

// --- -w

constexpr const char* kScript =
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 bind(3, ..., ...) = 0\n"
    "+0 listen(3, 1) = 0\n"
    "+0.1 < S 0:0(0) win 32792 <mss 1000>\n"
    "+0 > S. 0:0(0) ack 1 <...>\n"
    "+0.1 < . 1:1(0) ack 1 win 32792\n"
    "+0 accept(3, ..., ...) = 4\n"
    "+0 write(4, ..., 10) = 10\n"
    "+0 > P. 1:11(10) ack 1\n"
    "+0.3~+0.4 > P. 1:11(10) ack 1\n"
    "+0 close(4) = -1 EBADF (Bad file descriptor)\n";

TEST_F(DrillCapture, KeepsAPcapngOfEachCase) {
  std::filesystem::create_directories(scratch.path() / "suite" / "a");
  write_bytes(scratch.path() / "suite" / "a" / "one.pkt", kScript);
  Start start{.arguments = {"packetdrill", "-w", "kept", "-4", "-6", "suite"},
              .environment = {},
              .directory = scratch.path(),
              .input = {}};
  EXPECT_EQ(halfopen_run(start).status, 1);
  const auto kept = scratch.path() / "kept";
  EXPECT_TRUE(std::filesystem::exists(kept / "suite-a-one.ipv6.linux-6.18.pcapng"));
  const std::string capture = (kept / "suite-a-one.ipv4.linux-6.18.pcapng").string();
  const Outcome shown = halfopen_run({"show", "--explain", capture});
  EXPECT_EQ(shown.status, 0);
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("retransmission 1, the retransmission timer ran out"),
                    HasSubstr("packetdrill[100] write(4, "),
                    HasSubstr("failed in line 11: runtime error in close call: Expected result -1")));
}

TEST_F(DrillCapture, TsharkReadsTheReasons) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "no tshark";
  write_bytes(scratch.path() / "one.pkt", kScript);
  Start start{.arguments = {"packetdrill", "-w", ".", "one.pkt"},
              .environment = {},
              .directory = scratch.path(),
              .input = {}};
  EXPECT_EQ(halfopen_run(start).status, 1);
  const std::string capture = (scratch.path() / "one.ipv4.linux-6.18.pcapng").string();
  const auto lines = test::run_tool("tshark -r " + capture +
                                    " -T fields -e tcp.len -e tcp.analysis.retransmission -e frame.comment "
                                    "2>/dev/null")
                         .lines();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_THAT(lines[4], AllOf(StartsWith("10\t1"), HasSubstr("the retransmission timer ran out")));
}

}  // namespace
}  // namespace halfopen
