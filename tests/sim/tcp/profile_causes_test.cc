// Which constants stand behind a packet.
#include "sim/tcp/profile_causes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/tcp/sysctl.h"

namespace halfopen {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names_of(const std::vector<ProfileLine>& lines) {
  std::vector<std::string> names;
  for (const ProfileLine& line : lines) names.push_back(line.name + " = " + line.value);
  return names;
}

TEST(ProfileCauses, ARetransmissionHangsOnTheTimeoutsBoundsAndTheRetries) {
  EXPECT_THAT(names_of(constants_behind(Cause::retransmit_timeout, *find_profile("linux-6.18"))),
              ElementsAre("initial = 1 s", "smallest (tcp_rto_min_us) = 200 ms",
                          "largest (tcp_rto_max_ms) = 120 s", "retries (tcp_retries2) = 15"));
}

// As they are by now, not as they were.
TEST(ProfileCauses, SysctlsCount) {
  OsProfile profile = *find_profile("linux-6.18");
  ASSERT_EQ(set_sysctl(profile, "tcp_retries2", "3").what, SysctlOutcome::What::applied);
  EXPECT_THAT(names_of(constants_behind(Cause::retransmit_timeout, profile)),
              Contains("retries (tcp_retries2) = 3"));
  ASSERT_EQ(set_sysctl(profile, "tcp_sack", "0").what, SysctlOutcome::What::applied);
  EXPECT_THAT(names_of(constants_behind_field("tcp options", profile)), Contains("SACK (tcp_sack) = no"));
}

// "retries" is not "retries without a process", and a whole group is named by itself.
TEST(ProfileCauses, NamesAreWhole) {
  for (const OsProfile* profile : all_profiles()) {
    for (const ProfileLine& line : constants_behind(Cause::retransmit_timeout, *profile))
      EXPECT_NE(line.name, "retries without a process (tcp_orphan_retries)");
    EXPECT_GE(constants_behind(Cause::keepalive_probe, *profile).size(), 3U) << profile->name;
  }
}

TEST(ProfileCauses, WhatNoConstantDecidesHasNone) {
  const OsProfile& profile = *find_profile("rfc");
  EXPECT_THAT(constants_behind(Cause::unknown, profile), IsEmpty());
  EXPECT_THAT(constants_behind(Cause::fin_acked, profile), IsEmpty());
  EXPECT_THAT(constants_behind_field("tcp_seq", profile), IsEmpty());
}

}  // namespace
}  // namespace halfopen
