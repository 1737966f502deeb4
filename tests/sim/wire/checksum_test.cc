#include <gtest/gtest.h>

#include <vector>

#include "sim/base/rng.h"
#include "sim/wire/packet.h"

namespace halfopen {
namespace {

// RFC 1071 section 4.1, as slowly as it is written there.
std::uint16_t slow_sum(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint64_t>(bytes[i] << 8) + (i + 1 < bytes.size() ? bytes[i + 1] : 0u);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

std::vector<std::uint8_t> noise(Rng& rng, std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  return bytes;
}

TEST(InternetSum, TheExampleOfRfc1071Holds) {  // RFC 1071 section 3
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(internet_sum(bytes), 0xddf2);
}

TEST(InternetSum, EveryLengthAndAlignmentAgreesWithTheDefinition) {
  Rng rng{1};
  const auto bytes = noise(rng, 300);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t length = 0; length <= 290; ++length) {
      const auto part = std::span{bytes}.subspan(from, length);
      ASSERT_EQ(internet_sum(part), slow_sum(part)) << from << "+" << length;
    }
  }
}

TEST(InternetSum, PiecesOfEvenLengthChain) {
  Rng rng{2};
  const auto bytes = noise(rng, 1501);
  for (std::size_t cut = 0; cut <= 1500; cut += 2) {
    const auto head = internet_sum(std::span{bytes}.first(cut));
    ASSERT_EQ(internet_sum(std::span{bytes}.subspan(cut), head), slow_sum(bytes));
  }
}

TEST(InternetSum, NoCarryIsLostInTheLargestPacketOfOnes) {
  const std::vector<std::uint8_t> ones(65535, 0xff);
  EXPECT_EQ(internet_sum(ones, 0xffff'ffffu), slow_sum(ones));
}

}  // namespace
}  // namespace halfopen
