// UDP datagrams against RFC 768.
#include "sim/wire/udp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halfopen {
namespace {

using ::testing::ElementsAre;

FourTuple ends(const char* local, const char* remote) {
  return {.local = {*IpAddress::parse(local), 0x0102}, .remote = {*IpAddress::parse(remote), 0x0304}};
}

Packet arrived(const FourTuple& ends, OtherBody body) {
  Packet packet;
  packet.ip.source = ends.local.ip;
  packet.ip.destination = ends.remote.ip;
  packet.body = std::move(body);
  return packet;
}

// The checksum by hand: pseudo-header, header, and data with a zero behind it.
TEST(Udp, ADatagramIsPortsLengthChecksumAndData) {
  const std::uint8_t data[] = {0x68, 0x69, 0x21};
  const OtherBody body = make_datagram(ends("10.0.0.1", "10.0.0.2"), data);
  EXPECT_EQ(body.protocol, 17);
  constexpr std::uint32_t kSum =
      0x0a00 + 0x0001 + 0x0a00 + 0x0002 + 17 + 11 + 0x0102 + 0x0304 + 11 + 0x6869 + 0x2100;
  static_assert(kSum <= 0xffff);
  constexpr std::uint32_t kChecksum = ~kSum & 0xffff;
  EXPECT_THAT(body.bytes, ElementsAre(1, 2, 3, 4, 0, 11, kChecksum >> 8, kChecksum & 0xff, 0x68, 0x69, 0x21));
}

TEST(Udp, WhatIsMadeIsReadAgain) {
  const std::uint8_t data[] = {1, 2, 3};
  for (const auto& tuple : {ends("10.0.0.1", "10.0.0.2"), ends("2001:db8::1", "2001:db8::2")}) {
    const Packet packet = arrived(tuple, make_datagram(tuple, data));
    const auto view = read_datagram(packet);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->ends, (FourTuple{.local = tuple.remote, .remote = tuple.local}));
    EXPECT_THAT(view->payload, ElementsAre(1, 2, 3));
  }
}

TEST(Udp, ABrokenDatagramIsNone) {
  const auto tuple = ends("10.0.0.1", "10.0.0.2");
  const auto with = [&](std::size_t at, std::uint8_t byte) {
    OtherBody body = make_datagram(tuple, {});
    body.bytes[at] = byte;
    return read_datagram(arrived(tuple, std::move(body))).has_value();
  };
  EXPECT_TRUE(with(5, 8));
  EXPECT_FALSE(with(5, 7));  // shorter than its header
  EXPECT_FALSE(with(5, 9));  // longer than the packet
  EXPECT_FALSE(with(0, 9));  // not what the checksum is of
}

// RFC 768: a checksum of 0 is none; RFC 8200 section 8.1: IPv6 has none without.
TEST(Udp, AChecksumMayBeMissingOverIpv4) {
  for (const auto& [tuple, is_right] : {std::pair{ends("10.0.0.1", "10.0.0.2"), true},
                                        std::pair{ends("2001:db8::1", "2001:db8::2"), false}}) {
    OtherBody body = make_datagram(tuple, {});
    body.bytes[6] = body.bytes[7] = 0;
    EXPECT_EQ(read_datagram(arrived(tuple, std::move(body))).has_value(), is_right);
  }
}

// Padding of the packet is no data.
TEST(Udp, TheLengthEndsTheData) {
  const auto tuple = ends("10.0.0.1", "10.0.0.2");
  const std::uint8_t data[] = {1, 2};
  OtherBody body = make_datagram(tuple, data);
  body.bytes.push_back(9);
  const Packet packet = arrived(tuple, std::move(body));
  const auto view = read_datagram(packet);
  ASSERT_TRUE(view);
  EXPECT_THAT(view->payload, ElementsAre(1, 2));
}

}  // namespace
}  // namespace halfopen
