#include "sim/wire/packet.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/wire/bytes.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

using test::bytes_of;
using test::tcp_packet;

std::optional<Packet> parse_bytes(BlockPool& pool, std::span<const std::uint8_t> wire,
                                  ParseOptions options = {}) {
  ParseIssue issue;
  return parse(wire, pool, issue, options);
}

std::string issue_in(BlockPool& pool, std::span<const std::uint8_t> wire, ParseOptions options = {}) {
  ParseIssue issue;
  return parse(wire, pool, issue, options) ? "fine" : issue.message;
}

TEST(Packet, EveryFieldOfASegmentRoundTrips) {
  BlockPool pool;
  for (const bool v6 : {false, true}) {
    Packet packet = tcp_packet(pool, {.v6 = v6, .flags = 0xff, .seq = 0xfffffffe, .ack = 7, .text = "hello"});
    packet.ip.hop_limit = 3;
    packet.ip.traffic_class = 0xb9;
    if (v6) packet.ip.flow_label = 0xabcde;
    if (!v6) packet.ip.id = 0x1234;
    packet.ip.dont_fragment = v6;
    packet.segment()->urgent = 77;
    packet.segment()->options.add_mss(1400);
    const auto wire = bytes_of(packet);
    const auto back = parse_bytes(pool, wire);
    ASSERT_TRUE(back && back->segment());
    EXPECT_EQ(back->ip.source, packet.ip.source);
    EXPECT_EQ(back->ip.destination, packet.ip.destination);
    EXPECT_EQ(back->ip.hop_limit, 3);
    EXPECT_EQ(back->ip.traffic_class, 0xb9);
    EXPECT_EQ(back->ip.id, packet.ip.id);
    EXPECT_EQ(back->ip.flow_label, packet.ip.flow_label);
    EXPECT_EQ(back->segment()->seq, Seq{0xfffffffe});
    EXPECT_EQ(back->segment()->ack, Seq{7});
    EXPECT_EQ(back->segment()->flags, 0xff);
    EXPECT_EQ(back->segment()->window, 64240);
    EXPECT_EQ(back->segment()->urgent, 77);
    EXPECT_EQ(back->segment()->options.mss(), 1400);
    EXPECT_EQ(bytes_of(back->segment()->payload), bytes_of(packet.segment()->payload));
    EXPECT_EQ(bytes_of(*back), wire);
  }
}

// A receiver that knows nothing of it sees a UDP datagram whose checksum is right (RFC 768).
TEST(Packet, ASegmentInUdpIsADatagramWithTheSegmentInIt) {
  BlockPool pool;
  for (const bool v6 : {false, true}) {
    for (const std::string_view text : {"", "a", "hello"}) {
      Packet packet = tcp_packet(pool, {.v6 = v6, .seq = 5, .ack = 7, .text = text});
      packet.segment()->options.add_mss(1400);
      const std::size_t bare = wire_size(packet);
      packet.udp = {.source = 9811, .destination = 7};
      const auto wire = bytes_of(packet);
      EXPECT_EQ(wire.size(), bare + 8);
      const auto datagram = parse_bytes(pool, wire);
      ASSERT_TRUE(datagram && datagram->segment() == nullptr);
      const auto& body = std::get<OtherBody>(datagram->body);
      EXPECT_EQ(body.protocol, 17);
      const std::uint32_t pseudo =
          wire::pseudo_header_sum(packet.ip.source, packet.ip.destination, body.protocol, body.bytes.size());
      EXPECT_EQ(internet_sum(body.bytes, pseudo), 0xffff);
      EXPECT_EQ(wire::get16(&body.bytes[4]), body.bytes.size());
      const auto inner = unwrap_tcp(*datagram, pool);
      ASSERT_TRUE(inner && inner->segment());
      EXPECT_EQ(inner->udp, packet.udp);
      EXPECT_EQ(inner->segment()->seq, Seq{5});
      EXPECT_EQ(inner->segment()->options.mss(), 1400);
      EXPECT_EQ(bytes_of(inner->segment()->payload), bytes_of(packet.segment()->payload));
      EXPECT_EQ(bytes_of(*inner), wire);
    }
  }
}

