// Headers of tunnels: bytes by hand from RFC 2003, 2890 and 4023, which tshark reads as the script says.
#include "sim/drill/packet_headers.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "sim/drill/packet_reading.h"
#include "sim/drill/script_host.h"
#include "sim/script/parser.h"
#include "sim/wire/bytes.h"

namespace halfopen::drill {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::vector<script::OuterHeader> outer_of(const std::string& headers) {
  const script::Script script = script::parse_script("0 > " + headers + " . 1:1(0) ack 1", "test.pkt");
  return std::get<script::PacketSpec>(script.events.front().action).outer;
}

Bytes inner() {
  Segment segment;
  segment.source_port = 1000;
  segment.destination_port = 2000;
  segment.flags = tcp_flag::ack;
  Packet packet;
  packet.ip = header_of({}, IpAddress::v4({10, 0, 0, 1}), IpAddress::v4({10, 0, 0, 2}));
  packet.body = std::move(segment);
  return bytes_of(packet);
}

Bytes without_inner(const std::string& headers) {
  Bytes bytes = encapsulate(inner(), outer_of(headers));
  bytes.resize(bytes.size() - inner().size());
  return bytes;
}

TEST(PacketHeaders, AreThoseOfTheRfcs) {
  // 20 + 40 bytes, protocol 4; the checksum covers the header.
  EXPECT_EQ(without_inner("ipv4 [tos 0x02, ttl 7] 192.0.2.1 > 192.0.2.2:"),
            (Bytes{0x45, 2, 0, 60, 0, 0, 0, 0, 7, 4, 0x2f, 0xb9, 192, 0, 2, 1, 192, 0, 2, 2}));
  const Bytes v6 = without_inner(
      "ipv6 2001:db8::1 > 2001:db8::2: gre flags [key present], sum 9, off 9, key=0x1020304, seq 9:");
  ASSERT_EQ(v6.size(), 48U);
  EXPECT_EQ(v6[6], 47);                 // GRE
  EXPECT_EQ(wire::get16(&v6[4]), 48U);  // GRE's 8 bytes and what is inside
  EXPECT_EQ((Bytes{v6.begin() + 40, v6.end()}), (Bytes{0x20, 0, 8, 0, 1, 2, 3, 4}));
  const Bytes mpls = without_inner(
      "ipv4 192.0.2.1 > 192.0.2.2: gre: mpls (label 5, tc 1, ttl 2)(label 1048575, tc 7, [S], ttl 255):");
  EXPECT_EQ((Bytes{mpls.begin() + 20, mpls.end()}),
            (Bytes{0, 0, 0x88, 0x47, 0, 0, 0x52, 2, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_EQ(without_inner("ipv4 192.0.2.1 > 192.0.2.2: mpls (label 1, tc 0, [S], ttl 1):")[9], 137);
}

TEST(PacketHeaders, ComeBackAsTheyWere) {
  const char* const cases[]{
      "ipv4 192.0.2.1 > 192.0.2.2:",
      "ipv6 2001:db8::1 > 2001:db8::2:",
      "ipv4 192.0.2.1 > 192.0.2.2: ipv6 2001:db8::1 > 2001:db8::2: ipv4 192.0.2.3 > 192.0.2.4:",
      "ipv4 192.0.2.1 > 192.0.2.2: gre:",
      "ipv4 192.0.2.1 > 192.0.2.2: gre flags 0xb000, sum 0x1234, off 1, key=77, seq 4294967295:",
      "ipv6 2001:db8::1 > 2001:db8::2: gre: ipv4 192.0.2.3 > 192.0.2.4: gre:",
      "ipv4 192.0.2.1 > 192.0.2.2: gre: mpls (label 5, tc 1, ttl 2)(label 1048575, tc 7, [S], ttl 255):",
      "ipv4 192.0.2.1 > 192.0.2.2: mpls (label 1, tc 0, [S], ttl 1):"};
  for (const char* headers : cases) {
    std::vector<script::OuterHeader> outer = outer_of(headers);
    for (script::OuterHeader& header : outer)  // what the script leaves open is said by the packet
      if (auto* ip = std::get_if<script::IpHeaderSpec>(&header))
        ip->info = ip_info_of(header_of(ip->info, ip->source, ip->destination));
    const Bytes bytes = encapsulate(inner(), outer);
    const Opened opened = open_tunnels(bytes);
    EXPECT_EQ(opened.outer, outer) << headers;
    EXPECT_EQ((Bytes{opened.packet.begin(), opened.packet.end()}), inner()) << headers;
    const std::optional<ReadPacket> read = read_packet(bytes);
    ASSERT_TRUE(read) << headers;
    EXPECT_EQ(read->spec.outer, outer) << headers;
    EXPECT_EQ(read->source, IpAddress::v4({10, 0, 0, 1}));
    EXPECT_EQ(std::get<script::TcpSpec>(read->spec.body).ports->destination, 2000);
  }
}

TEST(PacketHeaders, WhatIsCutIsLeftClosed) {
  const Bytes bytes = encapsulate(
      inner(),
      outer_of(
          "ipv4 192.0.2.1 > 192.0.2.2: gre flags 0xb000, sum 0, off 0, key=7, seq 1: mpls (label 5, tc 1, "
          "[S], ttl 2):"));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Opened opened = open_tunnels(std::span{bytes}.first(size));
    EXPECT_TRUE(opened.outer.empty()) << size;  // IP's length says that there is more
    EXPECT_EQ(opened.packet.size(), size);
  }
  Bytes routed = bytes;
  routed[20] |= 0x40;  // source routes: RFC 2890 took them away
  EXPECT_TRUE(open_tunnels(routed).outer.empty());
}

TEST(PacketHeaders, SayWhatCannotBe) {
  const std::pair<const char*, const char*> cases[]{
      {"gre:", "a packet whose outermost header is not IP"},
      {"mpls (label 7, tc 0, [S], ttl 1):", "a packet whose outermost header is not IP"},
      {"ipv4 192.0.2.1 > 192.0.2.2: gre: gre:", "GRE holds IP and MPLS"},
      {"ipv4 192.0.2.1 > 192.0.2.2: mpls (label 7, tc 0, [S], ttl 1): gre:", "MPLS holds IP"},
      {"ipv4 192.0.2.1 > 192.0.2.2: gre flags 0x4000, sum 0, off 0, key=7, seq 1:",
       "GRE with other flags than 0xb000"}};
  for (const auto& [headers, message] : cases) {
    try {
      (void)encapsulate(inner(), outer_of(headers));
      ADD_FAILURE() << headers;
    } catch (const NotSupported& refusal) {
      EXPECT_STREQ(refusal.what(), message) << headers;
    }
  }
  EXPECT_THROW((void)encapsulate(Bytes(65520), outer_of("ipv4 192.0.2.1 > 192.0.2.2:")), NotSupported);
}

}  // namespace
}  // namespace halfopen::drill
