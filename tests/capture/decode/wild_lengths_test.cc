// Packets whose lengths or options are not what a textbook has, as public captures hold them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::pcap_of;
using test::read_wild;
using test::read_wild_file;
using test::shipped_capture;
using test::WildCapture;
using test::WildPacket;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kRaw = 101;

std::uint32_t payload_of(const WildCapture& capture) {
  std::uint32_t sum = 0;
  for (const WildPacket& packet : capture.packets) sum += packet.payload;
  return sum;
}

class WildLengths : public ::testing::Test {
 protected:
  Bytes data(bool v6 = false) {
    return test::bytes_of(
        test::tcp_packet(pool_, {.v6 = v6, .flags = tcp_flag::ack | tcp_flag::psh, .text = "hello\n"}));
  }
  BlockPool pool_;
};

TEST_F(WildLengths, ASegmentWithOptionsThatAreWrongCounts) {
  const WildCapture capture = read_wild_file(shipped_capture("empty-sack.pcap"));
  EXPECT_THAT(capture.malformed, IsEmpty());
  EXPECT_THAT(capture.packets, SizeIs(8));
  EXPECT_EQ(payload_of(capture), 5u);
}

TEST_F(WildLengths, AToolMayCutPacketsAndForgetHowLongTheyWere) {
  const WildCapture capture = read_wild_file(shipped_capture("cut-without-orig-len.pcap"));
  EXPECT_THAT(capture.malformed, IsEmpty());
  EXPECT_THAT(capture.packets, SizeIs(8));
  EXPECT_EQ(payload_of(capture), 1100u);
  Bytes cut = data();
  cut.resize(42);
  const WildCapture one = read_wild(pcap_of(kRaw, {{cut, 0, 42}, {cut, 0, 44}, {cut, 0, 46}}));
  ASSERT_THAT(one.packets, SizeIs(3));
  for (const WildPacket& packet : one.packets) {
    EXPECT_EQ(packet.payload, 6u);
    EXPECT_EQ(packet.payload_captured, 2u);
    EXPECT_EQ(packet.wire_size, 46u);
    EXPECT_EQ(packet.value_payload, 6u);
  }
}

TEST_F(WildLengths, ALengthOfZeroIsTheFramesAlsoBeyondSixteenBits) {
  for (const char* name : {"bigtcp4.pcap", "bigtcp6.pcap", "bigtcp6-jumbo.pcap"}) {
    const WildCapture capture = read_wild_file(shipped_capture(name));
    ASSERT_THAT(capture.packets, SizeIs(1)) << name;
    EXPECT_EQ(capture.packets[0].payload, 80'000u) << name;
    EXPECT_EQ(capture.packets[0].payload_captured, 80'000u) << name;
    EXPECT_EQ(capture.packets[0].value_payload, 80'000u) << name;
  }
}

TEST_F(WildLengths, ALengthOfZeroThatASnapLengthCutIsWhatTheFileSays) {
  for (const bool v6 : {false, true}) {
    Bytes packet = data(v6);
    packet[v6 ? 4 : 2] = packet[v6 ? 5 : 3] = 0;
    const auto header = static_cast<std::uint32_t>(packet.size() - 6);
    const WildCapture capture = read_wild(pcap_of(kRaw, {{packet, 0, header + 70'000}, {packet}}));
    ASSERT_THAT(capture.packets, SizeIs(2));
    EXPECT_EQ(capture.packets[0].payload, 70'000u);
    EXPECT_EQ(capture.packets[0].payload_captured, 6u);
    EXPECT_EQ(capture.packets[0].value_payload, 70'000u);
    EXPECT_EQ(capture.packets[1].payload, 6u);
    const WildCapture lying = read_wild(pcap_of(kRaw, {{packet, 0, 0xffff'ffff}}));
    ASSERT_THAT(lying.packets, SizeIs(1)) << "no more than a packet can be is believed";
    EXPECT_LT(lying.packets[0].payload, 1u << 20);
  }
}

TEST_F(WildLengths, AnIpv6PacketWithoutAnythingInItIsNotAFrameLong) {
  Bytes packet = data(true);
  packet.resize(40);
  packet[4] = packet[5] = 0;
  packet[6] = 59;  // no next header
  packet.resize(46);
  const WildCapture capture = read_wild(pcap_of(kRaw, {{packet}}));
  ASSERT_THAT(capture.packets, SizeIs(1));
  EXPECT_EQ(capture.packets[0].wire_size, 40u);
}

TEST_F(WildLengths, AuthenticationHeadersArePassedOverBothFamilies) {
  for (const char* name : {"ah4.pcap", "ah6.pcap"}) {
    const WildCapture capture = read_wild_file(shipped_capture(name));
    ASSERT_THAT(capture.packets, SizeIs(1)) << name;
    EXPECT_TRUE(capture.packets[0].is_tcp) << name;
  }
}

}  // namespace
}  // namespace halfopen
