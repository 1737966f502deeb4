#include "capture/file/pcapng_time.h"

#include <algorithm>

namespace halfopen::pcapng {
namespace {

constexpr std::uint64_t kBillion = 1'000'000'000;

struct Split {
  std::uint64_t seconds = 0;
  std::uint64_t nanos = 0;
};

Split split_decimal(std::uint64_t timestamp, unsigned exponent) {
  if (exponent > 19) return {};  // less than a nanosecond in all
  std::uint64_t unit = 1;
  for (unsigned i = 0; i < exponent; ++i) unit *= 10;
  const std::uint64_t rest = timestamp % unit;
  return {timestamp / unit, unit > kBillion ? rest / (unit / kBillion) : rest * (kBillion / unit)};
}

Split split_binary(std::uint64_t timestamp, unsigned exponent) {
  if (exponent > 63) return {};
  const std::uint64_t seconds = timestamp >> exponent;
  std::uint64_t rest = timestamp & ((std::uint64_t{1} << exponent) - 1);
  if (exponent > 34) {  // so that the product fits
    rest >>= exponent - 34;
    exponent = 34;
  }
  return {seconds, rest * kBillion >> exponent};
}

}  // namespace

std::int64_t TimeScale::nanoseconds(std::uint64_t timestamp) const {
  constexpr std::int64_t kMostSeconds = (std::int64_t{1} << 62) / static_cast<std::int64_t>(kBillion) - 1;
  const unsigned exponent = resolution & 0x7f;
  const Split split =
      resolution >= 0x80 ? split_binary(timestamp, exponent) : split_decimal(timestamp, exponent);
  const auto seconds = static_cast<std::int64_t>(
      std::min<std::uint64_t>(split.seconds, static_cast<std::uint64_t>(kMostSeconds)));
  const std::int64_t moved =
      std::clamp(seconds + std::clamp(offset, -kMostSeconds, kMostSeconds), -kMostSeconds, kMostSeconds);
  return moved * static_cast<std::int64_t>(kBillion) + static_cast<std::int64_t>(split.nanos);
}

}  // namespace halfopen::pcapng
