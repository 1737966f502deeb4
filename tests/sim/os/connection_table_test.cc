#include "sim/os/connection_table.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/base/rng.h"
#include "sim/os/connection.h"
#include "sim/os/os_rules.h"

namespace halfopen {
namespace {

class ConnectionTableTest : public ::testing::Test {
 protected:
  static FourTuple tuple(std::uint32_t n) {
    return {.local = {*IpAddress::parse("10.9.0.2"), 9998},
            .remote = {IpAddress::v4({10, 9, static_cast<std::uint8_t>(n >> 16), 1}),
                       static_cast<std::uint16_t>(n & 0xffffu)}};
  }
  std::unique_ptr<Connection> make(std::uint32_t n) {
    EndpointBirth birth;
    birth.addresses = tuple(n);
    return std::make_unique<Connection>(env_, birth, SocketOptions{});
  }

  const OsProfile& profile_ = *find_profile("linux");
  TickClock clock_{profile_.clock, Duration{}};
  BlockPool pool_;
  EndpointEnv env_{profile_, rules_of(profile_).reset, clock_, pool_, {}, false, 1};
};

TEST_F(ConnectionTableTest, FindsNothingWhenEmpty) {
  const ConnectionTable table;
  EXPECT_EQ(table.find(tuple(1)), nullptr);
}

TEST_F(ConnectionTableTest, TellsTheTwoDirectionsApart) {
  ConnectionTable table;
  const auto connection = make(1);
  table.insert(*connection);
  EXPECT_EQ(table.find(tuple(1)), connection.get());
  EXPECT_EQ(table.find({tuple(1).remote, tuple(1).local}), nullptr);
}

TEST_F(ConnectionTableTest, KeepsFindingTheOthersThroughRandomComingAndGoing) {
  ConnectionTable table;
  std::vector<std::unique_ptr<Connection>> present(2000);
  Rng rng{2};
  for (int round = 0; round < 20000; ++round) {
    const auto n = static_cast<std::uint32_t>(rng.below(present.size()));
    if (present[n] == nullptr) {
      present[n] = make(n);
      table.insert(*present[n]);
    } else {
      table.erase(*present[n]);
      present[n].reset();
    }
  }
  for (std::uint32_t n = 0; n < present.size(); ++n) ASSERT_EQ(table.find(tuple(n)), present[n].get());
}

}  // namespace
}  // namespace halfopen
