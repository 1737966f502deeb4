// The %{ }% blocks of a script, judged by python3 as packetdrill has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/drill/player.h"

namespace halfopen {

struct CodeVerdict {
  drill::Verdict verdict = drill::Verdict::passed;
  std::uint32_t line = 0;  // of the block that did not hold, or asks for what is missing
  std::string message;     // Python's word for it, or what is missing
};

// Runs the blocks, in order, once. Without python3: skipped.
[[nodiscard]] CodeVerdict check_code(const std::vector<drill::CodeRun>& blocks);

}  // namespace halfopen
