// Seeded randomness, the same on every machine (the standard library's distributions are not).
#pragma once

#include <cstdint>
#include <string_view>

namespace halfopen {

// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, passes BigCrush, cheap to split.
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) : state_{seed} {}

  constexpr std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    return mix(state_);
  }
  constexpr std::uint32_t next32() { return static_cast<std::uint32_t>(next() >> 32); }

  // Uniform in [0, bound); 0 when bound is 0. The bias is below bound / 2^32 of a step.
  constexpr std::uint64_t below(std::uint64_t bound) {
    if (bound <= 0xffff'ffffu) return (static_cast<std::uint64_t>(next32()) * bound) >> 32;
    return next() % bound;
  }

  // True with probability `p`; p <= 0 is never and draws nothing.
  constexpr bool chance(double p) {
    if (p <= 0) return false;
    return static_cast<double>(next() >> 11) * 0x1.0p-53 < p;
  }

  // An independent stream for the user named `label`: adding a user does not disturb the others.
  [[nodiscard]] constexpr Rng split(std::string_view label) const {
    std::uint64_t hash = 0xcbf29ce484222325u ^ state_;
    for (char c : label) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
    return Rng{mix(hash)};
  }

  // A keyed hash of one value: equal keys and values give equal results, whatever was drawn in between.
  [[nodiscard]] static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace halfopen
