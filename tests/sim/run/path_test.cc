#include "sim/run/path.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/packets.h"

namespace halfopen {
namespace {

using test::kClientIp;
using test::kRouterIp;
using test::kServerIp;

TimePoint at(Duration d) { return kTimeZero + d; }

// A segment from the client, told apart by its sequence number.
Packet segment(std::uint32_t number, std::uint8_t flags = tcp_flag::ack) {
  Packet packet;
  packet.ip.source = kClientIp;
  packet.ip.destination = kServerIp;
  Segment& tcp = packet.body.emplace<Segment>();
  tcp.source_port = test::kClientPort;
  tcp.destination_port = test::kServerPort;
  tcp.seq = Seq{number};
  tcp.flags = flags;
  return packet;
}

Packet reply(std::uint32_t number, std::uint8_t flags = tcp_flag::ack) {
  Packet packet = segment(number, flags);
  std::swap(packet.ip.source, packet.ip.destination);
  return packet;
}

Packet data(BlockPool& pool, std::uint32_t number, std::size_t bytes) {
  Packet packet = segment(number);
  const std::vector<std::uint8_t> content(bytes, 'x');
  packet.segment()->payload = Payload{pool, content};
  return packet;
}

PathConfig both(const LinkConfig& link) {
  PathConfig config;
  config.to_server = link;
  config.to_client = link;
  return config;
}

struct Arrived {
  TimePoint at;
  HostId from;
  HostId to;
  std::uint32_t number = 0;
  bool is_icmp = false;
};

// Everything in flight, in the order in which it arrives.
std::vector<Arrived> arrivals(Path& path) {
  std::vector<Arrived> out;
  while (path.next_arrival() != kNever) {
    const TimePoint now = path.next_arrival();
    for (auto due = path.poll(now); due.packet != nullptr; due = path.poll(now)) {
      const Segment* tcp = due.packet->segment();
      out.push_back({now, due.from, due.to, tcp != nullptr ? tcp->seq.wire() : 0, tcp == nullptr});
      path.done(due);
    }
  }
  return out;
}

void expect_conserved(const Path& path) {
  for (const Direction one : {Direction::to_server, Direction::to_client}) {
    const PathCounters& c = path.counters(one);
    EXPECT_EQ(c.sent + c.duplicated + c.from_router, c.delivered + c.lost + c.cut + c.dropped_by_match +
                                                         c.queue_full + c.too_big + path.in_flight(one))
        << to_string(one);
  }
}

TEST(Path, APacketArrivesAfterTheDelayAndNotBefore) {
  Path path{both({.delay = 10ms}), 1};
  EXPECT_EQ(path.next_arrival(), kNever);
  EXPECT_EQ(path.send(at(5ms), HostId::client, segment(7)), PacketFate::delivered);
  EXPECT_EQ(path.next_arrival(), at(15ms));
  EXPECT_EQ(path.poll(at(15ms) - 1ns).packet, nullptr);
  const auto due = path.poll(at(15ms));
  ASSERT_NE(due.packet, nullptr);
  EXPECT_EQ(due.from, HostId::client);
  EXPECT_EQ(due.to, HostId::server);
  path.done(due);
  EXPECT_EQ(path.next_arrival(), kNever);
}

TEST(Path, PacketsOfOneInstantArriveInTheOrderOfSendingAcrossDirections) {
  Path path{both({.delay = 10ms}), 1};
  path.send(at(0ms), HostId::server, reply(1));
  path.send(at(0ms), HostId::client, segment(2));
  path.send(at(0ms), HostId::server, reply(3));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].number, 1u);
  EXPECT_EQ(seen[1].number, 2u);
  EXPECT_EQ(seen[2].number, 3u);
}

TEST(Path, EachDirectionHasItsOwnDelay) {
  PathConfig config;
  config.to_server.delay = 10ms;
  config.to_client.delay = 30ms;
  Path path{config, 1};
  path.send(at(0ms), HostId::client, segment(1));
  path.send(at(0ms), HostId::server, reply(2));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].at, at(10ms));
  EXPECT_EQ(seen[1].at, at(30ms));
}

