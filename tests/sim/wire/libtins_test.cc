// An independent judge: libtins reads every packet we emit, and must see the same fields and checksums.
#include <gtest/gtest.h>
#include <tins/tins.h>

#include <algorithm>

#include "sim/base/rng.h"
#include "sim/wire/packet.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

TcpOptions random_options(Rng& rng) {
  TcpOptions options;
  if (rng.chance(0.5)) options.add_mss(static_cast<std::uint16_t>(rng.next()));
  if (rng.chance(0.3)) options.add_sack_permitted();
  if (rng.chance(0.5)) options.add_timestamps({TsVal{rng.next32()}, TsVal{rng.next32()}});
  if (rng.chance(0.3)) options.add_nop();
  if (rng.chance(0.3)) options.add_window_scale(static_cast<std::uint8_t>(rng.below(15)));
  if (rng.chance(0.3)) {
    const SeqSpan blocks[] = {{Seq{rng.next32()}, 1448}, {Seq{rng.next32()}, 1}};
    options.add_sack(std::span{blocks}.first(rng.chance(0.5) ? 1 : 2));
  }
  options.pad();
  return options;
}

Packet random_packet(Rng& rng, BlockPool& pool, bool v6) {
  std::string text(rng.below(1500), '\0');
  for (char& c : text) c = static_cast<char>(rng.next());
  Packet packet = test::tcp_packet(pool, {.from_server = rng.chance(0.5),
                                          .v6 = v6,
                                          .flags = static_cast<std::uint8_t>(rng.next()),
                                          .seq = rng.next32(),
                                          .ack = rng.next32(),
                                          .window = static_cast<std::uint16_t>(rng.next()),
                                          .text = text});
  packet.ip.hop_limit = static_cast<std::uint8_t>(1 + rng.below(255));
  packet.ip.traffic_class = static_cast<std::uint8_t>(rng.next());
  packet.ip.id = static_cast<std::uint16_t>(rng.next());
  packet.ip.flow_label = rng.next32() & 0xfffff;
  packet.ip.dont_fragment = rng.chance(0.5);
  packet.segment()->options = random_options(rng);
  return packet;
}

void expect_same_tcp(const Segment& ours, const Tins::TCP& theirs) {
  EXPECT_EQ(theirs.sport(), ours.source_port);
  EXPECT_EQ(theirs.dport(), ours.destination_port);
  EXPECT_EQ(theirs.seq(), ours.seq.wire());
  EXPECT_EQ(theirs.ack_seq(), ours.ack.wire());
  EXPECT_EQ(theirs.flags() & 0xff, ours.flags);
  EXPECT_EQ(theirs.window(), ours.window);
  EXPECT_EQ(theirs.data_offset() * 4u, 20 + ours.options.wire().size());
  if (ours.options.mss()) {
    EXPECT_EQ(theirs.mss(), *ours.options.mss());
  }
  if (ours.options.window_scale()) {
    EXPECT_EQ(theirs.winscale(), *ours.options.window_scale());
  }
  EXPECT_EQ(theirs.has_sack_permitted(), ours.options.sack_permitted());
  if (ours.options.has_timestamps()) {
    EXPECT_EQ(theirs.timestamp(),
              std::make_pair(ours.options.timestamps().value.wire(), ours.options.timestamps().echo.wire()));
  }
  if (!ours.options.sack().empty()) {
    std::vector<std::uint32_t> edges;
    for (const SeqSpan& block : ours.options.sack()) {
      edges.push_back(block.start.wire());
      edges.push_back(block.end().wire());
    }
    EXPECT_EQ(theirs.sack(), edges);
  }
  const auto* raw = theirs.find_pdu<Tins::RawPDU>();
  EXPECT_EQ(raw != nullptr ? raw->payload() : std::vector<std::uint8_t>{}, test::bytes_of(ours.payload));
}

