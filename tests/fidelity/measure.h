// How much of a recording another one repeats.
#pragma once

#include <cstddef>
#include <string>

#include "tests/fidelity/recording.h"

namespace halfopen::fidelity {

struct Tolerance {
  Duration slack = 4ms;   // of a gap between neighbours
  double stretch = 0.02;  // of the gap, beside it
  double window = 0.02;
};

struct Measure {
  std::size_t packets = 0;    // in the longer of the two
  std::size_t matched = 0;    // of them in the same order: sender, flags, numbers, options
  std::size_t windows = 0;    // matched ones whose window is as large
  std::size_t gaps = 0;       // matched ones that are as long after the matched one before
  bool calls = false;         // the client's program saw the same, at the same times
  bool call_results = false;  // the same, at whatever times

  [[nodiscard]] bool in_full() const {
    return matched == packets && windows == packets && gaps == packets && calls;
  }
  // The first thing that differs; empty if nothing does.
  std::string first;
};

// One line, as the first difference shows it.
[[nodiscard]] std::string text_of(const Packet& packet);
[[nodiscard]] std::string text_of(const Call& call);

[[nodiscard]] Measure measure(const Recording& truth, const Recording& model,
                              const Tolerance& tolerance = {});

}  // namespace halfopen::fidelity
