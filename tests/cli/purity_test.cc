// The house's rules, held against its sources and against what the compiler made of them: sim/ has no clock,
// no socket, no file, no thread and no state of its own, and includes point one way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/process.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

const fs::path kTop{HALFOPEN_SOURCE_DIR};

std::vector<fs::path> sources_of(const std::string& room) {
  std::vector<fs::path> files;
  if (!fs::exists(kTop / room)) return files;
  for (const auto& entry : fs::recursive_directory_iterator{kTop / room}) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".h" || extension == ".cc" || extension == ".inc") files.push_back(entry.path());
  }
  return files;
}

struct Include {
  std::string where;  // "sim/base/time.h:7"
  std::string what;   // "<chrono>" or "\"sim/base/time.h\""
};

std::vector<Include> includes_of(const std::string& room) {
  static const std::regex pattern{R"(^\s*#\s*include\s*([<"][^>"]+[>"]))"};
  std::vector<Include> found;
  for (const fs::path& file : sources_of(room)) {
    const std::vector<std::string> lines = lines_of(read_bytes(file));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::smatch match;
      if (!std::regex_search(lines[i], match, pattern)) continue;
      found.push_back({fs::relative(file, kTop).string() + ":" + std::to_string(i + 1), match[1]});
    }
  }
  return found;
}