TEST(Path, LossHitsTheShareItIsSetTo) {
  Path path{both({.delay = 1ms, .loss = 0.1}), 7};
  for (std::uint32_t i = 0; i < 20'000; ++i) path.send(at(Duration{i}), HostId::client, segment(i));
  const double share = static_cast<double>(path.counters(Direction::to_server).lost) / 20'000;
  EXPECT_NEAR(share, 0.1, 0.01);
  expect_conserved(path);
}

TEST(Path, TheSameSeedLosesTheSamePackets) {
  const auto survivors = [](std::uint64_t seed) {
    Path path{both({.delay = 1ms, .jitter = 3ms, .loss = 0.2, .reorder = 0.1, .duplicate = 0.1}), seed};
    for (std::uint32_t i = 0; i < 500; ++i) path.send(at(Duration{i}), HostId::client, segment(i));
    std::string text;
    for (const Arrived& a : arrivals(path))
      text += std::to_string(a.number) + '@' + std::to_string(nanos(a.at)) + ' ';
    return text;
  };
  EXPECT_EQ(survivors(42), survivors(42));
  EXPECT_NE(survivors(42), survivors(43));
}

TEST(Path, TrafficOfOneDirectionDoesNotChangeTheFateOfTheOther) {
  const auto lost = [](bool busy) {
    Path path{both({.delay = 1ms, .loss = 0.3}), 5};
    std::string fates;
    for (std::uint32_t i = 0; i < 100; ++i) {
      if (busy) path.send(at(Duration{i}), HostId::server, reply(i));
      fates += path.send(at(Duration{i}), HostId::client, segment(i)) == PacketFate::lost ? 'x' : '.';
    }
    return fates;
  };
  EXPECT_EQ(lost(false), lost(true));
}

TEST(Path, JitterDelaysButKeepsTheOrder) {
  Path path{both({.delay = 10ms, .jitter = 5ms}), 3};
  for (std::uint32_t i = 0; i < 1000; ++i) path.send(at(Duration{i * 1000}), HostId::client, segment(i));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 1000u);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(seen[i].number, i);
    EXPECT_GE(seen[i].at, at(10ms) + Duration{i * 1000});
  }
}

TEST(Path, AReorderedPacketIsOvertakenByThoseBehindIt) {
  Path path{both({.delay = 10ms, .reorder = 0.2, .reorder_delay = 5ms}), 3};
  for (std::uint32_t i = 0; i < 100; ++i) path.send(at(i * 1ms), HostId::client, segment(i));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 100u);
  std::uint32_t overtaken = 0;
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].at, seen[i - 1].at);
    if (seen[i].number < seen[i - 1].number) ++overtaken;
  }
  EXPECT_GT(overtaken, 5u);
  EXPECT_LT(overtaken, 40u);
}

TEST(Path, ADuplicateArrivesTwiceAndIsCounted) {
  Path path{both({.delay = 10ms, .duplicate = 1}), 3};
  path.send(at(0ms), HostId::client, segment(9));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].number, 9u);
  EXPECT_EQ(seen[1].number, 9u);
  EXPECT_EQ(path.counters(Direction::to_server).duplicated, 1u);
  expect_conserved(path);
}

TEST(Path, ARateSpacesPacketsByTheirSize) {
  BlockPool pool;
  Path path{both({.delay = 10ms, .rate = 8'000'000}), 1};  // a byte a microsecond
  path.send(at(0ms), HostId::client, data(pool, 1, 960));  // 1000 bytes with IPv4 and TCP headers
  path.send(at(0ms), HostId::client, data(pool, 2, 460));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].at, at(11ms));
  EXPECT_EQ(seen[1].at, at(11ms) + 500us);
}

TEST(Path, AQueueOfBytesDropsItsTail) {
  BlockPool pool;
  Path path{both({.delay = 10ms, .rate = 8'000'000, .queue_bytes = 2000}), 1};
  EXPECT_EQ(path.send(at(0ms), HostId::client, data(pool, 1, 960)), PacketFate::delivered);
  EXPECT_EQ(path.send(at(0ms), HostId::client, data(pool, 2, 960)), PacketFate::delivered);
  EXPECT_EQ(path.send(at(0ms), HostId::client, segment(3)), PacketFate::queue_full);
  // 40 bytes have left after 40 us: now a bare segment fits.
  EXPECT_EQ(path.send(at(40us) - 1ns, HostId::client, segment(4)), PacketFate::queue_full);
  EXPECT_EQ(path.send(at(40us), HostId::client, segment(5)), PacketFate::delivered);
  expect_conserved(path);
}

