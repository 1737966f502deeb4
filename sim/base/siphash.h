// SipHash-2-4 (Aumasson and Bernstein, 2012): a hash under a secret key, short enough for a packet's cookie.
#pragma once

#include <cstdint>
#include <span>

namespace halfopen {

[[nodiscard]] std::uint64_t siphash24(std::span<const std::uint8_t, 16> key,
                                      std::span<const std::uint8_t> bytes);

}  // namespace halfopen
