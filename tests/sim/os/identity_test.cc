#include "sim/os/identity.h"

#include <gtest/gtest.h>

#include <set>

namespace halfopen {
namespace {

class IdentityTest : public ::testing::Test {
 protected:
  static Identity make(const std::string& name, std::uint64_t seed = 1, std::uint32_t boots = 0,
                       TimePoint booted = kTimeZero) {
    const OsProfile& os = *find_profile(name);
    static const TickClock clock{os.clock, Duration{}};
    return Identity{os, rules_of(os), clock, seed, boots, booted};
  }
  static FourTuple tuple(std::uint16_t port) {
    return {.local = {*IpAddress::parse("10.9.0.1"), port}, .remote = {*IpAddress::parse("10.9.0.2"), 9998}};
  }
};

TEST_F(IdentityTest, OnLinuxSequenceNumbersStepEvery64Nanoseconds) {
  Identity identity = make("linux");
  const Seq first = identity.initial_sequence(kTimeZero, tuple(1));
  EXPECT_EQ(identity.initial_sequence(kTimeZero, tuple(1)), first);
  EXPECT_EQ(identity.initial_sequence(kTimeZero + 64us, tuple(1)), first + 1000);
  EXPECT_NE(identity.initial_sequence(kTimeZero, tuple(2)), first);
}

TEST_F(IdentityTest, OnBsdAllConnectionsShareOneCounter) {
  Identity identity = make("4.4bsd");
  const Seq first = identity.initial_sequence(kTimeZero, tuple(1));
  const Seq second = identity.initial_sequence(kTimeZero, tuple(2));
  EXPECT_EQ(distance(first, second), 122u * 1024 / 4);
}

TEST_F(IdentityTest, OnFreeBsdSequenceNumbersGrowAMillionASecondAndALittlePerConnection) {
  Identity identity = make("freebsd");
  const Seq first = identity.initial_sequence(kTimeZero, tuple(1));
  const Seq later = identity.initial_sequence(kTimeZero + 1s, tuple(1));
  EXPECT_GE(distance(first, later), 1'000'000u + 4096);
  EXPECT_LT(distance(first, later), 1'000'000u + 8192);
}

TEST_F(IdentityTest, OneSeedGivesOneHostAndAnotherBootAnotherOne) {
  EXPECT_EQ(make("linux", 5).initial_sequence(kTimeZero, tuple(1)),
            make("linux", 5).initial_sequence(kTimeZero, tuple(1)));
  EXPECT_NE(make("linux", 5).initial_sequence(kTimeZero, tuple(1)),
            make("linux", 6).initial_sequence(kTimeZero, tuple(1)));
  EXPECT_NE(make("linux", 5, 0).initial_sequence(kTimeZero, tuple(1)),
            make("linux", 5, 1).initial_sequence(kTimeZero, tuple(1)));
}

TEST_F(IdentityTest, OnLinuxEachConnectionHasATimestampClockOfItsOwn) {
  const Identity identity = make("linux");
  EXPECT_NE(identity.timestamp_offset(tuple(1)), identity.timestamp_offset(tuple(2)));
}

TEST_F(IdentityTest, OnBsdTheTimestampClockStartsWithTheHost) {
  EXPECT_EQ(make("4.4bsd").timestamp_offset(tuple(1)), 0u);
  EXPECT_EQ(make("4.4bsd", 1, 1, kTimeZero + 10s).timestamp_offset(tuple(1)), 0u - 20u);
}

TEST_F(IdentityTest, PortsGoRoundThroughTheWholeRange) {
  Identity identity = make("4.4bsd");
  const SocketProfile& os = find_profile("4.4bsd")->socket;
  EXPECT_EQ(identity.next_port(), os.port_first);
  std::set<std::uint16_t> seen{os.port_first.value};
  for (std::uint32_t i = 1; i < identity.port_count(); ++i) seen.insert(identity.next_port());
  EXPECT_EQ(seen.size(), identity.port_count());
  EXPECT_EQ(*seen.rbegin(), os.port_last);
  EXPECT_EQ(identity.next_port(), os.port_first);
}

}  // namespace
}  // namespace halfopen
