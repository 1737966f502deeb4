// Other people's tools read what we write: no complaint, the same packets, our comments.
#include "tests/support/tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/file/capture_file.h"
#include "sim/why/rules.h"
#include "tests/capture/story.h"
#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using test::run_tool;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

struct Written {
  const char* extension;
  bool v6;
};
std::ostream& operator<<(std::ostream& out, const Written& w) {
  return out << w.extension << (w.v6 ? "6" : "4");
}

class Tools : public ::testing::TestWithParam<Written> {
 protected:
  std::string write(CaptureOptions options = {}) {
    const std::string name = scratch_.file(std::string{"a."} + GetParam().extension);
    const auto sink = open_capture(name, test::story_run(GetParam().v6), options);
    test::Story{*sink, GetParam().v6}.tell();
    sink->finish();
    return name;
  }
  // One column for each field, one row for each packet; tshark checks checksums and resolves names.
  static std::vector<std::vector<std::string>> tshark(const std::string& file,
                                                      const std::vector<std::string>& fields) {
    std::string command =
        "tshark -r " + file + " -Nn -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields";
    for (const std::string& field : fields) command += " -e " + field;
    std::vector<std::vector<std::string>> columns(fields.size());
    for (const std::string& line : run_tool(command + " 2>/dev/null").lines()) {
      std::size_t begin = 0;
      for (auto& column : columns) {
        const std::size_t end = std::min(line.find('\t', begin), line.size());
        column.push_back(line.substr(begin, end - begin));
        begin = std::min(end + 1, line.size());
      }
    }
    return columns;
  }
  test::Scratch scratch_;
};

TEST_P(Tools, TsharkFindsEveryPacketAtItsTimeAndNothingWrong) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "tshark is not installed";
  const std::string icmp = GetParam().v6 ? "icmpv6.checksum.status" : "icmp.checksum.status";
  const auto columns = tshark(write(), {"frame.number", "frame.time_relative", "_ws.malformed",
                                        "ip.checksum.status", "tcp.checksum.status", icmp});
  ASSERT_EQ(columns[0].size(), 10u) << "notes are no packets";
  EXPECT_EQ(columns[0].back(), "10");
  EXPECT_EQ(columns[1].front(), "0.000000000");
  EXPECT_EQ(columns[1].back(), "5.000000000");
  EXPECT_THAT(columns[2], Each(IsEmpty()));
  // 1 is good, 0 bad, 2 unverified: the segment that an ICMP error quotes.
  for (std::size_t i = 0; i < 10; ++i) {
    const bool is_icmp = i == 8;
    if (!GetParam().v6) {
      EXPECT_THAT(columns[3][i], StartsWith("1"));
    }
    EXPECT_EQ(columns[4][i], is_icmp ? columns[4][i] : "1") << "packet " << i + 1;
    EXPECT_EQ(columns[5][i], is_icmp ? "1" : "") << "packet " << i + 1;
    EXPECT_THAT(columns[4][i], Not(HasSubstr("0")));
  }
}

TEST_P(Tools, CapinfosReadsTheFile) {
  if (!test::has_tool("capinfos")) GTEST_SKIP() << "capinfos is not installed";
  const auto info = run_tool("capinfos " + write());
  EXPECT_EQ(info.status, 0);
  EXPECT_THAT(info.text,
              AllOf(HasSubstr("Raw IP"), HasSubstr("nanoseconds"), HasSubstr("Number of packets:   10"),
                    HasSubstr("First packet time:   2020-01-01 00:00:00.000000000"),
                    HasSubstr("Strict time order:   True")));
}

TEST_P(Tools, TcpdumpPrintsTheSameNumbersAsTheLadder) {
  if (!test::has_tool("tcpdump")) GTEST_SKIP() << "tcpdump is not installed";
  const auto lines = run_tool("tcpdump -nvttr " + write()).text;
  EXPECT_THAT(lines, HasSubstr("Flags [S.]"));
  EXPECT_THAT(lines, HasSubstr("seq 7:22, ack 7, win 502"));
  EXPECT_THAT(lines, Not(HasSubstr("incorrect")));
  EXPECT_THAT(lines, Not(HasSubstr("bad-")));
}

TEST_P(Tools, HeadersOnlyCapturesKeepTheirLengths) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "tshark is not installed";
  const auto columns = tshark(write({.snap_length = 80}), {"frame.cap_len", "tcp.len"});
  ASSERT_EQ(columns[0].size(), 10u);
  for (const std::string& captured : columns[0]) EXPECT_LE(std::stoi(captured), 80);
  EXPECT_EQ(columns[1][6], "15");
}

INSTANTIATE_TEST_SUITE_P(Formats, Tools,
                         ::testing::Values(Written{"pcap", false}, Written{"pcap", true},
                                           Written{"pcapng", false}, Written{"pcapng", true}),
                         [](const auto& written) {
                           return std::string{written.param.extension} + (written.param.v6 ? "_v6" : "_v4");
                         });

class PcapngTools : public Tools {};

TEST_P(PcapngTools, WiresharkShowsWhyAndWhitherAndWho) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "tshark is not installed";
  const auto columns = tshark(write(), {"frame.comment", "frame.packet_flags_direction",
                                        GetParam().v6 ? "ipv6.src_host" : "ip.src_host"});
  const auto& comments = columns[0];
  ASSERT_EQ(comments.size(), 10u);
  EXPECT_THAT(comments[0], HasSubstr(std::string{describe(Cause::active_open)}));
  EXPECT_THAT(comments[6], EndsWith("(lost: path is cut),server host crashes at 2 s"));
  EXPECT_THAT(comments[7], AllOf(HasSubstr("retransmission 1"),
                                 HasSubstr("next: retransmission timer in 1.5"), EndsWith("(lost)")));
  EXPECT_THAT(
      comments[9],
      EndsWith(",client: read() = -1 EHOSTUNREACH at 4 s,client: line-client is killed by SIGKILL at 5 s"));
  EXPECT_THAT(columns[1][0], HasSubstr("2")) << "out of the tap's host";
  EXPECT_THAT(columns[1][1], HasSubstr("1"));
  EXPECT_THAT(columns[2], AllOf(Contains(StartsWith("client")), Contains(StartsWith("server"))));
}

TEST_P(PcapngTools, CapinfosKnowsTheScenario) {
  if (!test::has_tool("capinfos")) GTEST_SKIP() << "capinfos is not installed";
  EXPECT_THAT(
      run_tool("capinfos " + write()).text,
      AllOf(HasSubstr("Capture application: halfopen 0.1.0"),
            HasSubstr("Capture comment:     Server host crashes (seed 7)"), HasSubstr("Name = client")));
}

TEST_P(PcapngTools, EditcapKeepsTheReasons) {
  if (!test::has_tool("editcap") || !test::has_tool("tshark")) GTEST_SKIP() << "editcap is not installed";
  const std::string copy = scratch_.file("copy.pcapng");
  EXPECT_EQ(run_tool("editcap " + write() + " " + copy).status, 0);
  const auto comments = tshark(copy, {"frame.comment"})[0];
  EXPECT_THAT(comments, Each(Not(IsEmpty())));
  EXPECT_THAT(comments.back(), EndsWith("line-client is killed by SIGKILL at 5 s"));
}

INSTANTIATE_TEST_SUITE_P(Families, PcapngTools,
                         ::testing::Values(Written{"pcapng", false}, Written{"pcapng", true}),
                         [](const auto& written) { return std::string{written.param.v6 ? "v6" : "v4"}; });

}  // namespace
}  // namespace halfopen
