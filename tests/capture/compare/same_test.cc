// What may differ without being a difference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Harmless {
  std::string name;
  std::function<void(TraceOfPackets&)> change;
};

void each_segment(TraceOfPackets& t, const std::function<void(TimedPacket&, Segment&)>& change) {
  for (TimedPacket& timed : t.packets) {
    if (timed.packet.segment() != nullptr) change(timed, timed.segment());
  }
}

void renumber(TraceOfPackets& t, std::uint32_t client, std::uint32_t server) {
  each_segment(t, [&](TimedPacket& timed, Segment& segment) {
    const bool from_server = timed.from == HostId::server;
    segment.seq += from_server ? server : client;
    if (segment.has(tcp_flag::ack)) segment.ack += from_server ? client : server;
  });
  auto& quote = std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).body;
  const std::uint32_t seq = t.packets[base::kLost].segment().seq.wire();
  for (std::size_t i = 0; i < 4; ++i) quote[24 + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
}

// New addresses and ports; the ICMP error is made anew, since it quotes them.
void readdress(TraceOfPackets& t) {
  const auto moved = [](const IpAddress& ip) {
    return ip == kServerIp ? IpAddress::v4({192, 0, 2, 80}) : IpAddress::v4({198, 51, 100, 7});
  };
  for (TimedPacket& timed : t.packets) {
    timed.packet.ip.source = moved(timed.packet.ip.source);
    timed.packet.ip.destination = moved(timed.packet.ip.destination);
  }
  each_segment(t, [](TimedPacket&, Segment& segment) {
    for (std::uint16_t* port : {&segment.source_port, &segment.destination_port}) {
      *port = *port == kServerPort ? 443 : static_cast<std::uint16_t>(*port + 9000);
    }
  });
  Packet& icmp = t.packets[base::kIcmp].packet;
  const IpHeader header = icmp.ip;
  icmp = *make_icmp_error(IcmpKind::host_unreachable, t.packets[base::kLost].packet, kRouterIp, 0);
  icmp.ip.hop_limit = header.hop_limit;
}

// As segmentation offload shows it: two full segments as one packet, a third as two.
void resegment(TraceOfPackets& t) {
  Segment& first = t.packets[base::kBurst1].segment();
  const Segment second = t.packets[base::kBurst2].segment();
  first.payload = t.payload(std::string(2896, 'x'));
  first.flags |= second.flags;
  TimedPacket half = t.packets[base::kBurst3];
  Segment& third = t.packets[base::kBurst3].segment();
  third.payload = t.payload(std::string(400, 'y'));
  third.flags = tcp_flag::ack;
  half.segment().seq += 400;
  half.segment().payload = t.payload(std::string(600, 'y'));
  t.packets.insert(t.packets.begin() + base::kBurst3 + 1, half);
  t.packets.erase(t.packets.begin() + base::kBurst2);
}

