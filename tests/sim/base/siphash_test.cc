#include "sim/base/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace halfopen {
namespace {

std::array<std::uint8_t, 16> counting_key() {
  std::array<std::uint8_t, 16> key{};
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  return key;
}

// The paper's appendix A, and the first vectors of its authors' test program.
TEST(SipHash, GivesItsAuthorsValues) {
  std::array<std::uint8_t, 15> message{};
  std::iota(message.begin(), message.end(), std::uint8_t{0});
  const auto key = counting_key();
  EXPECT_EQ(siphash24(key, message), 0xa129'ca61'49be'45e5u);
  EXPECT_EQ(siphash24(key, {}), 0x726f'db47'dd0e'0e31u);
  EXPECT_EQ(siphash24(key, std::span{message}.first(1)), 0x74f8'39c5'93dc'67fdu);
  EXPECT_EQ(siphash24(key, std::span{message}.first(8)), 0x93f5'f579'9a93'2462u);
}

}  // namespace
}  // namespace halfopen
