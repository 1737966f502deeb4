// Messages with descriptors.
#include "replay/sandbox/channel.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <exception>
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
  std::exception_ptr failure;
  try {
    static_cast<void>(ours.receive());
  } catch (...) {
    failure = std::current_exception();  // looked at later: sanitizers want descriptors for it
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(failure);
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code().value(), EMFILE);
  }
}

}  // namespace
}  // namespace halfopen
