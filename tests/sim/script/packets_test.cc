// Packets as scripts write them. What the notation means is taken from the grammars of google/packetdrill and
// nplab/packetdrill (gtests/net/packetdrill/parser.y); the rule's name stands beside each.
#include "sim/wire/segment.h"
#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

using namespace tcp_flag;

struct Flags {
  const char* text;
  TcpFlags flags;
};
class PacketFlags : public ::testing::TestWithParam<Flags> {};
TEST_P(PacketFlags, AreReadAndWritten) {
  const TcpSpec tcp = tcp_of("> " + std::string{GetParam().text} + " 1:1(0) ack 1");
  EXPECT_EQ(tcp.flags, GetParam().flags);
  EXPECT_EQ(text_of(tcp.flags), GetParam().text);
}
// flags, ack_and_ace; is_tcp_flags_spec_valid() in tcp_packet.c.
INSTANTIATE_TEST_SUITE_P(Rules, PacketFlags,
                         ::testing::Values(Flags{"-", {}}, Flags{".", {.bits = ack, .ae = false, .ace = {}}},
                                           Flags{"S", {.bits = syn, .ae = false, .ace = {}}},
                                           Flags{"S.", {.bits = syn | ack, .ae = false, .ace = {}}},
                                           Flags{"FP.", {.bits = fin | psh | ack, .ae = false, .ace = {}}},
                                           Flags{"R.", {.bits = rst | ack, .ae = false, .ace = {}}},
                                           Flags{"PU.", {.bits = psh | urg | ack, .ae = false, .ace = {}}},
                                           Flags{"SEW", {.bits = syn | ece | cwr, .ae = false, .ace = {}}},
                                           Flags{"SEWA", {.bits = syn | ece | cwr, .ae = true, .ace = {}}},
                                           Flags{"SA.", {.bits = syn | ack, .ae = true, .ace = {}}},
                                           Flags{".5", {.bits = ack, .ae = false, .ace = 5}},
                                           Flags{"S.2", {.bits = syn | ack, .ae = false, .ace = 2}},
                                           Flags{"P.0", {.bits = psh | ack, .ae = false, .ace = 0}},
                                           Flags{"R7", {.bits = rst, .ae = false, .ace = 7}}));

TEST(Packets, FlagsMayStandInAnyOrder) {  // strchr() over the letters in tcp_packet.c
  EXPECT_EQ(tcp_of("> WES 0:0(0)").flags, tcp_of("> SEW 0:0(0)").flags);
  EXPECT_EQ(tcp_of("> PF. 1:1(0)").flags, tcp_of("> FP. 1:1(0)").flags);
}

TEST(Packets, TheAceFieldIsThreeBitsOfTheHeader) {  // RFC 9768 section 3.1: AE, CWR, ECE
  EXPECT_EQ(tcp_of("> S.6 0:0(0)").flags.wire_bits(), syn | ack | cwr);
  EXPECT_TRUE(tcp_of("> S.6 0:0(0)").flags.wire_ae());
  EXPECT_EQ(tcp_of("> .1 0:0(0)").flags.wire_bits(), ack | ece);
  EXPECT_FALSE(tcp_of("> .1 0:0(0)").flags.wire_ae());
  EXPECT_EQ(tcp_of("> SEWA 0:0(0)").flags.wire_bits(), syn | ece | cwr);
  EXPECT_TRUE(tcp_of("> SEWA 0:0(0)").flags.wire_ae());
}

TEST(Packets, WhatIsSaidOfTheTosIsCompared) {  // TOS_CHECK_... in parser.y; RFC 3168 for the codepoints
  const auto info = [](const char* text) { return packet_of("> [" + std::string{text} + "] . 1:1(0)").ip; };
  EXPECT_EQ(info("tos 0xb9").tos(), 0xb9);
  EXPECT_TRUE(info("tos 0xb9").matches_tos(0xb9));
  EXPECT_FALSE(info("tos 0xb9").matches_tos(0xb8));
  EXPECT_EQ(info("ect0").tos(), 2);
  EXPECT_TRUE(info("ect0").matches_tos(0xb8 | 2));
  EXPECT_FALSE(info("ect0").matches_tos(1));
  EXPECT_TRUE(info("ect01").matches_tos(1));
  EXPECT_TRUE(info("ect01").matches_tos(2));
  EXPECT_FALSE(info("ect01").matches_tos(3));
  EXPECT_FALSE(info("noecn").matches_tos(3));
  EXPECT_TRUE(info("dscp ef").matches_tos(0xb8 | 3));
  EXPECT_TRUE(info("ttl 5").matches_tos(0xff));
}

