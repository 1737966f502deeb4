#include "sim/wire/icmp.h"

#include <gtest/gtest.h>

#include "tests/support/packets.h"

namespace halfopen {
namespace {

using test::kRouterIp;

TEST(Icmp, EveryKindHasAWordThatLeadsBackToIt) {
  for (std::size_t i = 0; i < kIcmpKinds; ++i) {
    const auto kind = static_cast<IcmpKind>(i);
    EXPECT_EQ(icmp_kind_from(to_string(kind)), kind);
  }
  EXPECT_EQ(icmp_kind_from("host-unreachable"), IcmpKind::host_unreachable);
  EXPECT_EQ(icmp_kind_from("fragmentation_needed"), IcmpKind::fragmentation_needed);
  EXPECT_FALSE(icmp_kind_from("host"));
  EXPECT_FALSE(icmp_kind_from(""));
}

TEST(Icmp, TypeAndCodeLeadBackToTheKindInBothFamilies) {  // RFC 792, RFC 4443
  for (const bool v6 : {false, true}) {
    for (std::size_t i = 0; i < kIcmpKinds; ++i) {
      const auto kind = static_cast<IcmpKind>(i);
      if (const auto type_code = type_code_of(kind, v6)) {
        EXPECT_EQ(kind_of(*type_code, v6), kind);
      }
    }
  }
  EXPECT_EQ(type_code_of(IcmpKind::host_unreachable, false), (IcmpTypeCode{3, 1}));
  EXPECT_EQ(type_code_of(IcmpKind::host_unreachable, true), (IcmpTypeCode{1, 3}));
  EXPECT_FALSE(type_code_of(IcmpKind::source_quench, true));
  EXPECT_EQ(kind_of({11, 1}, false), IcmpKind::reassembly_exceeded);
  EXPECT_FALSE(kind_of({8, 0}, false));
}

TEST(Icmp, AnErrorQuotesEnoughToFindTheConnection) {  // RFC 792: header and 64 bits
  BlockPool pool;
  for (const bool v6 : {false, true}) {
    const Packet offender = test::tcp_packet(pool, {.v6 = v6, .seq = 0x01020304, .text = "anybody there?\n"});
    const IpAddress router = v6 ? test::v6_host(0xfe) : kRouterIp;
    const auto error = make_icmp_error(IcmpKind::host_unreachable, offender, router, 0);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->ip.source, router);
    EXPECT_EQ(error->ip.destination, offender.ip.source);
    EXPECT_EQ(error->why.cause, Cause::icmp_error);
    EXPECT_EQ(error->icmp()->body.size(), (v6 ? 40u : 20u) + 8u);
    const auto quoted = quoted_segment(*error->icmp(), v6);
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->seq, Seq{0x01020304});
    EXPECT_EQ(quoted->tuple.local, (SocketAddress{offender.ip.source, test::kClientPort}));
    EXPECT_EQ(quoted->tuple.remote, (SocketAddress{offender.ip.destination, test::kServerPort}));
  }
}

TEST(Icmp, AnErrorAboutADatagramQuotesTheSegmentInIt) {
  BlockPool pool;
  for (const bool v6 : {false, true}) {
    Packet offender = test::tcp_packet(pool, {.v6 = v6, .seq = 0x01020304, .text = "anybody there?\n"});
    offender.udp = {.source = 9811, .destination = 7};
    const IpAddress router = v6 ? test::v6_host(0xfe) : kRouterIp;
    const auto error = make_icmp_error(IcmpKind::port_unreachable, offender, router, 0, 16);
    EXPECT_FALSE(quoted_segment(*error->icmp(), v6));
    const auto quoted = quoted_segment_in_udp(*error->icmp(), v6);
    ASSERT_TRUE(quoted);
    EXPECT_EQ(quoted->seq, Seq{0x01020304});
    EXPECT_EQ(quoted->udp, offender.udp);
    EXPECT_EQ(quoted->tuple.local, (SocketAddress{offender.ip.source, test::kClientPort}));
  }
}

TEST(Icmp, FragmentationNeededCarriesTheMtu) {  // RFC 1191 section 4, RFC 4443 section 3.2
  BlockPool pool;
  const Packet v4 = test::tcp_packet(pool, {});
  const Packet v6 = test::tcp_packet(pool, {.v6 = true});
  EXPECT_EQ(make_icmp_error(IcmpKind::fragmentation_needed, v4, kRouterIp, 1400)->icmp()->rest, 1400u);
  EXPECT_EQ(make_icmp_error(IcmpKind::fragmentation_needed, v4, kRouterIp, 70000)->icmp()->rest, 65535u);
  EXPECT_EQ(make_icmp_error(IcmpKind::fragmentation_needed, v6, test::v6_host(9), 70000)->icmp()->rest,
            70000u);
}

TEST(Icmp, NoErrorIsSentAboutAnError) {  // RFC 1122 section 3.2.2
  BlockPool pool;
  const Packet offender = test::tcp_packet(pool, {});
  const auto error = make_icmp_error(IcmpKind::host_unreachable, offender, kRouterIp, 0);
  EXPECT_FALSE(make_icmp_error(IcmpKind::host_unreachable, *error, kRouterIp, 0));
}

TEST(Icmp, TheRouterSpeaksTheOffendersFamily) {
  BlockPool pool;
  EXPECT_FALSE(make_icmp_error(IcmpKind::host_unreachable, test::tcp_packet(pool, {}), test::v6_host(1), 0));
  EXPECT_FALSE(
      make_icmp_error(IcmpKind::source_quench, test::tcp_packet(pool, {.v6 = true}), test::v6_host(1), 0));
}

TEST(Icmp, AQuoteThatDoesNotNameASegmentIsNone) {
  BlockPool pool;
  const auto whole = make_icmp_error(IcmpKind::host_unreachable, test::tcp_packet(pool, {}), kRouterIp, 0);
  const IcmpMessage good = *whole->icmp();
  ASSERT_TRUE(quoted_segment(good, false));
  for (std::size_t size = 0; size < good.body.size(); ++size) {  // too short by any number of bytes
    IcmpMessage cut = good;
    cut.body.resize(size);
    EXPECT_FALSE(quoted_segment(cut, false)) << size;
  }
  IcmpMessage udp = good;
  udp.body[9] = 17;
  EXPECT_FALSE(quoted_segment(udp, false));
  EXPECT_FALSE(quoted_segment_in_udp(udp, false)) << "eight bytes are the UDP header alone";
  IcmpMessage later_fragment = good;
  later_fragment.body[7] = 1;
  EXPECT_FALSE(quoted_segment(later_fragment, false));
  IcmpMessage echo = good;
  echo.type = 8;
  EXPECT_FALSE(quoted_segment(echo, false));
  EXPECT_FALSE(quoted_segment(good, true)) << "an IPv4 packet inside ICMPv6";
}

}  // namespace
}  // namespace halfopen
