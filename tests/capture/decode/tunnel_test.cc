// TCP inside tunnels is shown, and what only looks like a tunnel is not opened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/base/rng.h"
#include "sim/wire/bytes.h"
#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::pcap_of;
using test::read_wild;
using test::WildCapture;
using test::operator+;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kRaw = 101;

// An IP packet between other addresses than the inner one's.
Bytes ip(std::uint8_t protocol, const Bytes& body, bool v6 = false) {
  Bytes head(v6 ? 40 : 20);
  if (v6) {
    head[0] = 0x60;
    wire::put16(&head[4], static_cast<std::uint32_t>(body.size()));
    head[6] = protocol;
    head[7] = 64;
    head[8] = head[24] = 0x20;
  } else {
    head[0] = 0x45;
    wire::put16(&head[2], static_cast<std::uint32_t>(20 + body.size()));
    head[8] = 64;
    head[9] = protocol;
    head[12] = head[16] = 192;
  }
  return head + body;
}

Bytes udp(std::uint16_t port, const Bytes& payload) {
  Bytes head{0xc0, 1, 0, 0, 0, 0, 0, 0};
  wire::put16(&head[2], port);
  wire::put16(&head[4], static_cast<std::uint32_t>(8 + payload.size()));
  return ip(17, head + payload);
}

Bytes ethernet(const Bytes& packet) {
  const Bytes head{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
  return head + (packet[0] >> 4 == 6 ? Bytes{0x86, 0xdd} : Bytes{0x08, 0}) + packet;
}

struct TunnelCase {
  const char* name;
  Bytes (*around)(const Bytes& inner);
  const char* remark;
  bool v6 = false;  // of the inner packet
};

const std::vector<TunnelCase>& cases() {
  static const std::vector<TunnelCase> all{
      {"ip_in_ip", [](const Bytes& inner) { return ip(4, inner); }, "IP in IP"},
      {"ipv6_in_ipv4", [](const Bytes& inner) { return ip(41, inner); }, "IP in IP", true},
      {"ipv4_in_ipv6", [](const Bytes& inner) { return ip(4, inner, true); }, "IP in IP"},
      {"ipv6_in_ipv6", [](const Bytes& inner) { return ip(41, inner, true); }, "IP in IP", true},
      {"gre",
       [](const Bytes& inner) {
         return ip(47, Bytes{0, 0, 8, 0} + inner);
       },
       "GRE"},
      {"gre_all_fields_v6",
       [](const Bytes& inner) {
         return ip(47, Bytes{0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1} + inner, true);
       },
       "GRE", true},
      {"gre_ethernet",
       [](const Bytes& inner) {
         return ip(47, Bytes{0, 0, 0x65, 0x58} + ethernet(inner));
       },
       "GRE"},
      {"gre_mpls",
       [](const Bytes& inner) {
         return ip(47, Bytes{0, 0, 0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64} + inner);
       },
       "GRE"},
      {"nvgre",
       [](const Bytes& inner) {
         return ip(47, Bytes{0x20, 0, 0x65, 0x58, 0, 0, 7, 0} + ethernet(inner));
       },
       "NVGRE (vsid 7)"},
      {"erspan_1",
       [](const Bytes& inner) {
         return ip(47, Bytes{0, 0, 0x88, 0xbe} + ethernet(inner));
       },
       "ERSPAN (session 0)"},
      {"erspan_2",
       [](const Bytes& inner) {
         return ip(47,
                   Bytes{0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0x18, 9, 0, 0, 0, 0} + ethernet(inner));
       },
       "ERSPAN (session 9)"},
      {"erspan_3",
       [](const Bytes& inner) {
         return ip(47, Bytes{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0} +
                           ethernet(inner));
       },
       "ERSPAN (session 3)"},
      {"erspan_3_with_subheader",
       [](const Bytes& inner) {
         return ip(47, Bytes{0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 3, 0, 0,
                             0,    0, 0,    0,    0, 1, 0, 0, 0,    0, 0, 0, 0, 0} +
                           ethernet(inner));
       },
       "ERSPAN (session 3)"},
      {"wccp",
       [](const Bytes& inner) {
         return ip(47, Bytes{0, 0, 0x88, 0x3e, 0, 0, 0, 0} + inner);
       },
       "GRE"},
      {"pptp",
       [](const Bytes& inner) {
         return ip(47, Bytes{0x30, 1, 0x88, 0x0b, 0, 46, 0, 5, 0, 0, 0, 1, 0xff, 3, 0, 0x21} + inner);
       },
       "PPTP"},
      {"pptp_with_acknowledgment",
       [](const Bytes& inner) {
         return ip(47, Bytes{0x30, 0x81, 0x88, 0x0b, 0, 46, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0x21} + inner);
       },
       "PPTP"},
      {"vxlan",
       [](const Bytes& inner) {
         return udp(4789, Bytes{8, 0, 0, 0, 0, 0, 5, 0} + ethernet(inner));
       },
       "VXLAN (vni 5)"},
      {"vxlan_on_linux_port_v6",
       [](const Bytes& inner) {
         return udp(8472, Bytes{8, 0, 0, 0, 0, 0, 6, 0} + ethernet(inner));
       },
       "VXLAN (vni 6)", true},
      {"vxlan_group_policy",
       [](const Bytes& inner) {
         return udp(4789, Bytes{0x88, 0, 1, 2, 0, 0, 5, 0} + ethernet(inner));
       },
       "VXLAN (vni 5)"},
      {"geneve",
       [](const Bytes& inner) {
         return udp(6081, Bytes{0, 0, 0x65, 0x58, 0, 0, 8, 0} + ethernet(inner));
       },
       "Geneve (vni 8)"},
      {"geneve_options_ip",
       [](const Bytes& inner) {
         return udp(6081, Bytes{2, 0x40, 8, 0, 0, 0, 8, 0, 0, 1, 0, 1, 9, 9, 9, 9} + inner);
       },
       "Geneve (vni 8)"},
      {"gtp",
       [](const Bytes& inner) {
         return udp(2152, Bytes{0x30, 0xff, 0, 46, 0, 0, 0, 1} + inner);
       },
       "GTP-U"},
      {"gtp_extensions",
       [](const Bytes& inner) {
         return udp(2152,
                    Bytes{0x34, 0xff, 0, 58, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 9, 0x85, 1, 0, 9, 0} + inner);
       },
       "GTP-U", true},
      {"mpls_in_ip",
       [](const Bytes& inner) {
         return ip(137, Bytes{0, 1, 1, 64} + inner);
       },
       "MPLS in IP"},
      {"etherip",
       [](const Bytes& inner) {
         return ip(97, Bytes{0x30, 0} + ethernet(inner));
       },
       "EtherIP"},
  };
  return all;
}

Bytes segment(bool v6) {
  BlockPool pool;
  return test::bytes_of(test::tcp_packet(pool, {.v6 = v6, .text = "hello\n"}));
}

class Tunnels : public ::testing::TestWithParam<TunnelCase> {};

TEST_P(Tunnels, AreOpened) {
  const Bytes inner = segment(GetParam().v6);
  const WildCapture capture = read_wild(pcap_of(kRaw, {{GetParam().around(inner)}}));
  ASSERT_THAT(capture.packets, SizeIs(1));
  EXPECT_TRUE(capture.packets[0].is_tcp);
  EXPECT_EQ(capture.packets[0].ip, inner);
  EXPECT_EQ(capture.packets[0].payload, 6u);
  EXPECT_EQ(capture.counts.packets, 1u);
  EXPECT_THAT(capture.remarks, ElementsAre(std::string{"1 packet inside "} + GetParam().remark));
}

TEST_P(Tunnels, AreOpenedAsFarAsTheyWereCaptured) {
  const Bytes whole = GetParam().around(segment(GetParam().v6));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const WildCapture capture =
        read_wild(pcap_of(kRaw, {{cut, 0, static_cast<std::uint32_t>(whole.size())}}));
    ASSERT_LE(capture.packets.size() + capture.malformed.size(), 1u);
    const bool is_there = size + 6 >= whole.size();  // the headers are
    ASSERT_EQ(!capture.packets.empty() && capture.packets[0].is_tcp, is_there) << size;
    if (is_there) {
      ASSERT_EQ(capture.packets[0].payload, 6u);
    }
  }
}

