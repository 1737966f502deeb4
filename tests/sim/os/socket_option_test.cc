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
  EXPECT_EQ(set_option(linux_os(), options, SocketOption::tcp_keepidle, 10), Errno::none);
  EXPECT_EQ(set_option(linux_os(), options, SocketOption::tcp_user_timeout, 5000), Errno::none);
  EXPECT_EQ(options.keepalive_idle, 10s);
  EXPECT_EQ(options.user_timeout, 5s);
}

TEST(SocketOption, WhatTheOsLacksIsNoOption) {
  SocketOptions options;
  for (const SocketOption option : {SocketOption::tcp_user_timeout, SocketOption::tcp_keepidle}) {
    EXPECT_EQ(set_option(bsd(), options, option, 10), Errno::noprotoopt);
  }
  EXPECT_EQ(options.keepalive_idle, Duration{});
}

TEST(SocketOption, ValuesOutOfRangeAreInvalid) {
  SocketOptions options;
  const auto set = [&](SocketOption option, std::int64_t value) {
    return set_option(linux_os(), options, option, value);
  };
  EXPECT_EQ(set(SocketOption::tcp_keepcnt, 127), Errno::none);
  EXPECT_EQ(set(SocketOption::tcp_keepcnt, 128), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_keepintvl, 0), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_keepintvl, 32768), Errno::inval);
  EXPECT_EQ(set(SocketOption::tcp_user_timeout, -1), Errno::inval);
}

TEST(SocketOption, LingerIsOnFromZeroSecondsAndOffBelow) {
  SocketOptions options;
  set_option(linux_os(), options, SocketOption::so_linger, 0);
  EXPECT_TRUE(options.linger);
  EXPECT_EQ(options.linger_time, 0s);
  set_option(linux_os(), options, SocketOption::so_linger, -1);
  EXPECT_FALSE(options.linger);
}

// net/core/sock.c sk_setsockopt, include/net/sock.h SOCK_MIN_SNDBUF and SOCK_MIN_RCVBUF; FreeBSD's
// sbreserve() takes what it is given. tests/packetdrill/sndbuf-is-doubled.pkt holds the same on a kernel.
TEST(SocketOption, LinuxCountsBuffersTwiceAndHasALeast) {
  SocketOptions options;
  const auto set_and_get = [&](const OsProfile& os, SocketOption option, std::int64_t value) {
    EXPECT_EQ(set_option(os, options, option, value), Errno::none);
    return get_option(os, options, option);
  };
  EXPECT_EQ(set_and_get(linux_os(), SocketOption::so_sndbuf, 21'000), 42'000);
  EXPECT_EQ(set_and_get(linux_os(), SocketOption::so_sndbuf, 1), 4608);
  EXPECT_EQ(set_and_get(linux_os(), SocketOption::so_rcvbuf, 1), 2304);
  EXPECT_EQ(set_and_get(bsd(), SocketOption::so_sndbuf, 21'000), 21'000);
  EXPECT_EQ(set_and_get(bsd(), SocketOption::so_rcvbuf, 1), 1);
}

TEST(SocketOption, WhatOnlySomeSystemsHave) {
  const OsProfile& freebsd = *find_profile("freebsd");
  EXPECT_TRUE(has_option(linux_os(), SocketOption::tcp_cork));
  EXPECT_FALSE(has_option(freebsd, SocketOption::tcp_cork));
  EXPECT_TRUE(has_option(freebsd, SocketOption::tcp_noopt));
  EXPECT_FALSE(has_option(linux_os(), SocketOption::tcp_noopt));
  SocketOptions options;
  EXPECT_EQ(set_option(freebsd, options, SocketOption::tcp_cork, 1), Errno::noprotoopt);
  EXPECT_FALSE(options.cork);
}

// The two low bits are ECN's, which TCP sets itself (net/ipv4/ip_sockglue.c __ip_sock_set_tos).
TEST(SocketOption, TosLeavesTheEcnBitsAlone) {
  SocketOptions options;
  EXPECT_EQ(set_option(linux_os(), options, SocketOption::ip_tos, 0x13), Errno::none);
  EXPECT_EQ(get_option(linux_os(), options, SocketOption::ip_tos), 0x10);
}

TEST(SocketOption, WhatWasNotSetIsTheProfilesDefault) {
  const SocketOptions options;
  EXPECT_EQ(get_option(linux_os(), options, SocketOption::tcp_keepidle), 7200);
  EXPECT_EQ(get_option(linux_os(), options, SocketOption::tcp_keepcnt), 9);
}

}  // namespace
}  // namespace halfopen
