// Readings of TOML are std::optional, since what a key holds may be anything. Who needs a value asks
// need_*(): a dereferenced reading aborts on input that nobody thought of.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/cli/process.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

// "FILE:LINE: text" of every line of `file` that dereferences what a Section was asked for.
std::vector<std::string> dereferences_in(const fs::path& file) {
  static const std::regex reading{
      R"(\*\s*[a-z_]+\.(text|boolean|integer|duration|probability|rate|size|duration_range|count_range|table|word)\(|)"
      R"(\)\.value\(\)|\.(text|integer|duration|size|table|word)\([^()]*\)->)"};
  std::vector<std::string> found;
  const std::vector<std::string> lines = lines_of(read_bytes(file));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], reading)) {
      found.push_back(file.filename().string() + ':' + std::to_string(i + 1) + ": " + lines[i]);
    }
  }
  return found;
}

TEST(TomlReading, NoReadingIsDereferenced) {
  std::size_t read = 0;
  for (const char* room : {"sim/scenario", "cli/check"}) {
    for (const auto& entry : fs::directory_iterator{fs::path{HALFOPEN_SOURCE_DIR} / room}) {
      if (entry.path().extension() != ".cc") continue;
      EXPECT_THAT(dereferences_in(entry.path()), ::testing::IsEmpty());
      ++read;
    }
  }
  EXPECT_GT(read, 10u);
}

}  // namespace
}  // namespace halfopen
