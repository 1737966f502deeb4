// How much memory an image asks for.
#include "replay/guest/guest_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace halfopen::guest {
namespace {

using ::testing::HasSubstr;

GuestImage image_of(std::size_t megabytes) {
  GuestImage image;
  image.add_file("/large", std::string(megabytes << 20, 'x'));
  return image;
}

std::string complaint_about(const std::function<std::uint32_t()>& memory) {
  try {
    return std::to_string(memory());
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(GuestMemory, IsTheUsualOneUntilAnImageNeedsMore) {
  EXPECT_EQ(guest_memory(image_of(10), 0, 8000), 256u);
  EXPECT_EQ(guest_memory(image_of(40), 0, 8000), 256u);
  // 64 for the kernel, the archive, twice what is unpacked, 64 for programs: 430, in steps of 128.
  EXPECT_EQ(guest_memory(image_of(100), 0, 8000), 512u);
}

// A thousand files of a byte take a thousand pages.
TEST(GuestMemory, GoesByPagesAndNotByBytes) {
  GuestImage image;
  for (int i = 0; i < 20'000; ++i) image.add_file("/f" + std::to_string(i), "x");
  EXPECT_GT(guest_memory(image, 0, 8000), 256u);
}

TEST(GuestMemory, ThatIsAskedForIsTakenOrRefused) {
  EXPECT_EQ(guest_memory(image_of(10), 96, 8000), 96u);
  EXPECT_THAT(complaint_about([] { return guest_memory(image_of(100), 256, 8000); }),
              HasSubstr("are 100 MB, which takes a guest of 366 MB: --memory 256 is too little"));
}

TEST(GuestMemory, ThatThisMachineDoesNotHaveIsSaid) {
  EXPECT_THAT(complaint_about([] { return guest_memory(image_of(100), 0, 300); }),
              HasSubstr("and this machine has 300 MB: take less along"));
}

}  // namespace
}  // namespace halfopen::guest
