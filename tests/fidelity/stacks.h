// The traces: which stacks there are, and how each situation of theirs goes in the model.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/fidelity/measure.h"
#include "tests/fidelity/situation.h"

namespace halfopen::fidelity {

// In the order of their tables: Linux by release, then 4.4BSD-Lite2.
[[nodiscard]] const std::vector<Stack>& stacks();

struct Outcome {
  std::string situation;
  std::string group;  // the letters that its name begins with: "l" of "l-c01"
  Measure measure;
  std::string scenario;    // that the model played
  Recording truth, model;  // what was measured
  std::string missing;     // a fact for which a scenario has no words: nothing was played
};

// Plays each situation of which `directory` (tests/fidelity) has a trace of the stack, in the order of their
// file.
[[nodiscard]] std::vector<Outcome> play_all(const std::filesystem::path& directory, const Stack& stack);

}  // namespace halfopen::fidelity
