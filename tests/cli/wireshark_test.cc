// Every shipped scenario's captures before the eyes of tshark, capinfos, tcpdump and tcptrace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

// The captures of all shipped scenarios, in both formats, in one directory.
class AllCaptures {
 public:
  AllCaptures() {
    for (const ShippedScenario& scenario : shipped_scenarios()) {
      const std::string name{scenario.name};
      const Outcome run =
          halfopen_run({"sim", name, "-q", "-w", file(name + ".pcapng"), "-w", file(name + ".pcap")});
      EXPECT_EQ(run.status, 0) << run.err << run.out;
      names_.push_back(name);
    }
  }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::string file(const std::string& name) const { return scratch_.file(name); }
  // All pcapng files, one after the other, in the order of names(): each is an interface of its own.
  [[nodiscard]] std::string merged() const {
    std::string command = "mergecap -a -I none -w " + file("all.pcapng");
    for (const std::string& name : names_) command += " " + file(name + ".pcapng");
    EXPECT_EQ(test::run_tool(command).status, 0) << command;
    return file("all.pcapng");
  }

 private:
  test::Scratch scratch_;
  std::vector<std::string> names_;
};

// What a tool takes to start is more than what it takes to read a small file: as many files at a time as it
// can.
class EveryCapture : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* tool : {"tshark", "mergecap", "capinfos", "tcpdump", "tcptrace"}) {
      if (!test::has_tool(tool)) GTEST_SKIP() << tool << " is not installed";
    }
  }
};

// The fields of each packet, separated by tabs.
void expect_tshark_is_content(const AllCaptures& captures) {
  const auto lines =
      test::run_tool("tshark -n -r " + captures.merged() +
                     " -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -T fields -e frame.interface_id "
                     "-e frame.time_epoch -e tcp.stream -e _ws.malformed -e tcp.checksum.status "
                     "-e ip.checksum.status -e icmp.checksum.status 2>/dev/null")
          .lines();
  std::vector<std::size_t> segments(captures.names().size());
  std::vector<std::string> last(captures.names().size());
  for (const std::string& line : lines) {
    std::vector<std::string> fields(1);
    for (const char c : line) c == '\t' ? void(fields.emplace_back()) : fields.back().push_back(c);
    ASSERT_EQ(fields.size(), 7u) << line;
    const std::size_t which = std::stoul(fields[0]);
    ASSERT_LT(which, segments.size()) << line;
    const std::string& name = captures.names()[which];
    EXPECT_TRUE(last[which].size() < fields[1].size() || last[which] <= fields[1])
        << name << ": time runs back: " << line;
    last[which] = fields[1];
    if (!fields[2].empty()) ++segments[which];
    EXPECT_EQ(fields[3], "") << name << ": malformed: " << line;
    for (const std::size_t status : {4u, 5u, 6u}) {  // 1 is good, 0 bad, 2 what nobody can check
      EXPECT_EQ(fields[status].find('0'), std::string::npos) << name << ": checksum: " << line;
    }
    EXPECT_TRUE(fields[4].empty() || fields[4].find('1') != std::string::npos || !fields[6].empty())
        << name << ": a checksum that was not looked at: " << line;
  }
  for (std::size_t i = 0; i < segments.size(); ++i) EXPECT_GT(segments[i], 0u) << captures.names()[i];
}

void expect_capinfos_is_content(const AllCaptures& captures) {
  std::string text =
      test::run_tool("capinfos " + captures.file("*.pcap") + " " + captures.file("*.pcapng")).text;
  const std::string kBegin = "File name:";
  std::size_t files = 0;
  for (std::size_t at = text.find(kBegin); at != std::string::npos; ++files) {
    const std::size_t next = text.find(kBegin, at + 1);
    EXPECT_THAT(text.substr(at, next == std::string::npos ? next : next - at),
                AllOf(HasSubstr("Strict time order:   True"), HasSubstr("nanoseconds"), HasSubstr("Raw IP")));
    at = next;
  }
  EXPECT_EQ(files, 2 * captures.names().size());
}

TEST_F(EveryCapture, HasNothingThatAToolComplainsOf) {
  const AllCaptures captures;
  ASSERT_GT(captures.names().size(), 30u);
  expect_capinfos_is_content(captures);
  for (const std::string& name : captures.names()) {
    for (const std::string extension : {".pcap", ".pcapng"}) {
      EXPECT_THAT(test::run_tool("tcpdump -nvvr " + captures.file(name + extension)).text,
                  AllOf(HasSubstr("Flags [S]"), Not(HasSubstr("incorrect")), Not(HasSubstr("bad-")),
                        Not(HasSubstr("truncated"))))
          << name;
    }
    const test::ToolResult traced = test::run_tool("tcptrace -n " + captures.file(name + ".pcap"));
    EXPECT_EQ(traced.status, 0) << name;
    EXPECT_THAT(traced.text, HasSubstr("TCP connection info")) << name;
  }
  expect_tshark_is_content(captures);
}

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
