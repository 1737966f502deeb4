// The fuzz targets without a fuzzer: every input that is kept, and seeded changes of each. What once broke
// something is among them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "sim/base/rng.h"
#include "tests/fuzz/target.h"

namespace halfopen::fuzz {

// For ctest's names, which go by what a parameter looks like.
static void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;
using Input = std::vector<std::uint8_t>;

std::vector<fs::path> corpus_of(std::string_view target) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{fs::path{HALFOPEN_CORPUS} / target})
    files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Input read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

// A few bytes changed, put in or taken out, or the end cut off.
Input changed(Input input, Rng& rng) {
  for (std::uint64_t n = 1 + rng.below(4); n > 0; --n) {
    const auto at = static_cast<std::ptrdiff_t>(rng.below(input.size() + 1));
    const auto byte = static_cast<std::uint8_t>(rng.next());
    switch (rng.below(4)) {
      case 0: input.insert(input.begin() + at, byte); break;
      case 1: input.resize(static_cast<std::size_t>(at)); break;
      default:
        if (static_cast<std::size_t>(at) < input.size()) input[static_cast<std::size_t>(at)] = byte;
    }
  }
  return input;
}

class Corpus : public ::testing::TestWithParam<Target> {};
INSTANTIATE_TEST_SUITE_P(Targets, Corpus, ::testing::ValuesIn(targets()),
                         [](const auto& test) { return std::string{test.param.name}; });

TEST_P(Corpus, EveryInputKeepsThePromises) {
  const std::vector<fs::path> files = corpus_of(GetParam().name);
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    SCOPED_TRACE(file.filename().string());
    ASSERT_NO_THROW(GetParam().run(read(file)));
  }
}

TEST_P(Corpus, ChangedInputsKeepThemToo) {
  constexpr std::size_t kRounds = 400;
  const std::vector<fs::path> files = corpus_of(GetParam().name);
  Rng rng = Rng{20261127}.split(GetParam().name);
  for (std::size_t round = 0; round < kRounds; ++round) {
    const fs::path& file = files[rng.below(files.size())];
    const Input input = changed(read(file), rng);
    ASSERT_NO_THROW(GetParam().run(input)) << "round " << round << ", from " << file.filename();
  }
}

}  // namespace
}  // namespace halfopen::fuzz
