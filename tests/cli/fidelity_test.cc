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

// The captures named in the first column of a table, by their path in pcaps/.
std::set<std::string> declared_differences() {
  std::set<std::string> names;
  for (const std::string& line : lines_of(read_bytes(kSource / "docs" / "fidelity.md"))) {
    if (line.starts_with("| `")) names.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return names;
}

bool is_real(const fs::path& capture) {
  const std::string file = capture.filename();
  return file.ends_with(".live.pcapng") || file.ends_with(".replay.pcapng");
}

// The scenario in the model, its kernel ends with `profile`, against the capture.
Outcome against_model(const fs::path& capture, const std::string& profile, bool quick) {
  const std::string file = capture.filename();
  const std::string server = file.ends_with(".replay.pcapng") ? "linux" : profile;
  std::vector<std::string> arguments{"compare",
                                     "sim:" + file.substr(0, file.find('.')),
                                     capture.string(),
                                     "--set",
                                     "client.profile=" + profile,
                                     "--set",
                                     "server.profile=" + server};
  if (file.find(".retries12.") != std::string::npos) {
    arguments.insert(arguments.end(), {"--set", "client.sysctl.tcp_retries2=12"});
  } else if (quick) {
    arguments.emplace_back("--quick");
  }
  // A guest has less memory than the profile's machine, and with it other buffers.
  if (profile != "linux") arguments.insert(arguments.end(), {"--ignore", "config"});
  return halfopen_run(arguments);
}

void hold(const std::string& directory, const std::string& profile, bool quick, std::size_t at_least) {
  const std::set<std::string> declared = declared_differences();
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator{kSource / "pcaps" / directory}) {
    if (!is_real(entry.path())) continue;
    ++seen;
    const std::string name = (fs::path{directory} / entry.path().filename()).string();
    const Outcome outcome = against_model(entry.path(), profile, quick);
    EXPECT_EQ(outcome.status, declared.contains(name) ? 1 : 0)
        << name << (declared.contains(name) ? ": the declared difference went away" : "") << "\n"
        << outcome.out << outcome.err;
  }
  EXPECT_GE(seen, at_least);
}

TEST(Fidelity, TheModelDiffersFromThisKernelExactlyWhereTheTableSays) { hold("", "linux", true, 41); }

TEST(Fidelity, TheModelOf61DiffersFromThatKernelInTheGuestExactlyWhereTheTableSays) {
  hold("linux-6.1", "linux-6.1", false, 64);
}

TEST(Fidelity, WhatIsDeclaredIsThere) {
  const std::set<std::string> declared = declared_differences();
  EXPECT_GE(declared.size(), 2u);
  for (const std::string& name : declared) EXPECT_TRUE(fs::exists(kSource / "pcaps" / name)) << name;
}

}  // namespace
}  // namespace halfopen