TEST(Packets, ASegmentHasSequenceAckWindowAndUrgentPointer) {  // tcp_packet_spec, seq, opt_ack, opt_window
  const PacketSpec packet = packet_of("< P. 1:1001(1000) ack 501 win 257 urg 7");
  EXPECT_EQ(packet.direction, Direction::inbound);
  const TcpSpec tcp = std::get<TcpSpec>(packet.body);
  EXPECT_EQ(tcp.seq, (TcpSequence{.start = 1, .length = 1000, .is_absolute = false}));
  EXPECT_EQ(tcp.ack, 501U);
  EXPECT_EQ(tcp.window, 257);
  EXPECT_EQ(tcp.urgent, 7);
  EXPECT_TRUE(std::get<std::vector<TcpOptionSpec>>(tcp.options).empty());
}

TEST(Packets, WhatIsLeftOutIsEmpty) {
  const PacketSpec packet = packet_of("> S 0:0(0)");
  EXPECT_EQ(packet.direction, Direction::outbound);
  EXPECT_TRUE(packet.outer.empty());
  EXPECT_TRUE(packet.ip.is_empty());
  const TcpSpec tcp = std::get<TcpSpec>(packet.body);
  EXPECT_FALSE(tcp.ack || tcp.window || tcp.urgent || tcp.ports || tcp.udp || tcp.psp_spi || tcp.diagnosis);
}

TEST(Packets, ASequenceNumberMayBeAbsoluteOrOpen) {  // seq, nplab's
  EXPECT_EQ(tcp_of("> R. 5:5(0)! ack 1").seq, (TcpSequence{.start = 5, .length = 0, .is_absolute = true}));
  EXPECT_EQ(tcp_of("> S. ...(0) ack 1").seq, (TcpSequence{.start = {}, .length = 0, .is_absolute = false}));
}

TEST(Packets, ASequenceMayWrap) { EXPECT_EQ(tcp_of("> . 4294967290:4(10) ack 1").seq.start, 4294967290U); }

TEST(Packets, PortsStandBeforeTheFlags) {  // opt_port_info
  EXPECT_EQ(tcp_of("< 1234 > 8080 S 0:0(0) win 0").ports, (Ports{.source = 1234, .destination = 8080}));
}

TEST(Packets, TcpMayBeWithinUdp) {  // opt_udp_encaps_info, nplab's
  const TcpSpec tcp = tcp_of("> . 1:1(0) ack 1 win 9 <nop,nop,eol,eol>/udp(9899 > 9900)");
  EXPECT_EQ(tcp.udp, (Ports{.source = 9899, .destination = 9900}));
  EXPECT_EQ(tcp.window, 9);
}

TEST(Packets, TcpMayBeWithinPsp) {  // opt_encap, psp_spi
  EXPECT_EQ(tcp_of("> encap psp spi 0x17 P. 1:2(1) ack 1").psp_spi, 23U);
}

TEST(Packets, AResetMayTellWhy) {  // opt_rst_diag_payload, nplab's
  EXPECT_EQ(tcp_of("> R. 1:9(8) ack 1 [code 3, pen 4000000000]").diagnosis,
            (ResetDiagnosis{.code = 3, .enterprise = 4000000000}));
}

struct Info {
  const char* text;
  IpInfo info;
};
class PacketIpInfo : public ::testing::TestWithParam<Info> {};
TEST_P(PacketIpInfo, IsReadInEitherBrackets) {
  const std::string inner = GetParam().text;
  EXPECT_EQ(packet_of("> [" + inner + "] . 1:1(0)").ip, GetParam().info);
  EXPECT_EQ(packet_of("> (" + inner + ") . 1:1(0)").ip, GetParam().info);
}
// ip_info, tos_spec, ip_ecn, flow_label; dscp and hlim of nplab's. DSCP numbers: RFC 2474, 2597, 3246.
INSTANTIATE_TEST_SUITE_P(
    Rules, PacketIpInfo,
    ::testing::Values(Info{"noecn", {.dscp = {}, .ecn = Ecn::not_ect, .ttl = {}, .flow_label = {}}},
                      Info{"ect0", {.dscp = {}, .ecn = Ecn::ect0, .ttl = {}, .flow_label = {}}},
                      Info{"ect1", {.dscp = {}, .ecn = Ecn::ect1, .ttl = {}, .flow_label = {}}},
                      Info{"ect01", {.dscp = {}, .ecn = Ecn::ect0_or_ect1, .ttl = {}, .flow_label = {}}},
                      Info{"ce", {.dscp = {}, .ecn = Ecn::ce, .ttl = {}, .flow_label = {}}},
                      Info{"tos 0x12", {.dscp = 4, .ecn = Ecn::ect0, .ttl = {}, .flow_label = {}}},
                      Info{"flowlabel 0xabcde", {.dscp = {}, .ecn = {}, .ttl = {}, .flow_label = 0xabcde}},
                      Info{"ttl 255", {.dscp = {}, .ecn = {}, .ttl = 255, .flow_label = {}}},
                      Info{"ect0,flowlabel 0x1", {.dscp = {}, .ecn = Ecn::ect0, .ttl = {}, .flow_label = 1}},
                      Info{"hlim 5, class 0xe1", {.dscp = 56, .ecn = Ecn::ect1, .ttl = 5, .flow_label = {}}},
                      Info{"dscp af41, ecn ce", {.dscp = 34, .ecn = Ecn::ce, .ttl = {}, .flow_label = {}}},
                      Info{"dscp voice-admit, ect01",
                           {.dscp = 44, .ecn = Ecn::ect0_or_ect1, .ttl = {}, .flow_label = {}}},
                      Info{"dscp 0x3f", {.dscp = 63, .ecn = {}, .ttl = {}, .flow_label = {}}}));

