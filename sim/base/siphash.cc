#include "sim/base/siphash.h"

#include <array>
#include <bit>
#include <cstddef>

namespace halfopen {
namespace {

// Up to eight bytes, the first the least.
std::uint64_t word(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

struct State {
  std::array<std::uint64_t, 4> v;

  void round() {
    mix(0, 1, 13);
    v[0] = std::rotl(v[0], 32);
    mix(2, 3, 16);
    mix(0, 3, 21);
    mix(2, 1, 17);
    v[2] = std::rotl(v[2], 32);
  }
  void take(std::uint64_t block) {
    v[3] ^= block;
    round();
    round();
    v[0] ^= block;
  }

 private:
  void mix(std::size_t a, std::size_t b, int turn) {
    v[a] += v[b];
    v[b] = std::rotl(v[b], turn) ^ v[a];
  }
};

}  // namespace

std::uint64_t siphash24(std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t> bytes) {
  const std::uint64_t k0 = word(key.first<8>());
  const std::uint64_t k1 = word(key.last<8>());
  // The constants are the paper's: "somepseudorandomlygeneratedbytes".
  State state{{k0 ^ 0x736f'6d65'7073'6575u, k1 ^ 0x646f'7261'6e64'6f6du, k0 ^ 0x6c79'6765'6e65'7261u,
               k1 ^ 0x7465'6462'7974'6573u}};
  const std::uint64_t length = std::uint64_t{bytes.size()} << 56;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) state.take(word(bytes.first(8)));
  state.take(word(bytes) | length);
  state.v[2] ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
}

}  // namespace halfopen