// libtins computes checksums when it serializes: equal bytes mean equal checksums.
TEST(Libtins, SeesTheSameIpv4Segments) {
  BlockPool pool;
  Rng rng{11};
  for (int i = 0; i < 500; ++i) {
    const Packet packet = random_packet(rng, pool, false);
    const auto wire = test::bytes_of(packet);
    Tins::IP ip{wire.data(), static_cast<std::uint32_t>(wire.size())};
    EXPECT_EQ(ip.src_addr().to_string(), packet.ip.source.to_string());
    EXPECT_EQ(ip.dst_addr().to_string(), packet.ip.destination.to_string());
    EXPECT_EQ(ip.ttl(), packet.ip.hop_limit);
    EXPECT_EQ(ip.tos(), packet.ip.traffic_class);
    EXPECT_EQ(ip.id(), packet.ip.id);
    EXPECT_EQ(ip.flags() == Tins::IP::DONT_FRAGMENT, packet.ip.dont_fragment);
    EXPECT_EQ(ip.tot_len(), wire.size());
    const auto* tcp = ip.find_pdu<Tins::TCP>();
    ASSERT_NE(tcp, nullptr);
    expect_same_tcp(*packet.segment(), *tcp);
    ASSERT_EQ(ip.serialize(), wire);
  }
}

TEST(Libtins, SeesTheSameIpv6Segments) {
  BlockPool pool;
  Rng rng{12};
  for (int i = 0; i < 500; ++i) {
    const Packet packet = random_packet(rng, pool, true);
    const auto wire = test::bytes_of(packet);
    Tins::IPv6 ip{wire.data(), static_cast<std::uint32_t>(wire.size())};
    EXPECT_EQ(ip.src_addr().to_string(), packet.ip.source.to_string());
    EXPECT_EQ(ip.dst_addr().to_string(), packet.ip.destination.to_string());
    EXPECT_EQ(ip.hop_limit(), packet.ip.hop_limit);
    EXPECT_EQ(ip.traffic_class(), packet.ip.traffic_class);
    EXPECT_EQ(ip.flow_label(), packet.ip.flow_label);
    const auto* tcp = ip.find_pdu<Tins::TCP>();
    ASSERT_NE(tcp, nullptr);
    expect_same_tcp(*packet.segment(), *tcp);
    ASSERT_EQ(ip.serialize(), wire);
  }
}

TEST(Libtins, SeesTheSameIcmpErrors) {
  BlockPool pool;
  Rng rng{13};
  for (std::size_t i = 0; i < kIcmpKinds; ++i) {
    const auto kind = static_cast<IcmpKind>(i);
    const auto v4 =
        make_icmp_error(kind, random_packet(rng, pool, false), test::kRouterIp, 1400, rng.below(100));
    ASSERT_TRUE(v4);
    const auto wire = test::bytes_of(*v4);
    Tins::IP ip{wire.data(), static_cast<std::uint32_t>(wire.size())};
    const auto* icmp = ip.find_pdu<Tins::ICMP>();
    ASSERT_NE(icmp, nullptr);
    EXPECT_EQ((IcmpTypeCode{static_cast<std::uint8_t>(icmp->type()), icmp->code()}),
              type_code_of(kind, false));
    if (kind == IcmpKind::fragmentation_needed) {
      EXPECT_EQ(icmp->mtu(), 1400);
    }
    EXPECT_EQ(ip.serialize(), wire);

    const auto v6 = make_icmp_error(kind, random_packet(rng, pool, true), test::v6_host(0xfe), 1400, 40);
    if (!v6) continue;
    const auto wire6 = test::bytes_of(*v6);
    Tins::IPv6 ip6{wire6.data(), static_cast<std::uint32_t>(wire6.size())};
    const auto* icmp6 = ip6.find_pdu<Tins::ICMPv6>();
    ASSERT_NE(icmp6, nullptr);
    EXPECT_EQ((IcmpTypeCode{static_cast<std::uint8_t>(icmp6->type()), icmp6->code()}),
              type_code_of(kind, true));
    const std::uint16_t checksum = icmp6->checksum();
    (void)ip6.serialize();
    EXPECT_EQ(ip6.find_pdu<Tins::ICMPv6>()->checksum(), checksum);
  }
}

}  // namespace
}  // namespace halfopen