TEST(Packets, IpHeadersStandAround) {  // packet_prefix
  const PacketSpec packet =
      packet_of("< ipv4 [ttl 9] 192.0.2.1 > 192.0.2.2: ipv6 2001:db8::1 > ::2: gre: S 0:0(0) win 1");
  ASSERT_EQ(packet.outer.size(), 3U);
  const auto first = std::get<IpHeaderSpec>(packet.outer[0]);
  EXPECT_EQ(first.info.ttl, 9);
  EXPECT_EQ(first.source.to_string(), "192.0.2.1");
  EXPECT_EQ(first.destination.to_string(), "192.0.2.2");
  const auto second = std::get<IpHeaderSpec>(packet.outer[1]);
  EXPECT_EQ(second.source.to_string(), "2001:db8::1");
  EXPECT_EQ(second.destination.to_string(), "::2");
  EXPECT_FALSE(std::get<GreHeaderSpec>(packet.outer[2]).fields);
}

TEST(Packets, GreMayHaveFields) {  // gre_header_expression, gre_flags; RFC 2784 and 2890 for the bits
  const PacketSpec packet = packet_of(
      "> gre flags [checksum present, key present, sequence# present] sum 0x5 off 0 key=0x7 seq 9: S 0:0(0)");
  EXPECT_EQ(std::get<GreHeaderSpec>(packet.outer.at(0)).fields,
            (GreFields{.flags = 0xb000, .sum = 5, .off = 0, .key = 7, .seq = 9}));
  EXPECT_EQ(packet_of("> GREv0, Flags 0xb000, sum 5, off 0, key 7, seq 9: S 0:0(0)"), packet);
}

TEST(Packets, MplsHasAStack) {  // mpls_stack_entry
  const PacketSpec packet =
      packet_of("> mpls (label 1048575, tc 7, ttl 255) (label 0, tc 0, [S], ttl 1): . 1:1(0)");
  EXPECT_EQ(std::get<MplsHeaderSpec>(packet.outer.at(0)).stack,
            (std::vector<MplsEntry>{{.label = 1048575, .traffic_class = 7, .is_bottom = false, .ttl = 255},
                                    {.label = 0, .traffic_class = 0, .is_bottom = true, .ttl = 1}}));
}

TEST(Packets, UdpHasALength) {  // udp_packet_spec, udplite_packet_spec
  EXPECT_EQ(std::get<UdpSpec>(packet_of("< udp (100)").body),
            (UdpSpec{.ports = {}, .length = 100, .coverage = {}}));
  EXPECT_EQ(std::get<UdpSpec>(packet_of("< udp 1 > 2 (3)").body),
            (UdpSpec{.ports = Ports{.source = 1, .destination = 2}, .length = 3, .coverage = {}}));
  EXPECT_EQ(std::get<UdpSpec>(packet_of("< udplite(3, 8)").body),
            (UdpSpec{.ports = {}, .length = 3, .coverage = 8}));
}

TEST(Packets, IcmpHasTypeCodeMtuIdAndWhatItQuotes) {  // icmp_packet_spec, opt_icmp_echoed
  EXPECT_EQ(
      icmp_of("< icmp unreachable frag_needed mtu 1200 [1:1461(1460)]"),
      (IcmpSpec{.type = "unreachable",
                .code = "frag_needed",
                .mtu = 1200,
                .id = {},
                .quoted = QuotedTcp{.seq = {.start = 1, .length = 1460, .is_absolute = false}, .udp = {}}}));
  EXPECT_EQ(icmp_of("< icmp packet_too_big mtu 1280").code, std::nullopt);
  EXPECT_EQ(icmp_of("< icmp echo_request id 77").id, 77);
  EXPECT_EQ(icmp_of("< icmp type_3 code_4").code, "code_4");
  EXPECT_EQ(icmp_of("< icmp unreachable port_unreachable [udp(10)]").quoted,
            Quoted{(QuotedUdp{.length = 10, .coverage = {}})});
  EXPECT_EQ(icmp_of("< icmp echo_reply [raw(64)]").quoted, Quoted{QuotedRaw{.length = 64}});
  EXPECT_EQ(std::get<QuotedTcp>(*icmp_of("< icmp unreachable [1:1(0)/udp(5 > 6)]").quoted).udp,
            (Ports{.source = 5, .destination = 6}));
}

}  // namespace
}  // namespace halfopen::script
