#include "replay/sandbox/sysctl_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace halfopen {
namespace {

TEST(SysctlFiles, NamesArePaths) {
  EXPECT_EQ(sysctl_path("tcp_retries2"), "/proc/sys/net/ipv4/tcp_retries2");
  EXPECT_EQ(sysctl_path("net.ipv4.tcp_retries2"), "/proc/sys/net/ipv4/tcp_retries2");
  EXPECT_EQ(sysctl_path("net.core.somaxconn"), "/proc/sys/net/core/somaxconn");
}

TEST(SysctlFiles, WhatTheKernelDoesNotHaveIsSaidSo) {
  EXPECT_EQ(write_sysctl("tcp_no_such_thing", "1"),
            "net.ipv4.tcp_no_such_thing: this kernel has no such parameter");
}

TEST(SysctlFiles, AreReadWithSingleSpaces) {
  const std::optional<std::string> value = read_sysctl("tcp_rmem");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(std::ranges::count(*value, ' '), 2) << *value;
  EXPECT_EQ(value->find_first_not_of("0123456789 "), std::string::npos) << *value;
  EXPECT_EQ(read_sysctl("tcp_no_such_thing"), std::nullopt);
}

// A list that the kernel keeps and nobody writes.
TEST(SysctlFiles, WhatTheKernelForbidsIsSaidSo) {
  EXPECT_EQ(write_sysctl("tcp_available_ulp", "none"),
            "net.ipv4.tcp_available_ulp: the kernel forbids to set it: Permission denied");
}

}  // namespace
}  // namespace halfopen