TEST(Packet, WhatIsNoWholeSegmentInUdpIsNone) {
  BlockPool pool;
  Packet packet = tcp_packet(pool, {.text = "hello"});
  EXPECT_FALSE(unwrap_tcp(packet, pool));  // by itself
  packet.udp = {.source = 9811, .destination = 7};
  const Packet datagram = *parse_bytes(pool, bytes_of(packet));
  const auto cut = [&](std::size_t size, int offset) {
    Packet changed = datagram;
    auto& body = std::get<OtherBody>(changed.body);
    body.bytes[8 + 12] = static_cast<std::uint8_t>(offset << 4);
    body.bytes.resize(size);
    return unwrap_tcp(changed, pool).has_value();
  };
  EXPECT_TRUE(cut(28, 5));
  EXPECT_FALSE(cut(27, 5));
  EXPECT_FALSE(cut(28, 4));
  EXPECT_FALSE(cut(28, 6));
}

TEST(Packet, IcmpAndOtherBodiesRoundTrip) {
  BlockPool pool;
  Packet packet = tcp_packet(pool, {});
  packet.body = IcmpMessage{.type = 8, .code = 0, .rest = 0x00010002, .body = {1, 2, 3}};
  const auto echo = bytes_of(packet);
  EXPECT_EQ(bytes_of(*parse_bytes(pool, echo)), echo);
  packet.body = OtherBody{.protocol = 17, .bytes = {0, 1, 0, 2, 0, 8, 0, 0}};
  const auto udp = bytes_of(packet);
  EXPECT_EQ(bytes_of(*parse_bytes(pool, udp)), udp);
}

TEST(Packet, AShorterBufferGetsTheFirstBytesOfTheWholePacket) {
  BlockPool pool;
  for (const bool v6 : {false, true}) {
    Packet packet = tcp_packet(pool, {.v6 = v6, .text = "anybody there?\n"});
    packet.segment()->options.add_timestamps({TsVal{1}, TsVal{2}});
    const auto whole = bytes_of(packet);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      std::vector<std::uint8_t> part(size);
      ASSERT_EQ(emit(packet, part), size);
      ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin()));
    }
    std::vector<std::uint8_t> longer(whole.size() + 10);
    EXPECT_EQ(emit(packet, longer), whole.size());
  }
}

TEST(Packet, APayloadOfTwoOddSlicesHasTheChecksumOfItsBytes) {  // RFC 1071 section 2 (B)
  BlockPool pool;
  for (std::size_t first = 0; first <= 9; ++first) {
    const std::string text = "abcdefghi";
    Packet split = tcp_packet(pool, {.text = std::string_view{text}.substr(0, first)});
    const Payload rest{pool, test::as_bytes(std::string_view{text}.substr(first))};
    ASSERT_TRUE(split.segment()->payload.append(rest.slices()[0]));
    EXPECT_EQ(bytes_of(split), bytes_of(tcp_packet(pool, {.text = text}))) << first;
  }
}

TEST(Packet, OptionsThatAreNotAMultipleOfFourArePadded) {
  BlockPool pool;
  Packet packet = tcp_packet(pool, {.text = "x"});
  packet.segment()->options.add_window_scale(7);
  EXPECT_EQ(wire_size(packet), 20u + 20u + 4u + 1u);
  const auto back = parse_bytes(pool, bytes_of(packet));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->segment()->options.window_scale(), 7);
}

