// The model against each capture of a real kernel in pcaps/: what differs is declared in its manifest, step
// by step, and nothing else does. docs/fidelity.md tells of the same captures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cli/check/manifest.h"
#include "tests/cli/process.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = HALFOPEN_SOURCE_DIR;

// The captures named in the first column of the tables, by their path in pcaps/.
std::set<std::string> told() {
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

// The scenario in the model, its kernel ends with `profile` and the buffers that those kernels had, against
// the capture.
Outcome against_model(const fs::path& capture, const std::string& profile) {
  const std::string file = capture.filename();
  const std::string name = file.substr(0, file.find('.'));
  const bool is_replay = file.ends_with(".replay.pcapng");
  const std::string buffers = ".sysctl.tcp_rmem=4096 131072 33554432";
  std::vector<std::string> arguments{"check", name, "--against", capture.string()};
  const auto set = [&](const std::string& text) { arguments.insert(arguments.end(), {"--set", text}); };
  set("client.profile=" + profile);
  set("server.profile=" + (is_replay ? "linux" : profile));
  set("client" + buffers);
  set("server" + buffers);
  return halfopen_run(arguments);
}

// Returns how many captures of kernels there are.
std::size_t hold(const std::string& directory, const std::string& profile) {
  const std::set<std::string> in_table = told();
  const fs::path folder = kSource / "pcaps" / directory;
  Manifest manifest = read_manifest(folder).value();
  std::size_t seen = 0;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (!is_real(entry.path())) continue;
    ++seen;
    const std::string file = entry.path().filename();
    const std::string name = (fs::path{directory} / file).string();
    const Outcome outcome = against_model(entry.path(), profile);
    EXPECT_EQ(outcome.status, 0) << name << "\n" << outcome.out << outcome.err;
    const ManifestEntry* known = manifest.find(file);
    const bool is_declared = known != nullptr && !known->declared.empty();
    EXPECT_EQ(is_declared, in_table.contains(name)) << name << ": docs/fidelity.md tells another story";
  }
  return seen;
}

TEST(Fidelity, TheModelDiffersFromThisKernelInWhatIsDeclaredAndNothingElse) {
  EXPECT_GE(hold("", "linux"), 41u);
}

TEST(Fidelity, TheModelOf61DiffersFromThatKernelInTheGuestInWhatIsDeclaredAndNothingElse) {
  EXPECT_GE(hold("linux-6.1", "linux-6.1"), 64u);
}

TEST(Fidelity, WhatTheTablesTellIsThere) {
  const std::set<std::string> names = told();
  EXPECT_GE(names.size(), 2u);
  for (const std::string& name : names) EXPECT_TRUE(fs::exists(kSource / "pcaps" / name)) << name;
}

}  // namespace
}  // namespace halfopen