TEST(Path, AQueueOfPacketsCountsPackets) {
  BlockPool pool;
  Path path{both({.delay = 10ms, .rate = 8'000'000, .queue_packets = 2}), 1};
  EXPECT_EQ(path.send(at(0ms), HostId::client, data(pool, 1, 960)), PacketFate::delivered);
  EXPECT_EQ(path.send(at(0ms), HostId::client, segment(2)), PacketFate::delivered);
  EXPECT_EQ(path.send(at(1ms) - 1ns, HostId::client, segment(3)), PacketFate::queue_full);
  EXPECT_EQ(path.send(at(1ms), HostId::client, segment(4)), PacketFate::delivered);
}

TEST(Path, ACutLosesWhatIsSentAfterItAndDeliversWhatIsInFlight) {
  Path path{both({.delay = 10ms}), 1};
  path.send(at(0ms), HostId::client, segment(1));
  path.cut(Direction::to_server);
  EXPECT_EQ(path.send(at(1ms), HostId::client, segment(2)), PacketFate::cut);
  EXPECT_EQ(path.send(at(1ms), HostId::server, reply(3)), PacketFate::delivered);
  path.restore(Direction::both);
  EXPECT_EQ(path.send(at(2ms), HostId::client, segment(4)), PacketFate::delivered);
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].number, 1u);
  expect_conserved(path);
}

TEST(Path, ADropRuleSkipsThenCountsThenEnds) {
  Path path{both({.delay = 10ms}), 1};
  path.follow(
      {.match = {.from = HostId::client, .flags = tcp_flag::psh, .tcp_only = true}, .skip = 1, .count = 2});
  std::string fates;
  for (std::uint32_t i = 0; i < 5; ++i) {
    fates +=
        path.send(at(0ms), HostId::client, segment(i, tcp_flag::psh | tcp_flag::ack)) == PacketFate::delivered
            ? '.'
            : 'x';
  }
  EXPECT_EQ(fates, ".xx..");
  path.follow({.match = {.from = HostId::server, .flags = tcp_flag::rst, .tcp_only = true}});
  EXPECT_EQ(path.send(at(0ms), HostId::server, reply(1)), PacketFate::delivered);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(path.send(at(0ms), HostId::server, reply(i, tcp_flag::rst)), PacketFate::dropped_by_match);
  }
  expect_conserved(path);
}

TEST(Path, ADelayedPacketIsOvertakenAndTheRestKeepsItsTimes) {
  Path path{both({.delay = 10ms}), 1};
  path.follow({.match = {.from = HostId::client, .tcp_only = true}, .skip = 1, .count = 1, .late = 5ms});
  for (std::uint32_t i = 0; i < 3; ++i)
    EXPECT_EQ(path.send(at(Duration{i} * 1'000'000), HostId::client, segment(i)), PacketFate::delivered);
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].number, 0u);
  EXPECT_EQ(seen[1].number, 2u);
  EXPECT_EQ(seen[1].at, at(12ms));
  EXPECT_EQ(seen[2].number, 1u);
  EXPECT_EQ(seen[2].at, at(16ms));
  expect_conserved(path);
}

TEST(Path, TheRouterAnswersHalfAnRttAfterThePacketAndLetsNoneThrough) {
  PathConfig config;
  config.to_server.delay = 10ms;
  config.to_client.delay = 30ms;
  Path path{config, 1};
  path.answer({.kind = IcmpKind::host_unreachable, .count = 1});
  EXPECT_EQ(path.send(at(100ms), HostId::client, segment(1)), PacketFate::cut);
  EXPECT_EQ(path.send(at(100ms), HostId::client, segment(2)), PacketFate::delivered);  // the count is used up
  EXPECT_EQ(path.next_arrival(), at(110ms));
  const auto seen = arrivals(path);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].at, at(120ms));
  EXPECT_EQ(seen[1].from, HostId::router);
  EXPECT_EQ(seen[1].to, HostId::client);
  EXPECT_TRUE(seen[1].is_icmp);
  expect_conserved(path);
}