TEST(Packet, EveryFlippedBitOfASegmentIsFound) {
  BlockPool pool;
  auto wire = bytes_of(tcp_packet(pool, {.text = "hello\n"}));
  for (std::size_t bit = 0; bit < wire.size() * 8; ++bit) {
    if (bit == 5) continue;  // version 6: a packet of another kind, without a header checksum
    wire[bit / 8] = static_cast<std::uint8_t>(wire[bit / 8] ^ (1u << bit % 8));
    EXPECT_FALSE(parse_bytes(pool, wire)) << "bit " << bit;
    wire[bit / 8] = static_cast<std::uint8_t>(wire[bit / 8] ^ (1u << bit % 8));
  }
  EXPECT_TRUE(parse_bytes(pool, wire));
}

TEST(Packet, PaddingAfterThePacketIsIgnored) {  // Ethernet pads to 60 bytes
  BlockPool pool;
  auto wire = bytes_of(tcp_packet(pool, {.text = "x"}));
  const auto exact = wire;
  wire.resize(60, 0xee);
  EXPECT_EQ(bytes_of(*parse_bytes(pool, wire)), exact);
}

TEST(Packet, AHeadOnlyCaptureKeepsTheLength) {
  BlockPool pool;
  const auto wire = bytes_of(tcp_packet(pool, {.seq = 5, .text = "anybody there?\n"}));
  for (std::size_t size = 40; size < wire.size(); ++size) {
    const auto back = parse_bytes(pool, std::span{wire}.first(size), {.truncated = true});
    ASSERT_TRUE(back);
    EXPECT_EQ(back->segment()->length(), 15u);
    EXPECT_EQ(bytes_of(back->segment()->payload).back(), 0) << "what was not captured is zero";
  }
  EXPECT_EQ(issue_in(pool, std::span{wire}.first(39), {.truncated = true}),
            "19 bytes of TCP header, expected at least 20: cut by the capture's snap length");
}

TEST(Packet, OptionsCutByTheSnapLengthAreLeftOut) {
  BlockPool pool;
  Packet packet = tcp_packet(pool, {.text = "hello\n"});
  packet.segment()->options.add_nop();
  packet.segment()->options.add_nop();
  packet.segment()->options.add_timestamps({TsVal{1}, TsVal{2}});
  const auto wire = bytes_of(packet);
  const auto back = parse_bytes(pool, std::span{wire}.first(46), {.truncated = true});
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->segment()->options.has_timestamps());
  EXPECT_EQ(back->segment()->length(), 6u);
}

TEST(Packet, Ipv4OptionsAreSkipped) {  // RFC 791 section 3.1
  BlockPool pool;
  auto wire = bytes_of(tcp_packet(pool, {.text = "hello\n"}));
  const std::vector<std::uint8_t> router_alert{0x94, 4, 0, 0};
  wire.insert(wire.begin() + 20, router_alert.begin(), router_alert.end());
  wire[0] = 0x46;
  wire[3] = static_cast<std::uint8_t>(wire.size());
  const auto back = parse_bytes(pool, wire, {.verify_checksums = false});
  ASSERT_TRUE(back && back->segment());
  EXPECT_EQ(back->segment()->source_port, test::kClientPort);
  EXPECT_EQ(back->segment()->length(), 6u);
}

// RFC 8200 section 4: hop-by-hop, destination options, routing (no segments left) and a whole fragment.
TEST(Packet, Ipv6ExtensionHeadersAreSkipped) {
  BlockPool pool;
  auto wire = bytes_of(tcp_packet(pool, {.v6 = true, .text = "hello\n"}));
  const std::vector<std::uint8_t> extensions{60, 0, 1, 4,  0, 0, 0, 0,  // hop-by-hop
                                             43, 1, 1, 12, 0, 0, 0, 0,
                                             0,  0, 0, 0,  0, 0, 0, 0,   // destination, 16 bytes
                                             44, 0, 0, 0,  0, 0, 0, 0,   // routing
                                             6,  0, 0, 0,  1, 2, 3, 4};  // fragment, the only one
  wire.insert(wire.begin() + 40, extensions.begin(), extensions.end());
  wire[6] = 0;
  wire[5] = static_cast<std::uint8_t>(wire.size() - 40);
  const auto back = parse_bytes(pool, wire);
  ASSERT_TRUE(back && back->segment());
  EXPECT_EQ(back->segment()->length(), 6u);
  for (std::size_t size = 40; size < 40 + extensions.size(); ++size) {  // cut inside each of them
    EXPECT_NE(issue_in(pool, std::span{wire}.first(size), {.truncated = true}), "fine") << size;
  }
}

