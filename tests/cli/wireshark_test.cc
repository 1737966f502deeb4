// Every shipped scenario's captures before the eyes of tshark, capinfos, tcpdump and tcptrace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/run/shipped.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A run's captures in both formats.
class Captures {
 public:
  explicit Captures(const std::string& scenario) {
    const Outcome run = halfopen_run({"sim", scenario, "-q", "-w", pcapng(), "-w", pcap()});
    EXPECT_EQ(run.status, 0) << run.err << run.out;
  }
  [[nodiscard]] std::string pcapng() const { return scratch_.file("run.pcapng"); }
  [[nodiscard]] std::string pcap() const { return scratch_.file("run.pcap"); }
  // How many packets match one of Wireshark's display filters.
  [[nodiscard]] std::size_t count(const std::string& filter) const {
    return test::run_tool("tshark -r " + pcapng() + " -Y '" + filter +
                          "' -T fields -e frame.number 2>/dev/null")
        .lines()
        .size();
  }

 private:
  test::Scratch scratch_;
};

class EveryCapture : public ::testing::TestWithParam<std::string_view> {
 protected:
  void SetUp() override {
    for (const char* tool : {"tshark", "capinfos", "tcpdump", "tcptrace"}) {
      if (!test::has_tool(tool)) GTEST_SKIP() << tool << " is not installed";
    }
  }
};

TEST_P(EveryCapture, HasNothingThatAToolComplainsOf) {
  const Captures captures{std::string{GetParam()}};
  EXPECT_GT(captures.count("tcp"), 0u);
  EXPECT_EQ(captures.count("_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || "
                           "icmp.checksum.status == 0 || frame.time_delta < 0"),
            0u);
  for (const std::string& file : {captures.pcap(), captures.pcapng()}) {
    EXPECT_THAT(test::run_tool("capinfos " + file).text,
                AllOf(HasSubstr("Strict time order:   True"), HasSubstr("nanoseconds"), HasSubstr("Raw IP")));
    EXPECT_THAT(test::run_tool("tcpdump -nvvr " + file).text,
                AllOf(HasSubstr("Flags [S]"), Not(HasSubstr("incorrect")), Not(HasSubstr("bad-")),
                      Not(HasSubstr("truncated"))));
  }
  const test::ToolResult traced = test::run_tool("tcptrace -n " + captures.pcap());
  EXPECT_EQ(traced.status, 0);
  EXPECT_THAT(traced.text, HasSubstr("TCP connection info"));
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> all;
  for (const ShippedScenario& scenario : shipped_scenarios()) all.push_back(scenario.name);
  return all;
}

std::string test_name(const ::testing::TestParamInfo<std::string_view>& scenario) {
  std::string name{scenario.param};
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Shipped, EveryCapture, ::testing::ValuesIn(names()), test_name);

TEST(Wireshark, RecognisesTheTwelveRetransmissionsOfACrash) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "tshark is not installed";
  const Captures captures{"host-crash"};
  EXPECT_EQ(captures.count("tcp.analysis.retransmission"), 12u);
  EXPECT_EQ(captures.count("tcp.analysis.retransmission && frame.comment contains \"retransmission 12\""),
            1u);
  EXPECT_EQ(captures.count("frame.comment contains \"server host crashes at 2 s\""), 1u);
  EXPECT_EQ(captures.count("frame.comment contains \"client: read() = -1 ETIMEDOUT at 545.5 s\""), 1u);
}

TEST(Wireshark, RecognisesKeepalivesAndWindowProbes) {
  if (!test::has_tool("tshark")) GTEST_SKIP() << "tshark is not installed";
  EXPECT_EQ(Captures{"host-crash-keepalive"}.count("tcp.analysis.keep_alive"), 3u);
  const Captures closed{"host-crash-zero-window"};
  EXPECT_GT(closed.count("tcp.analysis.zero_window"), 3u);
  EXPECT_EQ(closed.count("tcp.analysis.keep_alive && !(frame.comment contains \"zero-window probe\")"), 0u);
}

TEST(Tcptrace, CountsTheSameRetransmissions) {
  if (!test::has_tool("tcptrace")) GTEST_SKIP() << "tcptrace is not installed";
  EXPECT_THAT(test::run_tool("tcptrace -n -l " + Captures{"host-crash"}.pcap()).text,
              HasSubstr("rexmt data pkts:          12"));
}

}  // namespace
}  // namespace halfopen
