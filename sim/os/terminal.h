// The terminals of a host's programs: on each of them a person types the same, so that what was typed is kept
// once, and every process knows how far it has read.
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
  // Of a process that has read the first `done` bytes.
  [[nodiscard]] bool readable(std::size_t done) const { return done < typed.size() || ended; }
  // One line at most, as a terminal gives them; 0 is end of file. Moves `done` on.
  CallResult read(std::size_t& done, std::span<std::uint8_t> into) const {
    if (done == typed.size()) return ended ? CallResult::of(0) : CallResult::waits();
    const std::size_t line = std::min(typed.find('\n', done) + 1 - done, into.size());
    std::copy_n(typed.begin() + static_cast<std::ptrdiff_t>(done), line, into.begin());
    done += line;
    return CallResult::of(static_cast<std::int64_t>(line));
  }
};

}  // namespace halfopen
