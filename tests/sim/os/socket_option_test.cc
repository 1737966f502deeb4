#include "sim/os/socket_option.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

const OsProfile& linux_os() { return *find_profile("linux"); }
const OsProfile& bsd() { return *find_profile("4.4bsd"); }

TEST(SocketOption, HasAnOptionForEachNameAndBack) {
  for (int i = 0; i < static_cast<int>(SocketOption::count_); ++i) {
    const auto option = static_cast<SocketOption>(i);
    EXPECT_EQ(socket_option_from(to_string(option)), option);
  }
  EXPECT_FALSE(socket_option_from("SO_BROADCAST").has_value());
}

TEST(SocketOption, KeepaliveIsInSecondsAndTheUserTimeoutInMilliseconds) {
  SocketOptions options;
  EXPECT_EQ(set_option(linux_os().socket, options, SocketOption::tcp_keepidle, 10), Errno::none);
  EXPECT_EQ(set_option(linux_os().socket, options, SocketOption::tcp_user_timeout, 5000), Errno::none);
  EXPECT_EQ(options.keepalive_idle, 10s);
  EXPECT_EQ(options.user_timeout, 5s);
}

TEST(SocketOption, WhatTheOsLacksIsNoOption) {
  SocketOptions options;
  for (const SocketOption option : {SocketOption::tcp_user_timeout, SocketOption::tcp_keepidle}) {
    EXPECT_EQ(set_option(bsd().socket, options, option, 10), Errno::noprotoopt);
  }
  EXPECT_EQ(options.keepalive_idle, Duration{});
}

TEST(SocketOption, ValuesOutOfRangeAreInvalid) {
  SocketOptions options;
  const auto set = [&](SocketOption option, std::int64_t value) {
    return set_option(linux_os().socket, options, option, value);
  };
  EXPECT_EQ(set(SocketOption::tcp_keepcnt, 127), Errno::none);
  EXPECT_EQ(set(SocketOption::tcp_keepcnt, 128), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_keepintvl, 0), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_keepintvl, 32768), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_user_timeout, -1), Errno::inval);
}

TEST(SocketOption, LingerIsOnFromZeroSecondsAndOffBelow) {
  SocketOptions options;
  set_option(linux_os().socket, options, SocketOption::so_linger, 0);
  EXPECT_TRUE(options.linger);
  EXPECT_EQ(options.linger_time, 0s);
  set_option(linux_os().socket, options, SocketOption::so_linger, -1);
  EXPECT_FALSE(options.linger);
}

TEST(SocketOption, WhatWasNotSetIsTheProfilesDefault) {
  const SocketOptions options;
  EXPECT_EQ(get_option(linux_os(), options, SocketOption::tcp_keepidle), 7200);
  EXPECT_EQ(get_option(linux_os(), options, SocketOption::tcp_keepcnt), 9);
}

}  // namespace
}  // namespace halfopen
