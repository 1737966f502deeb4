// The option of Accurate ECN (RFC 9768 section 3.2.3): how many bytes of payload came with which mark.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace halfopen {

struct AccEcnOption {
  static constexpr std::size_t kMost = 3;

  bool ect1_first = false;                      // kind 174: ECT(1), CE, ECT(0); kind 172: ECT(0), CE, ECT(1)
  std::uint8_t count = 0;                       // of the counters, from the first on
  std::array<std::uint32_t, kMost> counters{};  // 24 bits each
  friend constexpr bool operator==(const AccEcnOption&, const AccEcnOption&) = default;
};

}  // namespace halfopen
