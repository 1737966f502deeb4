// docs/fidelity.md says which captures of the real kernel the model differs from: those must, all others must
// not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/cli/process.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = HALFOPEN_SOURCE_DIR;

// The captures named in the first column of the first table.
std::set<std::string> declared_differences() {
  std::set<std::string> names;
  for (const std::string& line : lines_of(read_bytes(kSource / "docs" / "fidelity.md"))) {
    if (line.starts_with("## ")) break;
    if (line.starts_with("| `")) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

Outcome against_model(const fs::path& capture) {
  const std::string file = capture.filename();
  const std::string scenario = file.substr(0, file.find('.'));
  std::vector<std::string> arguments{
      "compare", "sim:" + scenario,     capture.string(), "--set", "client.profile=linux",
      "--set",   "server.profile=linux"};
  if (file.find(".retries12.") != std::string::npos) {
    arguments.insert(arguments.end(), {"--set", "client.sysctl.tcp_retries2=12"});
  } else {
    arguments.emplace_back("--quick");
  }
  return halfopen_run(arguments);
}

TEST(Fidelity, TheModelDiffersFromTheKernelExactlyWhereTheTableSays) {
  const std::set<std::string> declared = declared_differences();
  std::set<std::string> seen;
  for (const auto& entry : fs::directory_iterator{kSource / "pcaps"}) {
    const std::string file = entry.path().filename();
    const bool is_real = file.ends_with(".live.pcapng") || file.ends_with(".replay.pcapng");
    if (!is_real) continue;
    seen.insert(file);
    const Outcome outcome = against_model(entry.path());
    EXPECT_EQ(outcome.status, declared.contains(file) ? 1 : 0)
        << file << (declared.contains(file) ? ": the declared difference went away" : "") << "\n"
        << outcome.out << outcome.err;
  }
  EXPECT_GE(seen.size(), 41u);
  for (const std::string& file : declared)
    EXPECT_TRUE(seen.contains(file)) << file << " is declared and not there";
}

}  // namespace
}  // namespace halfopen
