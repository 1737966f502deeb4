#include "capture/flow/packet_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/input_error.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

bool matches(const std::string& filter, const test::PacketSpec& spec) {
  BlockPool pool;
  const auto bytes = test::bytes_of(test::tcp_packet(pool, spec));
  return PacketFilter{filter}.matches(bytes, static_cast<std::uint32_t>(bytes.size()));
}

std::string complaint(const std::string& filter) {
  try {
    const PacketFilter compiled{filter};
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(PacketFilter, TakesWhatTcpdumpTakes) {
  EXPECT_TRUE(matches("tcp port 9998 and src host 10.9.0.1", {}));
  EXPECT_FALSE(matches("tcp port 9998 and src host 10.9.0.1", {.from_server = true}));
  EXPECT_TRUE(matches("host fd00:9::2 and tcp", {.v6 = true}));
  EXPECT_FALSE(matches("ip6", {}));
  EXPECT_TRUE(matches("tcp[tcpflags] & tcp-syn != 0", {.flags = tcp_flag::syn}));
  EXPECT_FALSE(matches("tcp[tcpflags] & tcp-syn != 0", {}));
  EXPECT_TRUE(matches("", {})) << "no filter is every packet";
}

TEST(PacketFilter, LooksAtTheLengthOnTheWire) {
  BlockPool pool;
  const auto bytes = test::bytes_of(test::tcp_packet(pool, {}));
  EXPECT_TRUE(PacketFilter{"greater 1000"}.matches(bytes, 1500));
  EXPECT_FALSE(PacketFilter{"greater 1000"}.matches(bytes, static_cast<std::uint32_t>(bytes.size())));
  EXPECT_FALSE(PacketFilter{"tcp port 9998"}.matches({bytes.data(), 9}, 40)) << "the header was cut";
  EXPECT_FALSE(PacketFilter{"tcp"}.matches({}, 40));
}

TEST(PacketFilter, SaysWhatItCannotTake) {
  EXPECT_THAT(complaint("host"),
              ::testing::StartsWith("--connection: expected a filter as tcpdump takes it, found "));
  EXPECT_THAT(complaint("tcp port"), ::testing::HasSubstr("syntax error"));
  EXPECT_NE(complaint("ether host 00:01:02:03:04:05"), "none") << "there is no Ethernet";
}

}  // namespace
}  // namespace halfopen
