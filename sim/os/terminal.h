// The terminal of a host: lines that a person typed and no program has read yet.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/os/call_result.h"
#include "sim/os/wait_queue.h"

namespace halfopen {

struct Terminal {
  std::string typed;
  bool ended = false;  // the person is done: after what was typed comes end of file
  WaitQueue readers;

  void type(std::string_view text) {
    typed += text;
    if (text.empty() || text.back() != '\n') typed += '\n';
  }
  [[nodiscard]] bool readable() const { return !typed.empty() || ended; }
  // One line at most, as a terminal gives them; 0 is end of file.
  CallResult read(std::span<std::uint8_t> into) {
    if (typed.empty()) return ended ? CallResult::of(0) : CallResult::waits();
    const std::size_t line = std::min(typed.find('\n') + 1, into.size());
    std::copy_n(typed.begin(), line, into.begin());
    typed.erase(0, line);
    return CallResult::of(static_cast<std::int64_t>(line));
  }
};

}  // namespace halfopen
