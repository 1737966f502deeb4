// What the heap was asked for: bench/allocations.cc replaces operator new and delete in this executable.
#pragma once

#include <cstdint>

namespace halfopen::bench {

struct Allocations {
  std::uint64_t count = 0;      // calls of operator new since the last reset
  std::int64_t live_bytes = 0;  // allocated and not yet freed, as the heap rounds them
  std::int64_t peak_bytes = 0;  // the largest live_bytes since the last reset
};

[[nodiscard]] const Allocations& allocations();
// Starts to count anew: count is 0, the peak is what is live now.
void reset_allocations();

}  // namespace halfopen::bench
