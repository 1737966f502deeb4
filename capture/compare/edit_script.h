// The cheapest way to turn the first events of one stream into those of another: a windowed edit distance
// with substitution, transposition and data that is cut differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "capture/compare/event.h"

namespace halfopen::compare {

struct Edit {
  enum class What : std::uint8_t { match, missing, extra, swapped };
  What what = What::match;
  std::uint16_t a =
      0;  // events taken from each side: 1 and 1 for a match, more for pieces, 2 and 2 if swapped
  std::uint16_t b = 0;
  bool is_exact = false;  // a match in every respect that alignment goes by
};

// From the heads of both, of which the first `window` events are looked at, up to where either is used up (or
// to the end of both, where they are whole).
[[nodiscard]] std::vector<Edit> cheapest_edits(const std::deque<TraceEvent>& a,
                                               const std::deque<TraceEvent>& b, std::size_t window,
                                               bool to_the_end);

// Data from the same byte on that is cut differently: how many events on each side cover the same sequence
// space. {0, 0}: none do. {1, 1} is an ordinary pair. `ran_out` is set where one side ends before that is
// known.
struct Pieces {
  std::size_t a = 0;
  std::size_t b = 0;
};
[[nodiscard]] Pieces same_data(const std::deque<TraceEvent>& a, std::size_t from_a,
                               const std::deque<TraceEvent>& b, std::size_t from_b, bool* ran_out = nullptr);

}  // namespace halfopen::compare
