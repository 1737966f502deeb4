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

// Each constant as the table calls it, "timeout: initial", with its value in the row.
std::map<std::string, std::string> values_of(const OsProfile& profile) {
  std::map<std::string, std::string> values;
  for (const ProfileLine& line : describe_profile(profile))
    values[std::string{line.group} + ": " + line.name.substr(0, line.name.find(" ("))] = line.value;
  return values;
}

TEST(ProfilesManual, ItsTableSaysWhatTheRowsSay) {
  std::vector<const OsProfile*> whole;
  for (const OsProfile* p : all_profiles())
    if (p->base.empty()) whole.push_back(p);
  std::map<std::string, std::map<std::string_view, std::string>> values;
  for (const OsProfile* p : whole)
    for (const auto& [name, value] : values_of(*p)) values[name][p->name] = value;
  std::istringstream lines{manual()};
  std::string line;
  std::size_t rows = 0;
  while (std::getline(lines, line)) {
    const auto cells = cells_of(line);
    if (cells.size() != whole.size() + 1 || cells[0] == "constant") continue;
    ++rows;
    ASSERT_TRUE(values.contains(cells[0])) << line;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(cells[i + 1], values[cells[0]][whole[i]->name]) << line;
    }
  }
  EXPECT_GT(rows, 30u);
}

// "| `linux-6.12` | window: receive buffer may grow to | 33554432 | 6291456 |": all in which it differs from
// its base, and nothing else.
TEST(ProfilesManual, TellsInWhatADerivedRowDiffers) {
  std::vector<std::string> told;
  std::istringstream lines{manual()};
  for (std::string line; std::getline(lines, line);) {
    const auto cells = cells_of(line);
    if (cells.size() == 4 && cells[0].starts_with("`") && cells[1].find(": ") != std::string::npos)
      told.push_back(cells[0] + ' ' + cells[1] + ' ' + cells[2] + ' ' + cells[3]);
  }
  std::vector<std::string> real;
  for (const OsProfile* p : all_profiles()) {
    if (p->base.empty()) continue;
    ASSERT_NE(find_profile(p->base), nullptr) << p->name;
    const auto base = values_of(*find_profile(p->base));
    for (const auto& [name, value] : values_of(*p))
      if (base.at(name) != value)
        real.push_back("`" + std::string{p->name} + "` " + name + ' ' + base.at(name) + ' ' + value);
  }
  EXPECT_THAT(told, ::testing::UnorderedElementsAreArray(real));
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
