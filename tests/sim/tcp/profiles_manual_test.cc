// docs/profiles.md against the code: its table and its lists of parameters say what is so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sim/tcp/profile_fields.h"
#include "sim/tcp/sysctl.h"

namespace halfopen {
namespace {

std::string manual() {
  std::ifstream file{HALFOPEN_SOURCE_DIR "/docs/profiles.md"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The cells of a line "| a | b |"; empty for any other line.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| ")) return cells;
  std::size_t begin = 2;
  for (std::size_t end = line.find(" |", begin); end != std::string::npos; end = line.find(" |", begin)) {
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 3;
    if (begin >= line.size()) break;
  }
  return cells;
}

TEST(ProfilesManual, ItsTableSaysWhatTheRowsSay) {
  std::map<std::string, std::map<std::string_view, std::string>> values;
  for (const OsProfile* p : all_profiles()) {
    for (const ProfileLine& line : describe_profile(*p)) {
      values[std::string{line.group} + ": " + line.name.substr(0, line.name.find(" ("))][p->name] =
          line.value;
    }
  }
  std::istringstream lines{manual()};
  std::string line;
  std::size_t rows = 0;
  while (std::getline(lines, line)) {
    const auto cells = cells_of(line);
    if (cells.size() != all_profiles().size() + 1 || cells[0] == "constant") continue;
    ++rows;
    ASSERT_TRUE(values.contains(cells[0])) << line;
    for (std::size_t i = 0; i < all_profiles().size(); ++i) {
      EXPECT_EQ(cells[i + 1], values[cells[0]][all_profiles()[i]->name]) << line;
    }
  }
  EXPECT_GT(rows, 30u);
}

TEST(ProfilesManual, NamesEachProfileAliasAndParameter) {
  const std::string text = manual();
  for (const OsProfile* p : all_profiles()) {
    EXPECT_THAT(text, ::testing::HasSubstr("`" + std::string{p->name} + "`"));
    for (const std::string_view alias : profile_aliases(p->name)) {
      EXPECT_THAT(text, ::testing::HasSubstr("`" + std::string{alias} + "`"));
    }
  }
  for (const SysctlName& name : sysctl_names()) {
    EXPECT_NE(text.find("`" + std::string{name.name} + "`"), std::string::npos) << name.name;
  }
}

}  // namespace
}  // namespace halfopen
