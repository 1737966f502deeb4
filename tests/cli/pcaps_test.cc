// The reference captures in pcaps/: each can be shown, and each is in their manifest, which has no others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cli/check/manifest.h"
#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

TEST(Pcaps, EachCanBeShownAndIsInTheManifest) {
  const fs::path folder = fs::path{HALFOPEN_SOURCE_DIR} / "pcaps";
  Manifest manifest = read_manifest(folder).value();
  int captures = 0;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() != ".pcapng") continue;
    ++captures;
    const std::string file = entry.path().filename();
    const Outcome shown = halfopen_run({"show", entry.path().string()});
    EXPECT_EQ(shown.status, 0) << file << shown.err;
    EXPECT_THAT(shown.out, ::testing::HasSubstr("client > server  S ")) << file;
    EXPECT_NE(manifest.find(file), nullptr) << file;
  }
  EXPECT_EQ(static_cast<std::size_t>(captures), manifest.entries.size());
  // `check --bless` would not change a word of it.
  EXPECT_EQ(text_of(manifest), read_bytes(folder / "manifest.toml"));
}

TEST(Pcaps, ASummaryIsALineForEachConnectionAndHowItEnded) {
  const auto summary_of = [](const std::string& name) {
    return halfopen_run({"show", "--summary", (fs::path{HALFOPEN_SOURCE_DIR} / "pcaps" / name).string()});
  };
  const Outcome crash = summary_of("host-crash.live.pcapng");
  EXPECT_EQ(crash.status, 0) << crash.err;
  EXPECT_THAT(crash.out, ::testing::ContainsRegex("client > server +9 / 3 +29 / 14 +4 / 0 +0 / 0 +"
                                                  "half-open: server silent since 3\\.000425, 4 tries\n"));
  EXPECT_THAT(crash.out, ::testing::EndsWith("\n1 connection, 12 packets\n"));
  EXPECT_THAT(summary_of("normal-close.live.pcapng").out, ::testing::HasSubstr("closed, client first\n"));
  EXPECT_THAT(summary_of("host-reboot.live.pcapng").out, ::testing::HasSubstr("reset by server\n"));
}

// Ports and sequence numbers are a scenario's own, so the connections of all captures stay apart in one file.
TEST(Pcaps, MergedCapturesOfTheModelStayApart) {
  if (!test::has_tool("mergecap")) GTEST_SKIP() << "mergecap is not installed";
  const test::Scratch scratch;
  const std::string merged = scratch.file("all.pcapng");
  std::string command = "mergecap -w " + merged;
  std::size_t connections = 0;
  std::size_t packets = 0;
  const auto totals = [](const std::string& file) {  // "1 connection, 12 packets"
    const std::vector<std::string> lines = lines_of(halfopen_run({"show", "--summary", file}).out);
    std::pair<std::size_t, std::size_t> found{};
    std::string word;
    std::istringstream{lines.back()} >> found.first >> word >> found.second;
    return found;
  };
  for (const auto& entry : fs::directory_iterator{fs::path{HALFOPEN_SOURCE_DIR} / "pcaps"}) {
    const std::string file = entry.path();
    if (!file.ends_with(".sim.pcapng")) continue;
    command += " " + file;
    const auto [more, read] = totals(file);
    connections += more;
    packets += read;
  }
  ASSERT_GT(connections, 30u);
  ASSERT_EQ(test::run_tool(command).status, 0) << command;
  EXPECT_EQ(totals(merged), (std::pair{connections, packets}));
}

// The model's promise, held by the kernel: a probe, twelve retransmissions, and ETIMEDOUT ten minutes after
// the write.
TEST(Pcaps, TcpRetries2Of12IsBerkeleysNineMinutesOnLinux) {
  const Outcome shown = halfopen_run(
      {"show", (fs::path{HALFOPEN_SOURCE_DIR} / "pcaps" / "host-crash.retries12.replay.pcapng").string()});
  int sendings = 0;
  double told = 0;
  for (const std::string& line : lines_of(shown.out)) {
    if (line.find("client > server") != std::string::npos && line.find("15:30(15)") != std::string::npos)
      ++sendings;
    if (line.find("read(3, 4096) = -1 ETIMEDOUT") != std::string::npos) told = std::stod(line);
  }
  EXPECT_EQ(sendings, 14);
  EXPECT_GE(told, 3 + 596.8);
  EXPECT_LE(told, 3 + 598.9 + 1);
}

}  // namespace
}  // namespace halfopen