TEST_P(Tunnels, StayWhatTheyAreWhereNothingIsInThem) {
  Bytes inner = segment(GetParam().v6);
  const auto is_closed = [&] {
    const WildCapture capture = read_wild(pcap_of(kRaw, {{GetParam().around(inner)}}));
    return capture.packets.size() == 1 && !capture.packets[0].is_tcp && capture.remarks.empty();
  };
  inner[GetParam().v6 ? 4 : 2] = 1;  // longer than there is room
  EXPECT_TRUE(is_closed());
  inner = segment(GetParam().v6);
  inner[0] = 0x52;
  EXPECT_TRUE(is_closed()) << "another version";
  inner = segment(GetParam().v6);
  inner[GetParam().v6 ? 52 : 32] = 0x10;
  EXPECT_TRUE(is_closed()) << "no TCP header";
}

INSTANTIATE_TEST_SUITE_P(Known, Tunnels, ::testing::ValuesIn(cases()),
                         [](const auto& tunnel) { return std::string{tunnel.param.name}; });

TEST(Tunnel, OtherPortsAndFlagsAreNoTunnels) {
  const Bytes frame = ethernet(segment(false));
  const auto is_closed = [](const Bytes& packet) {
    const WildCapture capture = read_wild(pcap_of(kRaw, {{packet}}));
    return capture.packets.size() == 1 && !capture.packets[0].is_tcp && capture.remarks.empty();
  };
  EXPECT_TRUE(is_closed(udp(4788, Bytes{8, 0, 0, 0, 0, 0, 5, 0} + frame)));
  EXPECT_TRUE(is_closed(udp(4789, Bytes{0, 0, 0, 0, 0, 0, 5, 0} + frame)));
  EXPECT_TRUE(is_closed(udp(4789, Bytes{8, 0, 0, 1, 0, 0, 5, 0} + frame)));
  EXPECT_TRUE(is_closed(udp(6081, Bytes{0x40, 0, 0x65, 0x58, 0, 0, 5, 0} + frame)));
  EXPECT_TRUE(is_closed(udp(2152, Bytes{0x30, 1, 0, 46, 0, 0, 0, 1} + segment(false)))) << "an echo";
  EXPECT_TRUE(is_closed(udp(2152, Bytes{0x34, 0xff, 0, 50, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0, 0, 0})));
  EXPECT_TRUE(is_closed(ip(47, Bytes{0x40, 0, 8, 0} + segment(false)))) << "source routing";
  EXPECT_TRUE(is_closed(ip(47, Bytes{0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 5, 0, 0, 0, 1})));
}