TEST(Path, TheAnswerQuotesEightBytesPastTheHeader) {
  Path path{both({.delay = 10ms}), 1};
  path.answer({.kind = IcmpKind::net_unreachable});
  path.send(at(0ms), HostId::client, segment(0x01020304));
  const auto due = path.poll(path.next_arrival());
  ASSERT_NE(due.packet, nullptr);
  const IcmpMessage* icmp = due.packet->icmp();
  ASSERT_NE(icmp, nullptr);
  EXPECT_EQ(icmp->body.size(), 28u);
  const auto quoted = quoted_segment(*icmp, false);
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->seq, Seq{0x01020304});
  EXPECT_EQ(quoted->tuple.local.ip, kClientIp);
  EXPECT_EQ(due.packet->ip.source, kRouterIp);
}

TEST(Path, NobodyAnswersAnIcmpError) {
  Path path{both({.delay = 10ms}), 1};
  path.answer({.kind = IcmpKind::host_unreachable});
  Packet icmp = segment(1);
  icmp.body = IcmpMessage{.type = 3, .code = 1, .rest = 0, .body = {}};
  EXPECT_EQ(path.send(at(0ms), HostId::client, std::move(icmp)), PacketFate::cut);
  EXPECT_EQ(path.next_arrival(), kNever);
}

TEST(Path, TooBigWithDontFragmentIsAnsweredWithTheMtu) {
  BlockPool pool;
  Path path{both({.delay = 10ms, .mtu = 1000}), 1};
  EXPECT_EQ(path.send(at(0ms), HostId::client, data(pool, 1, 960)), PacketFate::delivered);
  EXPECT_EQ(path.send(at(0ms), HostId::client, data(pool, 2, 961)), PacketFate::too_big);
  auto due = path.poll(at(10ms));
  while (due.packet != nullptr && due.packet->icmp() == nullptr) {
    path.done(due);
    due = path.poll(at(10ms));
  }
  ASSERT_NE(due.packet, nullptr);
  EXPECT_EQ(due.packet->icmp()->rest & 0xffffu, 1000u);
  path.done(due);
  expect_conserved(path);
}

TEST(Path, TooBigWithoutDontFragmentOrBeforeASilentRouterIsLostWithoutAWord) {
  BlockPool pool;
  PathConfig config = both({.delay = 10ms, .mtu = 1000});
  Path path{config, 1};
  Packet packet = data(pool, 1, 1200);
  packet.ip.dont_fragment = false;
  EXPECT_EQ(path.send(at(0ms), HostId::client, std::move(packet)), PacketFate::too_big);
  EXPECT_EQ(path.next_arrival(), kNever);
  config.router_says_too_big = false;
  Path black_hole{config, 1};
  EXPECT_EQ(black_hole.send(at(0ms), HostId::client, data(pool, 1, 1200)), PacketFate::too_big);
  EXPECT_EQ(black_hole.next_arrival(), kNever);
}

TEST(Path, EverythingIsConservedUnderEveryKindOfMisfortune) {
  BlockPool pool;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Path path{both({.delay = 1ms,
                    .jitter = 1ms,
                    .loss = 0.1,
                    .reorder = 0.1,
                    .duplicate = 0.1,
                    .rate = 50'000'000,
                    .queue_bytes = 20'000,
                    .mtu = 1400}),
              seed};
    path.follow({.match = {.tcp_only = true, .min_len = 500}, .skip = 3, .count = 10});
    path.answer({.kind = IcmpKind::admin_prohibited, .direction = Direction::to_client, .count = 5});
    Rng rng{seed};
    for (std::uint32_t i = 0; i < 2000; ++i) {
      const TimePoint now = at(i * 50us);
      if (rng.chance(0.5)) {
        path.send(now, HostId::client, data(pool, i, rng.below(1500)));
      } else {
        path.send(now, HostId::server, reply(i));
      }
      if (i == 1000) path.cut(Direction::both);
      if (i == 1200) path.restore(Direction::to_client);
      for (auto due = path.poll(now); due.packet != nullptr; due = path.poll(now)) path.done(due);
      expect_conserved(path);
    }
    EXPECT_FALSE(::testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace halfopen
