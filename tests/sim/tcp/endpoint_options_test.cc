// Options: what SYNs carry byte for byte, and what follows when the peer knows less.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

// Masks the eight bytes of the timestamps' values.
std::string layout(const Segment& s) {
  std::vector<std::uint8_t> wire{s.options.wire().begin(), s.options.wire().end()};
  std::string out = hex(wire);
  const std::size_t at = out.find("08 0a");
  if (at != std::string::npos) out.replace(at + 6, 23, "t");
  return out;
}

// Orders as measured (Linux) and as the sources have them.
TEST(SynOptions, AreEachProfilesFingerprint) {
  struct Row {
    const char* os;
    const char* bytes;
    std::uint16_t window;
  };
  for (const Row& row : {Row{"linux-6.1", "02 04 05 b4 04 02 08 0a t 01 03 03 07", 64240},
                         Row{"linux-6.18", "02 04 05 b4 04 02 08 0a t 01 03 03 0a", 64240},
                         Row{"4.4bsd", "02 04 05 b4 01 03 03 00 01 01 08 0a t", 8192},
                         Row{"freebsd", "02 04 05 b4 01 03 03 06 04 02 08 0a t", 65535},
                         Row{"rfc", "02 04 05 b4 04 02 08 0a t 01 03 03 00", 65535}}) {
    Alone a{row.os};
    a.pair.start_connect();
    EXPECT_EQ(layout(a.last()), row.bytes) << row.os;
    EXPECT_EQ(a.last().window, row.window) << row.os;
    EXPECT_EQ(a.last().options.timestamps().echo, TsVal{0}) << row.os;
    EXPECT_EQ(a.last().options.wire().size() % 4, 0u) << row.os;
  }
}

// A SYN-ACK carries only what the SYN carried (RFC 7323 section 1.3, RFC 2018 section 2).
TEST(SynOptions, ASynAckOffersOnlyWhatTheSynOffered) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    a.accept(20ms, {.mss = std::nullopt, .timestamps = false, .sack = false, .scale = std::nullopt});
    EXPECT_EQ(hex(a.pair.rungs[0].packet.segment()->options.wire()), "02 04 05 b4") << os;
    EXPECT_FALSE(a.tcp().info().timestamps || a.tcp().info().sack || a.tcp().info().window_scaling) << os;
    a.write(10);
    EXPECT_TRUE(a.last().options.wire().empty()) << os;
  }
}

TEST(SynOptions, LinuxsServerOffers65160WithTimestampsAnd64240Without) {
  Alone with{"linux"};
  with.accept();
  EXPECT_EQ(with.pair.rungs[0].packet.segment()->window, 65160);
  Alone without{"linux"};
  without.accept(20ms, {.timestamps = false});
  EXPECT_EQ(without.pair.rungs[0].packet.segment()->window, 64240);
}

TEST(SynOptions, TheNextSegmentHasTwoPadsAndTheTimestamps) {
  Alone a{"linux"};
  a.open();
  const Segment& ack = *a.pair.rungs[1].packet.segment();
  EXPECT_EQ(layout(ack), "01 01 08 0a t");
  EXPECT_EQ(ack.options.timestamps().echo, TsVal{5000});
}

// RFC 9293 section 3.7.1: 536, and 1220 for IPv6; 4.4BSD has 512.
TEST(PeerOptions, WithoutAnMssOptionTheDefaultHolds) {
  for (const auto& [os, mss] :
       {std::pair{"4.4bsd", 512u}, {"linux", 536u}, {"freebsd", 536u}, {"rfc", 536u}}) {
    Alone a{os};
    a.open(20ms, {.mss = std::nullopt, .timestamps = false});
    EXPECT_EQ(a.tcp().info().mss, mss) << os;
  }
}

TEST(PeerOptions, TimestampsTakeTwelveBytesOfEachSegment) {
  Alone a{"linux"};
  a.open();
  EXPECT_EQ(a.tcp().info().mss, 1448u);
  Alone b{"linux"};
  b.open(20ms, {.timestamps = false});
  EXPECT_EQ(b.tcp().info().mss, 1460u);
}

// RFC 9293 section 3.1: unknown options are passed over.
TEST(PeerOptions, UnknownOptionsAreIgnored) {
  constexpr std::uint8_t kWire[] = {2, 4, 0x05, 0xb4, 254, 6, 1, 2, 3, 4, 4, 2, 0, 0, 0, 0};
  Alone a{"linux"};
  a.pair.start_connect();
  Segment s = a.syn({}, tcp_flag::syn | tcp_flag::ack);
  s.options = *TcpOptions::parse(kWire);
  s.ack = a.pair.a.iss + 1;
  a.take(s);
  EXPECT_EQ(a.state(), State::established);
  EXPECT_TRUE(a.tcp().info().sack);
  EXPECT_FALSE(a.tcp().info().timestamps);
}

// RFC 7323 section 2.3: a shift beyond 14 counts as 14; the SYN's own window is not scaled.
TEST(PeerOptions, TheWindowIsScaledFromTheSecondSegmentOn) {
  Alone a{"rfc"};
  a.open(20ms, {.scale = 20, .window = 3});
  EXPECT_EQ(a.tcp().info().snd_wnd, 3u);
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.tcp().info().snd_wnd, 3u << 14);
}

TEST(PeerOptions, WithoutScalingTheWindowIsWhatItSays) {
  Alone a{"linux"};
  a.open(20ms, {.scale = std::nullopt, .window = 30'000});
  EXPECT_EQ(a.tcp().info().snd_wnd, 30'000u);
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.tcp().info().snd_wnd, 30'000u);
}

TEST(Ipv6, HasAnMssOf1440) {
  Alone a{"linux"};
  const std::array<std::uint8_t, 16> mine{0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  auto theirs = mine;
  theirs[15] = 2;
  a.pair.a.addresses = {{IpAddress::v6(mine), 40000}, {IpAddress::v6(theirs), 9998}};
  a.pair.b.addresses = {a.pair.a.addresses.remote, a.pair.a.addresses.local};
  a.open(20ms, {.mss = 1440});
  EXPECT_EQ(a.pair.rungs[0].packet.segment()->options.mss(), 1440);
  EXPECT_EQ(a.tcp().info().mss, 1428u);
  a.write(5000);
  for (const Pair::Rung& rung : a.pair.rungs) EXPECT_LE(wire_size(rung.packet), 1500u);
  EXPECT_EQ(wire_size(a.pair.rungs[2].packet), 1500u);
}

// include/net/ip.h ip_dont_fragment: IP_MTU_DISCOVER, ip_no_pmtu_disc, and `mtu lock` of a route.
TEST(DontFragment, IsWhatTheSocketAndTheRouteSay) {
  const auto is_set = [](PathMtuDiscovery asked, bool discovers, bool locked) {
    Pair pair;
    pair.a.profile.ip.dont_fragment.value = discovers;
    pair.a.env.route.mtu_locked = locked;
    pair.a.options.path_mtu = asked;
    pair.connect();
    return pair.rungs.front().packet.ip.dont_fragment;
  };
  using enum PathMtuDiscovery;
  EXPECT_TRUE(is_set(usual, true, false));
  EXPECT_FALSE(is_set(usual, false, false));
  EXPECT_FALSE(is_set(usual, true, true));
  EXPECT_TRUE(is_set(on, false, false));
  EXPECT_FALSE(is_set(on, false, true));
  EXPECT_TRUE(is_set(always, false, true));
  for (const PathMtuDiscovery asked : {off, probe, device, omit}) EXPECT_FALSE(is_set(asked, true, false));
}

}  // namespace
}  // namespace halfopen::testing
