// How much memory a guest gets: what its image asks for.
#pragma once

#include <cstdint>

#include "replay/guest/image.h"

namespace halfopen::guest {

// No image may be larger: QEMU puts it below 4 GiB, beside what is unpacked from it.
inline constexpr std::uint64_t kMostImage = std::uint64_t{1} << 30;

// In MB, for this image. `asked` is what the user wants, 0 for what is right. Throws std::runtime_error where
// that, or this machine, is too small: `here_mb` is what this machine has.
[[nodiscard]] std::uint32_t guest_memory(const GuestImage& image, std::uint32_t asked, std::uint64_t here_mb);
// The memory of this machine, in MB.
[[nodiscard]] std::uint64_t memory_here();

}  // namespace halfopen::guest
