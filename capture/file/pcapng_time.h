// Timestamps of a pcapng interface.
#pragma once

#include <cstdint>

namespace halfopen::pcapng {

struct TimeScale {
  std::uint8_t resolution = 6;  // a negative power of 10, or with the high bit set of 2
  std::int64_t offset = 0;      // seconds that are added

  // A timestamp in nanoseconds since 1970. What no clock says is held within 2^62 of either side.
  [[nodiscard]] std::int64_t nanoseconds(std::uint64_t timestamp) const;
};

}  // namespace halfopen::pcapng
