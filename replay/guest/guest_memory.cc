#include "replay/guest/guest_memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace halfopen::guest {
namespace {

constexpr std::uint64_t kKernelMb = 64;    // for the kernel itself, with its tables
constexpr std::uint64_t kProgramsMb = 64;  // for what runs in there
constexpr std::uint64_t kUsualMb = 256;    // most images fit, so that most guests are alike
constexpr std::uint64_t kStepMb = 128;     // what is larger grows by steps, for the same reason

std::uint64_t megabytes(std::uint64_t bytes) { return (bytes + (1u << 20) - 1) >> 20; }

// The archive is in memory while it is unpacked, into a file system that takes half of what is free then
// (tmpfs(5): size).
std::uint64_t least_for(const GuestImage& image) {
  return kKernelMb + megabytes(image.size()) + 2 * megabytes(image.unpacked());
}

}  // namespace

std::uint32_t guest_memory(const GuestImage& image, std::uint32_t asked, std::uint64_t here_mb) {
  const std::uint64_t least = least_for(image);
  const std::string what =
      fmt::format("the command and what it needs are {} MB, which takes a guest of {} MB",
                  megabytes(image.size()), least);
  if (asked != 0) {
    if (asked < least) throw std::runtime_error{fmt::format("{}: --memory {} is too little", what, asked)};
    return asked;
  }
  const std::uint64_t right = (least + kProgramsMb + kStepMb - 1) / kStepMb * kStepMb;
  if (right > here_mb) {
    throw std::runtime_error{fmt::format("{}, and this machine has {} MB: take less along", what, here_mb)};
  }
  return static_cast<std::uint32_t>(std::max(kUsualMb, right));
}

std::uint64_t memory_here() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
             static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) >>
         20;
}

}  // namespace halfopen::guest