std::vector<Harmless> harmless() {
  using B = TraceOfPackets;
  return {
      {"nothing", [](B&) {}},
      {"other_initial_numbers", [](B& t) { renumber(t, 123'456'789, 0x7fff'0000); }},
      {"across_the_wrap", [](B& t) { renumber(t, 0x100, 0xffff'ff00u - TraceOfPackets::kServerIsn); }},
      {"other_addresses_and_ports", readdress},
      {"later_by_years",
       [](B& t) {
         for (auto& p : t.packets) p.at += 24h * 400;
       }},
      {"other_timestamp_clocks",
       [](B& t) {
         each_segment(t, [](TimedPacket&, Segment& segment) {
           if (!segment.options.has_timestamps() || segment.has(tcp_flag::syn)) return;
           TcpOptions options;
           options.add_nop();
           options.add_nop();
           options.add_timestamps({TsVal{segment.options.timestamps().value.wire() * 3}, TsVal{17}});
           segment.options = options;
         });
       }},
      {"other_ip_ids",
       [](B& t) {
         for (auto& p : t.packets) p.packet.ip.id = static_cast<std::uint16_t>(p.packet.ip.id * 31 + 5);
       }},
      {"segmented_otherwise", resegment},
      {"segmented_otherwise_and_renumbered",
       [](B& t) {
         resegment(t);
         each_segment(t, [](TimedPacket& p, Segment& s) {
           if (p.from == HostId::client)
             s.seq += 7;
           else if (s.has(tcp_flag::ack))
             s.ack += 7;
         });
         auto& quote = std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).body;
         const std::uint32_t seq = t.packets[base::kLost].segment().seq.wire();
         for (std::size_t i = 0; i < 4; ++i) quote[24 + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
       }},
      {"a_little_later", [](B& t) { t.packets[base::kEcho].at += 4ms; }},
      {"windows_within_a_unit",
       [](B& t) {
         // 502 * 128 is 64256; at scale 10, 62 * 1024 is 63488 and 63 * 1024 is 64512: both within 1024.
         for (std::size_t i = 0; i < t.packets.size(); ++i) {
           if (t.packets[i].from == HostId::client && i > base::kSyn && i < base::kSecondSyn)
             t.packets[i].segment().window = 63;
         }
         TcpOptions o;
         o.add_mss(1460);
         o.add_sack_permitted();
         o.add_timestamps({TsVal{1}, TsVal{0}});
         o.add_nop();
         o.add_window_scale(10);
         t.packets[base::kSyn].segment().options = o;
       }},
      {"a_timer_within_its_granule",
       [](B& t) {
         for (std::size_t i = base::kRto3; i < t.packets.size(); ++i) t.packets[i].at += 30ms;
       }},
      {"crossing_packets_in_the_other_order",
       [](B& t) {
         t.packets[base::kBurst3].at = kTimeZero + 2021ms + 500us;
         t.sort_by_time();
       }},
  };
}

class HarmlessChange : public ::testing::TestWithParam<Harmless> {};

TEST_P(HarmlessChange, IsNoDifference) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  GetParam().change(changed);
  CompareOptions options;
  if (GetParam().name == "windows_within_a_unit") options.ignored = {"config"};
  if (GetParam().name == "crossing_packets_in_the_other_order") options.tolerance = "25ms";
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = changed.write(scratch, "b.pcap");
  const Compared forth = compare_files(a, b, options);
  EXPECT_TRUE(forth.comparison.is_same()) << forth.text();
  EXPECT_THAT(forth.comparison.faults, IsEmpty()) << forth.text();
  EXPECT_EQ(forth.comparison.connections, 2u);
  EXPECT_GE(forth.comparison.equal, base::kCount - 2u);
  EXPECT_TRUE(compare_files(b, a, options).comparison.is_same());
}

INSTANTIATE_TEST_SUITE_P(Of, HarmlessChange, ::testing::ValuesIn(harmless()),
                         [](const auto& test) { return test.param.name; });

// The acknowledgement of a cut that the other side does not have says nothing.
TEST(Same, AnAckAtACutOfOneSideIsNoDifference) {
  const Scratch scratch;
  TraceOfPackets a = base_trace();
  TraceOfPackets b = base_trace();
  resegment(b);
  a.add({.at = 2020ms, .from_server = true, .seq = 16, .ack = 1464});
  a.sort_by_time();
  const Compared found = compare_files(a.write(scratch, "a.pcap"), b.write(scratch, "b.pcap"));
  EXPECT_TRUE(found.comparison.is_same()) << found.text();
}

TEST(Same, ExactMeansToTheNanosecond) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  CompareOptions exact;
  exact.tolerance = "exact";
  const std::string a = base_trace().write(scratch, "a.pcap");
  EXPECT_TRUE(compare_files(a, changed.write(scratch, "b.pcap"), exact).comparison.is_same());
  changed.packets[base::kEcho].at += 1ns;
  EXPECT_EQ(compare_files(a, changed.write(scratch, "c.pcap"), exact).comparison.differences, 1u);
}

TEST(Same, AGapIsRightUpToItsToleranceAndWrongBeyond) {
  const Scratch scratch;
  const std::string a = base_trace().write(scratch, "a.pcap");
  CompareOptions options;
  options.tolerance = "7ms";
  for (const Duration late : {Duration{7ms}, Duration{7ms + 1ns}}) {
    TraceOfPackets changed = base_trace();
    changed.packets[base::kEchoAck].at += late;
    const Compared found = compare_files(a, changed.write(scratch, "b.pcap"), options);
    EXPECT_EQ(found.comparison.is_same(), late == 7ms) << found.text();
  }
}

RunInfo kernels() {
  const auto host = [](HostId id, const IpAddress& address) {
    return HostInfo{.id = id,
                    .address = address,
                    .kind = "kernel",
                    .os = "linux",
                    .profile = "linux-6.18",
                    .program = "line-client"};
  };
  RunInfo run;
  run.hosts = {host(HostId::client, kClientIp), host(HostId::server, kServerIp)};
  return run;
}

// The timeline of a run types when it says, however late the handshake was.
TEST(Same, WhatATimelineDoesIsRightByTheRunsOwnTime) {
  const Scratch scratch;
  TraceOfPackets late = base_trace();
  for (std::size_t i = base::kSyn; i <= base::kHandshakeAck; ++i) late.packets[i].at += 30ms;
  CompareOptions options;
  options.tolerance = "5ms+1%";
  const auto compared = [&](const std::string& a, const std::string& b) {
    return compare_files(base_trace().write(scratch, a, kernels()), late.write(scratch, b, kernels()),
                         options);
  };
  const Compared runs = compared("a.pcapng", "b.pcapng");
  EXPECT_TRUE(runs.comparison.is_same()) << runs.text();
  const Compared captures = compared("a.pcap", "b.pcap");  // nobody knows when these began
  EXPECT_EQ(captures.comparison.differences, 1u) << captures.text();
}

TEST(Same, ATimerIsJudgedBySinceWhenItRan) {
  const Scratch scratch;
  TraceOfPackets late = base_trace();
  late.packets[base::kLost].at += 150ms;
  late.packets[base::kProbe].at += 150ms;
  CompareOptions options;
  options.tolerance = "5ms+1%";
  const Compared runs = compare_files(base_trace().write(scratch, "a.pcapng", kernels()),
                                      late.write(scratch, "b.pcapng", kernels()), options);
  EXPECT_FALSE(runs.comparison.is_same()) << runs.text();
}

// As a busy machine is given more: of every gap, and in proportion.
TEST(Same, SlackAndStretchAreAllowedBeyondTheTolerance) {
  const Scratch scratch;
  TraceOfPackets late = base_trace();
  late.packets[base::kEchoAck].at += 12ms;
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = late.write(scratch, "b.pcap");
  CompareOptions options;
  options.tolerance = "7ms";
  EXPECT_FALSE(compare_files(a, b, options).comparison.is_same());
  options.slack = 5ms;
  EXPECT_TRUE(compare_files(a, b, options).comparison.is_same());
  options.slack = {};
  options.stretch = 0.5;  // of a gap of 13 ms
  EXPECT_TRUE(compare_files(a, b, options).comparison.is_same());
}

TEST(Same, AFilterChoosesConnectionsByTheirFirstPacket) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  changed.packets[base::kRto2].packet.ip.hop_limit = 3;
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = changed.write(scratch, "b.pcap");
  CompareOptions options;
  options.connection = "port 40000";
  EXPECT_TRUE(compare_files(a, b, options).comparison.is_same());
  options.connection = "port 40001";
  const Compared second = compare_files(a, b, options);
  EXPECT_EQ(second.comparison.connections, 1u);
  EXPECT_EQ(second.comparison.differences, 1u) << second.text();
}

}  // namespace
}  // namespace halfopen