TEST(Tunnel, StandsInAnother) {
  const Bytes inner = segment(true);
  const Bytes vxlan = udp(4789, Bytes{8, 0, 0, 0, 0, 0, 5, 0} + ethernet(inner));
  const WildCapture capture = read_wild(pcap_of(kRaw, {{ip(47, Bytes{0, 0, 8, 0} + vxlan)}, {vxlan}}));
  ASSERT_THAT(capture.packets, SizeIs(2));
  EXPECT_EQ(capture.packets[0].ip, inner);
  EXPECT_THAT(capture.remarks, ElementsAre("1 packet inside GRE", "2 packets inside VXLAN (vni 5)"));
}

TEST(Tunnel, NoMoreThanEightStandInOneAnother) {
  Bytes packet = segment(false);
  for (int depth = 0; depth < 8; ++depth) packet = ip(4, packet);
  EXPECT_TRUE(read_wild(pcap_of(kRaw, {{packet}})).packets.at(0).is_tcp);
  for (int depth = 0; depth < 2000; ++depth) packet = ip(4, packet);
  const WildCapture capture = read_wild(pcap_of(kRaw, {{packet}}));
  ASSERT_THAT(capture.packets, SizeIs(1));
  EXPECT_FALSE(capture.packets[0].is_tcp);
}

TEST(Tunnel, MayComeInFragmentsOrCarryThem) {
  const Bytes whole = ip(4, segment(false));
  Bytes first(whole.begin(), whole.begin() + 20 + 40);
  Bytes last = Bytes(whole.begin(), whole.begin() + 20) + Bytes(whole.begin() + 60, whole.end());
  wire::put16(&first[2], 60);
  wire::put16(&first[6], 0x2000);
  wire::put16(&last[2], static_cast<std::uint32_t>(last.size()));
  wire::put16(&last[6], 40 / 8);
  for (const auto& [a, b] : {std::pair{first, last}, std::pair{ip(47, Bytes{0, 0, 8, 0} + first),
                                                               ip(47, Bytes{0, 0, 8, 0} + last)}}) {
    const WildCapture capture = read_wild(pcap_of(kRaw, {{a}, {b}}));
    ASSERT_THAT(capture.packets, SizeIs(1));
    EXPECT_TRUE(capture.packets[0].is_tcp);
    EXPECT_EQ(capture.packets[0].number, 2u);
    EXPECT_EQ(capture.counts.unfinished, 0u);
  }
}

TEST(Tunnel, ManyNetworksAreNotManyLines) {
  std::vector<test::WildFrame> frames;
  for (std::uint8_t i = 0; i < 100; ++i)
    frames.push_back({udp(4789, Bytes{8, 0, 0, 0, 0, 0, i, 0} + ethernet(segment(false)))});
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  ASSERT_THAT(capture.remarks, SizeIs(33));
  EXPECT_EQ(capture.remarks.back(), "68 packets inside VXLAN of other numbers");
}

TEST(Tunnel, MutatedOnesNeverHarm) {
  Rng rng{20261127};
  std::uint64_t opened = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<test::WildFrame> frames;
    for (int i = 0; i < 50; ++i) {
      const TunnelCase& outer = cases()[rng.below(cases().size())];
      Bytes packet = segment(outer.v6);
      if (rng.below(3) == 0) packet = ip(outer.v6 ? 41 : 4, packet, outer.v6);
      packet = outer.around(packet);
      for (std::uint64_t n = rng.below(4); n > 0; --n)
        packet[rng.below(packet.size())] = static_cast<std::uint8_t>(rng.next());
      if (rng.below(3) == 0) packet.resize(rng.below(packet.size() + 1));
      frames.push_back({packet});
    }
    const WildCapture capture = read_wild(pcap_of(kRaw, frames));
    ASSERT_EQ(capture.error, "none");
    for (const auto& packet : capture.packets) {
      opened += packet.is_tcp ? 1u : 0u;
      ASSERT_LE(packet.ip.size(), packet.wire_size);
      ASSERT_LE(packet.payload_captured, packet.payload);
    }
  }
  EXPECT_GT(opened, 5000u) << "the mutations are so wild that nothing is tested";
}

}  // namespace
}  // namespace halfopen