TEST(Packet, ALaterFragmentIsNotTcp) {
  BlockPool pool;
  auto v4 = bytes_of(tcp_packet(pool, {.text = "hello\n"}));
  v4[6] = 0;
  v4[7] = 8;
  const auto v4_fragment = parse_bytes(pool, v4, {.verify_checksums = false});
  ASSERT_TRUE(v4_fragment);
  EXPECT_TRUE(std::holds_alternative<OtherBody>(v4_fragment->body));

  auto v6 = bytes_of(tcp_packet(pool, {.v6 = true, .text = "hello\n"}));
  const std::vector<std::uint8_t> fragment{6, 0, 0, 8, 1, 2, 3, 4};
  v6.insert(v6.begin() + 40, fragment.begin(), fragment.end());
  v6[6] = 44;
  v6[5] = static_cast<std::uint8_t>(v6.size() - 40);
  const auto v6_fragment = parse_bytes(pool, v6);
  ASSERT_TRUE(v6_fragment);
  EXPECT_EQ(std::get<OtherBody>(v6_fragment->body).protocol, 44);
  EXPECT_EQ(bytes_of(*v6_fragment), v6);
}

TEST(Packet, TheFirstOfSeveralFragmentsIsASegmentWhoseChecksumNobodyCanCheck) {
  BlockPool pool;
  auto wire = bytes_of(tcp_packet(pool, {.text = "0123456789abcdef"}));
  wire.resize(48);
  wire[3] = 48;
  wire[6] = 0x20;
  const std::uint32_t sum = internet_sum(std::span{wire}.first(20));
  const std::uint32_t header = static_cast<std::uint32_t>(wire[10] << 8 | wire[11]);
  const auto fixed = static_cast<std::uint16_t>(~internet_sum({}, sum + (~header & 0xffff)));
  wire[10] = static_cast<std::uint8_t>(fixed >> 8);
  wire[11] = static_cast<std::uint8_t>(fixed);
  EXPECT_EQ(issue_in(pool, wire), "fine");
}

TEST(Packet, WhatIsWrongIsSaidInOneLine) {
  BlockPool pool;
  const auto good = bytes_of(tcp_packet(pool, {.text = "hello\n"}));
  const auto with = [&](std::size_t at, int value) {
    auto wire = good;
    wire[at] = static_cast<std::uint8_t>(value);
    return issue_in(pool, wire, {.verify_checksums = false});
  };
  EXPECT_EQ(issue_in(pool, {}), "no bytes, expected an IP packet");
  EXPECT_EQ(with(0, 0x55), "IP version 5, expected 4 or 6");
  EXPECT_EQ(with(0, 0x44), "IPv4 header length 16, expected 20 to 60");
  EXPECT_EQ(with(0, 0x4f), "IPv4 header length 60, but only 46 bytes are there");
  EXPECT_EQ(with(3, 19), "IPv4 total length 19, expected at least 20");
  EXPECT_EQ(with(3, 200), "IP length 200, but only 46 bytes are there");
  EXPECT_EQ(with(3, 39), "19 bytes of TCP header, expected at least 20: too short");
  EXPECT_EQ(with(32, 0x30), "TCP data offset 3, expected 5 to 15");
  EXPECT_EQ(with(32, 0xf0), "TCP data offset 15 (60 bytes), but the segment has 26");
  EXPECT_EQ(issue_in(pool, std::vector<std::uint8_t>(39, 0x60)), "39 bytes, expected an IPv6 header of 40");
}

}  // namespace
}  // namespace halfopen
