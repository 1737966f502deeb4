// Messages with descriptors.
#include "replay/sandbox/channel.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>

namespace halfopen {
namespace {

TEST(Channel, DescriptorsThatFindNoRoomAreAnError) {
  auto [ours, theirs] = Channel::pair();
  ASSERT_TRUE(theirs.send("ready", {0, 1}));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  int error = 0;
  try {
    static_cast<void>(ours.receive());
  } catch (const std::system_error& thrown) {
    error = thrown.code().value();
  }
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(error, EMFILE);
}

}  // namespace
}  // namespace halfopen
