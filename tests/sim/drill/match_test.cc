#include "sim/drill/match.h"

#include <gtest/gtest.h>

#include "sim/drill/packet_reading.h"
#include "sim/script/parser.h"
#include "sim/wire/packet.h"
#include "tests/support/packets.h"

namespace halfopen::drill {
namespace {

script::PacketSpec packet_of(const std::string& text) {
  const script::Script script = script::parse_script("0 " + text, "test.pkt");
  return std::get<script::PacketSpec>(script.events.front().action);
}

std::vector<std::string> fields(const std::string& expected, const std::string& actual,
                                const MatchSettings& settings = {}) {
  std::vector<std::string> names;
  for (const Difference& one : differences(packet_of(expected), packet_of(actual), settings))
    names.push_back(one.field);
  return names;
}

using Names = std::vector<std::string>;

TEST(Match, TellsEveryFieldThatDiffers) {
  EXPECT_EQ(fields("> P. 1:101(100) ack 1 win 500 <mss 1460>", "> . 2:103(101) ack 3 win 501 <mss 1400>"),
            (Names{"flags", "tcp_seq", "payload length", "tcp_ack_seq", "tcp_window", "tcp options"}));
  EXPECT_EQ(fields("> P. 1:101(100) ack 1 win 500 <mss 1460>", "> P. 1:101(100) ack 1 win 500 <mss 1460>"),
            Names{});
}

TEST(Match, LeavesOpenWhatTheScriptLeavesOpen) {
  EXPECT_EQ(fields("> S. 0:0(0) ack 1 <...>", "> S. 0:0(0) ack 1 win 77 <mss 1460,sackOK,nop,nop>"), Names{});
  EXPECT_EQ(fields("> S. 0:0(0) ack 1", "> S. 0:0(0) ack 1 win 77 <mss 1460>"), Names{"tcp options"});
}

TEST(Match, ComparesTheHeadersOfTunnels) {
  const std::string tunnel = "> ipv4 192.0.2.1 > 192.0.2.2: ";
  EXPECT_EQ(fields(tunnel + ". 1:1(0) ack 1", "> . 1:1(0) ack 1"), Names{"header layers"});
  EXPECT_EQ(fields(tunnel + ". 1:1(0) ack 1", "> ipv4 192.0.2.1 > 192.0.2.3: . 1:1(0) ack 1"),
            Names{"header"});
  EXPECT_EQ(fields("> ipv4 [ttl 5] 192.0.2.1 > 192.0.2.2: . 1:1(0) ack 1",
                   "> ipv4 [ttl 6] 192.0.2.1 > 192.0.2.2: . 1:1(0) ack 1"),
            Names{"ttl"});
  EXPECT_EQ(fields(tunnel + ". 1:1(0) ack 1", "> ipv4 [ttl 6] 192.0.2.1 > 192.0.2.2: . 1:1(0) ack 1"),
            Names{});
  const std::string gre = tunnel + "gre flags [key present], ";
  EXPECT_EQ(fields(gre + "sum 1, off 2, key=7, seq 3: . 1:1(0) ack 1",
                   gre + "sum 0, off 0, key=7, seq 0: . 1:1(0) ack 1"),
            Names{});  // fields that are not there
  EXPECT_EQ(fields(gre + "sum 1, off 2, key=7, seq 3: . 1:1(0) ack 1",
                   gre + "sum 0, off 0, key=8, seq 0: . 1:1(0) ack 1"),
            Names{"header"});
  EXPECT_EQ(fields(tunnel + "gre: . 1:1(0) ack 1",
                   tunnel + "gre flags 0, sum 1, off 1, key=1, seq 1: . 1:1(0) ack 1"),
            Names{});
  EXPECT_EQ(fields(tunnel + "mpls (label 7, tc 0, [S], ttl 1): . 1:1(0) ack 1",
                   tunnel + "mpls (label 8, tc 0, [S], ttl 1): . 1:1(0) ack 1"),
            Names{"header"});
}

TEST(Match, ComparesTheClockOfTimestampsOnlyWhenItsTickIsKnown) {
  const std::string expected = "> . 1:1(0) ack 1 <nop,nop,TS val 100 ecr 7>";
  const std::string actual = "> . 1:1(0) ack 1 win 1 <nop,nop,TS val 106 ecr 8>";
  EXPECT_EQ(fields(expected, actual), Names{});
  using std::chrono::milliseconds;
  const auto with_tick = [](int tolerance) {
    return MatchSettings{.tolerance = milliseconds{tolerance}, .timestamp_tick = milliseconds{1}};
  };
  EXPECT_EQ(fields(expected, actual, with_tick(5)), Names{"TS val"});
  EXPECT_EQ(fields(expected, actual, with_tick(6)), Names{});
}

TEST(Match, HoldsTheEcnBitsAgainstWhatTheScriptNames) {
  EXPECT_EQ(fields("> [ect0] . 1:1(0) ack 1", "> [noecn] . 1:1(0) ack 1 win 1"), Names{"tos"});
  EXPECT_EQ(fields("> . 1:1(0) ack 1", "> [ce] . 1:1(0) ack 1 win 1"), Names{});
}

TEST(PacketReading, GivesBackWhatWasSent) {
  BlockPool pool;
  Packet packet = test::tcp_packet(
      pool, {.flags = tcp_flag::ack | tcp_flag::psh, .seq = 1000, .ack = 2000, .window = 300, .text = "abc"});
  packet.segment()->options.add_nop();
  packet.segment()->options.add_nop();
  packet.segment()->options.add_timestamps({.value = TsVal{5}, .echo = TsVal{6}});
  const std::vector<std::uint8_t> bytes = test::bytes_of(packet);
  const std::optional<ReadPacket> read = read_packet(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->source, test::kClientIp);
  EXPECT_EQ(read->destination, test::kServerIp);
  const auto& tcp = std::get<script::TcpSpec>(read->spec.body);
  EXPECT_EQ(tcp.ports, (script::Ports{.source = test::kClientPort, .destination = test::kServerPort}));
  script::PacketSpec shown = read->spec;
  shown.ip = {};
  std::get<script::TcpSpec>(shown.body).ports.reset();
  EXPECT_EQ(shown, packet_of("> P. 1000:1003(3) ack 2000 win 300 <nop,nop,TS val 5 ecr 6>"));
}

TEST(PacketReading, KeepsOptionsThatCannotBeReadAsBytes) {
  const std::vector<std::uint8_t> wire{1, 8, 99, 0};
  EXPECT_EQ(read_tcp_options(wire), script::TcpOptionsSpec{wire});
}

}  // namespace
}  // namespace halfopen::drill
