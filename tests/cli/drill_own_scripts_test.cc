// The scripts of tests/packetdrill whose %{ }% blocks a Python has to judge, by the executable.
#include <gtest/gtest.h>

#include <map>

#include "tests/cli/process.h"
#include "tests/support/known_failures.h"

namespace halfopen {
namespace {

const std::filesystem::path kScripts = HALFOPEN_SOURCE_DIR "/tests/packetdrill";

TEST(OwnScriptsWithCode, HoldButForWhatIsKnown) {
  if (shell("python3 -c ''").status != 0) GTEST_SKIP() << "no python3";
  auto known = test::known_failures((kScripts / "known-failures.txt").string());
  std::map<std::string, std::string> expected;
  std::vector<std::string> arguments{"packetdrill", "--profile", "linux-6.18"};
  for (const auto& entry : std::filesystem::directory_iterator{kScripts}) {
    if (entry.path().extension() != ".pkt" || read_bytes(entry.path()).find("%{") == std::string::npos)
      continue;
    arguments.push_back(entry.path().string());
    const auto failure = known.find(entry.path().stem().string());
    if (failure != known.end()) expected.insert(*failure);
  }
  ASSERT_GT(arguments.size(), 10U);

  std::map<std::string, std::string> found;
  for (const std::string& line : lines_of(halfopen_run(arguments).out)) {
    if (!line.starts_with("FAILED") && !line.starts_with("SKIP") && !line.starts_with("TROUBLE")) continue;
    const std::size_t name = line.rfind('/', line.find(".pkt:")) + 1;
    const std::size_t end = line.find(".pkt:");
    found[line.substr(name, end - name)] = line.substr(end + 5);
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace halfopen
