// A directory with a scenario of the test's own, and the references that `check --bless` makes of it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"

namespace halfopen::test {

inline const std::string kLittleScenario =
    "title = \"Little\"\n"
    "[path]\ndelay = \"10ms\"\n"
    "[client]\nprogram = \"line-client\"\n"
    "[server]\nprogram = \"echo-server\"\n"
    "[[timeline]]\nat = \"1s\"\ndo = \"client types\"\ntext = \"hello\"\n"
    "[[timeline]]\nat = \"2s\"\ndo = \"client closes input\"\n"
    "[[expect]]\nclient.call = \"read\"\nresult = 6\n";

class CheckTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const { return scratch_.file(name); }
  [[nodiscard]] std::filesystem::path directory() const { return scratch_.path(); }

  // Runs `halfopen check` in the directory.
  [[nodiscard]] Outcome check(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "check");
    return halfopen_run(Start{.arguments = std::move(arguments),
                              .environment = {{"SOURCE_DATE_EPOCH", ""}},
                              .directory = directory(),
                              .input = {}});
  }
  // Writes NAME.toml, with `from` in it replaced by `to`.
  void write_scenario(const std::string& name, const std::string& from = "",
                      const std::string& to = "") const {
    std::string text = kLittleScenario;
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    write_bytes(file(name + ".toml"), text);
  }
  // little.toml and its reference, in this very directory.
  void bless_little() const {
    write_scenario("little");
    const Outcome outcome = check({"little.toml", "--bless", "--against", "."});
    ASSERT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  }
  // Adds a line to the last entry of the manifest.
  void add_to_manifest(const std::string& line) const {
    write_bytes(file("manifest.toml"), read_bytes(file("manifest.toml")) + line + "\n");
  }

  Scratch scratch_;
};

// A run that takes a while even in virtual time.
inline const std::string kLongScenario =
    "title = \"Long\"\n[client]\nprogram = \"bulk-client\"\nbytes = 1073741824\n[server]\nprogram = "
    "\"sink\"\n";

}  // namespace halfopen::test