TEST(Purity, SimIncludesNoClockSocketFileThreadOrStream) {
  // A header with ".h" or "/" between angle brackets is the C library's, POSIX's or the kernel's.
  static const std::regex system{R"(<(.*/.*|.*\.h)>)"};
  static const std::regex ours_to_use{R"(<fmt/.*|<toml\+\+/.*)"};
  static const std::set<std::string> banned{
      "<ctime>",   "<thread>",     "<mutex>",      "<shared_mutex>", "<condition_variable>",
      "<future>",  "<atomic>",     "<stop_token>", "<iostream>",     "<fstream>",
      "<cstdio>",  "<filesystem>", "<random>",     "<csignal>",      "<syncstream>",
      "<barrier>", "<latch>",      "<semaphore>"};
  std::vector<std::string> wrong;
  for (const Include& include : includes_of("sim")) {
    const bool foreign =
        std::regex_match(include.what, system) && !std::regex_search(include.what, ours_to_use);
    if (foreign || banned.contains(include.what))
      wrong.push_back(include.where + " includes " + include.what);
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Purity, SimNamesNoClock) {
  static const std::regex clock{
      R"(\b(system_clock|steady_clock|high_resolution_clock|random_device|getenv)\b)"};
  std::vector<std::string> wrong;
  for (const fs::path& file : sources_of("sim")) {
    const std::vector<std::string> lines = lines_of(read_bytes(file));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!std::regex_search(lines[i], clock)) continue;
      wrong.push_back(fs::relative(file, kTop).string() + ":" + std::to_string(i + 1) + ": " + lines[i]);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

// The house as cmake/Rooms.cmake has it: for each room those that it may use.
std::map<std::string, std::vector<std::string>> rooms() {
  std::map<std::string, std::vector<std::string>> table;
  for (const std::string& line :
       lines_of(read_bytes(fs::path{HALFOPEN_BINARY}.parent_path() / "rooms.txt"))) {
    const std::size_t colon = line.find(':');
    std::istringstream uses{line.substr(colon + 1)};
    table[line.substr(0, colon)] = {std::istream_iterator<std::string>{uses}, {}};
  }
  return table;
}

bool covers(const std::string& pattern, const std::string& room) {
  if (!pattern.ends_with("/*")) return pattern == room;
  return room.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

TEST(Purity, EveryIncludeIsOfARoomThatMayBeUsed) {
  const auto table = rooms();
  ASSERT_GT(table.size(), 25u);
  std::vector<std::string> wrong;
  for (const std::string floor : {"sim", "capture", "library", "replay", "cli"}) {
    for (const Include& include : includes_of(floor)) {
      if (include.what.front() != '"') continue;
      const std::string room = folder_of(include.where);
      const std::string used = folder_of(include.what.substr(1));
      if (room == used) continue;
      const auto found = table.find(room);
      const bool may = found != table.end() && std::ranges::any_of(found->second, [&](const auto& pattern) {
                         return covers(pattern, used);
                       });
      if (!may) wrong.push_back(include.where + " includes " + include.what);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

// An arrow between rooms that no include needs is a door left open.
TEST(Purity, EveryRoomUsesWhatItMay) {
  std::set<std::string> needed;
  for (const std::string floor : {"sim", "capture", "library", "replay", "cli"}) {
    for (const Include& include : includes_of(floor)) {
      if (include.what.front() == '"')
        needed.insert(folder_of(include.where) + " -> " + folder_of(include.what.substr(1)));
    }
  }
  std::vector<std::string> unused;
  for (const auto& [room, uses] : rooms()) {
    for (const std::string& pattern : uses) {
      const bool is_used = std::ranges::any_of(needed, [&, &room = room](const std::string& arrow) {
        const std::string from = room + " -> ";
        return arrow.starts_with(from) && covers(pattern, arrow.substr(from.size()));
      });
      if (!is_used) unused.push_back(room + " -> " + pattern);
    }
  }
  EXPECT_THAT(unused, IsEmpty());
}

// Rooms that use each other in a circle are one room; a row of profiles and what a profile is, are.
TEST(Purity, RoomsFormNoCircle) {
  const auto table = rooms();
  std::map<std::string, std::set<std::string>> below;
  for (const auto& [room, uses] : table) {
    for (const auto& [other, ignored] : table) {
      if (other == room || other.starts_with("sim/tcp/")) continue;
      for (const std::string& pattern : uses) {
        if (covers(pattern, other)) below[room].insert(other);
      }
    }
  }
  for (std::size_t round = 0; round < table.size(); ++round) {
    for (auto& [room, reach] : below) {
      std::set<std::string> more = reach;
      for (const std::string& other : reach) more.insert(below[other].begin(), below[other].end());
      reach = std::move(more);
    }
  }
  for (const auto& [room, reach] : below) EXPECT_FALSE(reach.contains(room)) << room;
}

TEST(Purity, TheDesignTellsOfEveryRoom) {
  const std::string design = read_bytes(kTop / "docs/design.md");
  for (const auto& [room, uses] : rooms()) {
    EXPECT_NE(design.find("| `" + room + "/`"), std::string::npos) << room << " is not in the table of rooms";
  }
}

#if !defined(__SANITIZE_ADDRESS__)  // the sanitizers add symbols and sections of their own

const fs::path kSimLibrary = fs::path{HALFOPEN_BINARY}.parent_path() / "libhalfopen_sim.a";

TEST(Purity, SimAsksNothingOfTheMachine) {
  ASSERT_TRUE(fs::exists(kSimLibrary)) << kSimLibrary;
  const Outcome symbols =
      shell("nm -C -u '" + kSimLibrary.string() + "' | awk '$1 == \"U\"' | sed 's/^ *U //' | sort -u");
  ASSERT_EQ(symbols.status, 0) << symbols.err;
  ASSERT_FALSE(symbols.out.empty());
  static const std::regex banned{
      R"(^(_?_?(clock_gettime|gettimeofday|time|nanosleep|clock|localtime.*|gmtime.*)|socket|bind|connect|recv.*|send.*)"
      R"(|open(64)?|openat.*|fopen.*|creat|mmap(64)?|pthread_.*|getenv|secure_getenv|s?rand(om)?(_r)?|getrandom)"
      R"(|fork|exec.*|system|puts|printf|fprintf|fwrite|fputs|write|read|signal|sigaction|exit|_exit)(@.*)?$)"
      R"(|std::chrono::_V2::|std::thread|std::random_device|std::basic_[io]?fstream|std::filesystem|std::c(out|err|log|in)$)"};
  std::vector<std::string> wrong;
  for (const std::string& name : lines_of(symbols.out)) {
    if (std::regex_search(name, banned)) wrong.push_back(name);
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(Purity, SimHasNoWritableGlobals) {
  // objdump -t: "0000000000000000 l     O .bss	0000000000000008 name"; .data.rel.ro is read-only once loaded.
  const Outcome symbols = shell("objdump -C -t '" + kSimLibrary.string() + "'");
  ASSERT_EQ(symbols.status, 0) << symbols.err;
  static const std::regex object{R"(^[0-9a-f]+ .{6}O (\.[^\t ]+)\t[0-9a-f]+\s+(?:\.hidden )?(.*)$)"};
  std::vector<std::string> wrong;
  for (const std::string& line : lines_of(symbols.out)) {
    std::smatch match;
    if (!std::regex_search(line, match, object)) continue;
    const std::string section = match[1];
    const std::string name = match[2];
    const bool writable = section.starts_with(".bss") || section.starts_with(".tbss") ||
                          section.starts_with(".tdata") ||
                          (section.starts_with(".data") && !section.starts_with(".data.rel.ro"));
    if (writable && name.find("halfopen::") != std::string::npos) wrong.push_back(section + " " + name);
  }
  EXPECT_THAT(wrong, IsEmpty());
}

#endif

}  // namespace
}  // namespace halfopen
