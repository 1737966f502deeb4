// The model in the situations of which there are traces of real stacks: no less true than it was.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/fidelity/stacks.h"

namespace halfopen::fidelity {
namespace {

const std::filesystem::path kDirectory = HALFOPEN_SOURCE_DIR "/tests/fidelity";
const std::filesystem::path kHeld = kDirectory / "held.txt";

std::string name_of(const Stack& stack) { return stack.suffix.empty() ? stack.profile : stack.suffix; }

// "k61 l-c01: 23 packets, 23 matched, 20 windows, 23 times, program" in the file's words.
std::string key_of(const Stack& stack, const Outcome& outcome) {
  return name_of(stack) + " " + outcome.situation;
}
std::string value_of(const Outcome& outcome) {
  if (!outcome.missing.empty()) return "no word for " + outcome.missing;
  const Measure& m = outcome.measure;
  return fmt::format("{} of {} packets, {} windows, {} times, program {}", m.matched, m.packets, m.windows,
                     m.gaps,
                     m.calls          ? "the same"
                     : m.call_results ? "at other times"
                                      : "differs");
}

std::map<std::string, std::string> held() {
  std::map<std::string, std::string> lines;
  std::ifstream in{kHeld};
  for (std::string line; std::getline(in, line);) {
    const std::size_t colon = line.find(": ");
    if (!line.starts_with('#') && colon != std::string::npos)
      lines[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return lines;
}

TEST(RealStacks, TheModelGetsAsFarAsIsWrittenDown) {
  std::string text =
      "# How far the model gets in each situation; README.md tells of the measure. HALFOPEN_BLESS=1 writes "
      "it.\n";
  std::map<std::string, std::string> expected = held();
  std::size_t situations = 0;
  const bool is_blessing = std::getenv("HALFOPEN_BLESS") != nullptr;
  for (const Stack& stack : stacks()) {
    for (const Outcome& outcome : play_all(kDirectory, stack)) {
      ++situations;
      const std::string key = key_of(stack, outcome);
      text += key + ": " + value_of(outcome) + "\n";
      if (!is_blessing) {
        EXPECT_EQ(value_of(outcome), expected[key])
            << key << "\n  first difference: " << outcome.measure.first;
      }
      expected.erase(key);
    }
  }
  EXPECT_GE(situations, 400u);
  if (is_blessing) {
    std::ofstream{kHeld} << text;
    return;
  }
  for (const auto& [key, value] : expected)
    ADD_FAILURE() << "held.txt tells of " << key << ", of which there is no trace";
}

}  // namespace
}  // namespace halfopen::fidelity
