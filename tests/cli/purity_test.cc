// The house's rules, held against its sources and against what the compiler made of them: sim/ has no clock,
// no socket, no file, no thread and no state of its own, and includes point one way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
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
  std::string where;  // "sim/time.h:7"
  std::string what;   // "<chrono>" or "\"sim/time.h\""
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

TEST(Purity, IncludesPointFromCliToReplayToCaptureToSim) {
  static const std::array<std::string, 4> rooms{"sim", "capture", "replay",
                                                "cli"};  // each may use those before it
  std::vector<std::string> wrong;
  for (std::size_t user = 0; user < rooms.size(); ++user) {
    for (const Include& include : includes_of(rooms[user])) {
      for (std::size_t used = user + 1; used < rooms.size(); ++used) {
        if (!include.what.starts_with("\"" + rooms[used] + "/")) continue;
        wrong.push_back(include.where + " includes " + include.what);
      }
      if (include.what.starts_with("\"tests/") || include.what.starts_with("\"bench/")) {
        wrong.push_back(include.where + " includes " + include.what);
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
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
