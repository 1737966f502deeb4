// Each planted difference is found, and nothing else is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using compare::Field;
using compare::Row;
using compare::What;

constexpr std::uint8_t kAck = tcp_flag::ack;
constexpr std::uint8_t kPush = tcp_flag::ack | tcp_flag::psh;

void erase(TraceOfPackets& t, std::size_t index) {
  t.packets.erase(t.packets.begin() + static_cast<std::ptrdiff_t>(index));
}

void swap_contents(TraceOfPackets& t, std::size_t x, std::size_t y) {
  std::swap(t.packets[x].packet, t.packets[y].packet);
}

void add_again(TraceOfPackets& t, std::size_t index, Duration later) {
  TimedPacket again = t.packets[index];
  again.at += later;
  t.packets.push_back(again);
  t.sort_by_time();
}

void set_options(TraceOfPackets& t, std::size_t index, const std::function<void(TcpOptions&)>& build) {
  TcpOptions options;
  build(options);
  t.packets[index].segment().options = options;
}

void delay_from(TraceOfPackets& t, std::size_t index, Duration by) {
  for (std::size_t i = index; i < t.packets.size(); ++i) t.packets[i].at += by;
}

constexpr Timestamps kTs{TsVal{101'000}, TsVal{71'000}};

struct Planted {
  std::string name;
  std::function<void(TraceOfPackets&)> plant;
  What what = What::changed;
  std::vector<Field> fields = {};
  const char* says = "";  // in the explanation
};

std::vector<Planted> field_changes() {
  using B = TraceOfPackets;
  return {
      {"flags",
       [](B& t) { t.packets[base::kLine].segment().flags |= tcp_flag::ece; },
       What::changed,
       {Field::flags},
       "congestion mark is reported in B only"},
      {"psh",
       [](B& t) { t.packets[base::kBurst3].segment().flags = kAck; },
       What::changed,
       {Field::psh},
       "cannot be told from the packets"},
      {"urg", [](B& t) { t.packets[base::kLine].segment().urgent = 3; }, What::changed, {Field::urgent}},
      {"seq", [](B& t) { t.packets[base::kFinAck].segment().seq += 5; }, What::changed, {Field::seq}},
      {"seq_before",
       [](B& t) { t.packets[base::kFinAck].segment().seq = t.packets[base::kFinAck].segment().seq - 900; },
       What::changed,
       {Field::seq}},
      {"ack",
       [](B& t) { t.packets[base::kLastAck].segment().ack = t.packets[base::kLastAck].segment().ack - 1; },
       What::changed,
       {Field::ack},
       "delayed"},
      {"window",
       [](B& t) { t.packets[base::kLineAck].segment().window = 400; },
       What::changed,
       {Field::window},
       "cannot be told from the packets"},
      {"window_one_unit_more_than_allowed",
       [](B& t) { t.packets[base::kLineAck].segment().window = 503; },
       What::changed,
       {Field::window}},
      {"window_of_the_syn",
       [](B& t) { t.packets[base::kSyn].segment().window = 29200; },
       What::changed,
       {Field::window},
       "first window"},
      {"window_closed",
       [](B& t) { t.packets[base::kBurstAck2].segment().window = 0; },
       What::changed,
       {Field::window},
       "closed in B only"},
      {"ttl",
       [](B& t) { t.packets[base::kEcho].packet.ip.hop_limit = 63; },
       What::changed,
       {Field::ttl},
       "cannot be told from the packets"},
      {"df",
       [](B& t) { t.packets[base::kEcho].packet.ip.dont_fragment = false; },
       What::changed,
       {Field::df},
       "path MTU"},
      {"tos",
       [](B& t) { t.packets[base::kEcho].packet.ip.traffic_class = 0x10; },
       What::changed,
       {Field::traffic_class},
       "IP_TOS"},
      {"payload",
       [](B& t) { t.packets[base::kLine].segment().payload = t.payload("hello, sErver!\n"); },
       What::changed,
       {Field::payload}},
      {"payload_last_byte",
       [](B& t) { t.packets[base::kEcho].segment().payload = t.payload("hello, client!\r"); },
       What::changed,
       {Field::payload}},
      {"length_of_the_last",
       [](B& t) { t.packets[base::kRto3].segment().payload = t.payload("anybody there?"); },
       What::changed,
       {Field::length}},
      {"no_timestamps",
       [](B& t) { set_options(t, base::kEchoAck, [](TcpOptions&) {}); },
       What::changed,
       {Field::options},
       "though agreed on in A and B"},
      {"option_order",
       [](B& t) {
         set_options(t, base::kEchoAck, [](TcpOptions& o) {
           o.add_timestamps(kTs);
           o.add_nop();
           o.add_nop();
         });
       },
       What::changed,
       {Field::options},
       "another order"},
      {"option_order_of_the_syn",
       [](B& t) {
         set_options(t, base::kSyn, [](TcpOptions& o) {
           o.add_mss(1460);
           o.add_nop();
           o.add_window_scale(7);
           o.add_sack_permitted();
           o.add_timestamps({TsVal{100'000}, TsVal{0}});
         });
       },
       What::changed,
       {Field::options},
       "another order"},
      {"no_sack_permitted",
       [](B& t) {
         set_options(t, base::kSyn, [](TcpOptions& o) {
           o.add_mss(1460);
           o.add_nop();
           o.add_nop();
           o.add_timestamps({TsVal{100'000}, TsVal{0}});
           o.add_nop();
           o.add_window_scale(7);
         });
       },
       What::changed,
       {Field::options},
       "SACK offered on one side only"},
      {"sack_block",
       [](B& t) {
         const SeqSpan block{t.packets[base::kBurst2].segment().seq, 100};
         set_options(t, base::kBurstAck1, [&](TcpOptions& o) {
           o.add_nop();
           o.add_nop();
           o.add_timestamps(kTs);
           o.add_nop();
           o.add_nop();
           o.add_sack({&block, 1});
         });
       },
       What::changed,
       {Field::options},
       "SACK blocks"},
      {"icmp_code",
       [](B& t) { std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).code = 0; },
       What::changed,
       {Field::icmp},
       "router"},
      {"icmp_type",
       [](B& t) {
         auto& icmp = std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body);
         icmp.type = 11;
         icmp.code = 0;
       },
       What::changed,
       {Field::icmp}},
      {"quoted_segment",
       [](B& t) { std::get<IcmpMessage>(t.packets[base::kIcmp].packet.body).body[27] ^= 4; },
       What::changed,
       {Field::quoted}},
      {"reset_becomes_fin",
       [](B& t) { t.packets[base::kReset].segment().flags = tcp_flag::fin; },
       What::changed,
       {Field::flags},
       "a reset in A only"},
      {"two_fields",
       [](B& t) {
         t.packets[base::kEcho].packet.ip.hop_limit = 63;
         t.packets[base::kEcho].segment().window = 100;
       },
       What::changed,
       {Field::window, Field::ttl}},
  };
}

std::vector<Planted> packet_changes() {
  using B = TraceOfPackets;
  return {
      {"missing_ack", [](B& t) { erase(t, base::kFinAck); }, What::missing, {}, "an ACK of its own"},
      {"missing_data_ack", [](B& t) { erase(t, base::kBurstAck1); }, What::missing},
      {"missing_echo", [](B& t) { erase(t, base::kEcho); }, What::missing},
      {"missing_fin", [](B& t) { erase(t, base::kOwnFin); }, What::missing},
      {"missing_icmp",
       [](B& t) { erase(t, base::kIcmp); },
       What::missing,
       {},
       "A's client gets this ICMP error"},
      {"missing_reset", [](B& t) { erase(t, base::kReset); }, What::missing, {}, "answers a segment"},
      {"missing_last_retransmission", [](B& t) { erase(t, base::kRto3); }, What::missing},
      {"extra_ack", [](B& t) { add_again(t, base::kEchoAck, 3ms); }, What::extra, {}, "an ACK of its own"},
      {"extra_retransmission",
       [](B& t) { add_again(t, base::kLine, 230ms); },
       What::extra,
       {},
       "retransmits"},
      {"extra_syn", [](B& t) { add_again(t, base::kSyn, 5ms); }, What::extra, {}, "SYN"},
      {"extra_icmp",
       [](B& t) { add_again(t, base::kIcmp, 20ms); },
       What::extra,
       {},
       "B's client gets this ICMP error"},
      {"extra_reset", [](B& t) { add_again(t, base::kReset, 20ms); }, What::extra},
      {"extra_keepalive",
       [](B& t) {
         t.add({.at = 3500ms, .seq = 3911, .ack = 17});
         t.sort_by_time();
       },
       What::extra,
       {},
       "SO_KEEPALIVE"},
      {"swapped_data",
       [](B& t) { swap_contents(t, base::kBurst1, base::kBurst2); },
       What::moved,
       {},
       "another order"},
      {"swapped_acks", [](B& t) { swap_contents(t, base::kBurstAck1, base::kBurstAck2); }, What::moved},
      {"moved_farther",
       [](B& t) {
         std::swap(t.packets[base::kBurst1].packet, t.packets[base::kBurst2].packet);
         std::swap(t.packets[base::kBurst2].packet, t.packets[base::kBurst3].packet);
       },
       What::moved},
      {"one_late", [](B& t) { t.packets[base::kEchoAck].at += 150ms; }, What::late},
      {"one_early", [](B& t) { t.packets[base::kOwnFin].at -= 500ms; }, What::late},
      {"all_late_from_here_on", [](B& t) { delay_from(t, base::kBurst1, 80ms); }, What::late},
      {"late_answer", [](B& t) { delay_from(t, base::kLineAck, 60ms); }, What::late},
      {"a_timer_a_granule_and_more_late",
       [](B& t) { delay_from(t, base::kRto3, 200ms); },
       What::late,
       {},
       "cannot be told from the packets"},
      {"late_and_changed",
       [](B& t) {
         t.packets[base::kOwnFin].at -= 500ms;
         t.packets[base::kOwnFin].packet.ip.hop_limit = 1;
       },
       What::late,
       {Field::ttl}},
  };
}

class PlantedDifference : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedDifference, IsFoundAndNothingElse) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  GetParam().plant(changed);
  const Compared found =
      compare_files(base_trace().write(scratch, "a.pcap"), changed.write(scratch, "b.pcap"));
  EXPECT_EQ(found.comparison.differences, 1u) << found.text();
  EXPECT_THAT(found.comparison.faults, ::testing::IsEmpty());
  const std::vector<Row> rows = found.differing();
  ASSERT_EQ(rows.size(), 1u) << found.text();
  EXPECT_EQ(rows[0].what, GetParam().what) << found.text();
  std::vector<Field> fields;
  for (const compare::FieldChange& change : rows[0].changes) fields.push_back(change.field);
  EXPECT_EQ(fields, GetParam().fields) << found.text();
  EXPECT_THAT(rows[0].explanation, ::testing::HasSubstr(GetParam().says)) << found.text();
  EXPECT_NE(found.comparison.first, "");
}

TEST_P(PlantedDifference, IsFoundTheOtherWayRoundAsWell) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  GetParam().plant(changed);
  const Compared found =
      compare_files(changed.write(scratch, "b.pcap"), base_trace().write(scratch, "a.pcap"));
  EXPECT_EQ(found.comparison.differences, 1u) << found.text();
  ASSERT_EQ(found.differing().size(), 1u) << found.text();
  What mirrored = GetParam().what;
  if (mirrored == What::missing || mirrored == What::extra) {
    mirrored = mirrored == What::missing ? What::extra : What::missing;
  }
  EXPECT_EQ(found.differing()[0].what, mirrored) << found.text();
}

const auto name_of = [](const auto& test) { return test.param.name; };
INSTANTIATE_TEST_SUITE_P(Field, PlantedDifference, ::testing::ValuesIn(field_changes()), name_of);
INSTANTIATE_TEST_SUITE_P(Packet, PlantedDifference, ::testing::ValuesIn(packet_changes()), name_of);

struct PlantedConfig {
  std::string name;
  std::size_t syn;
  std::uint16_t mss;
  std::uint8_t scale;
  const char* what;
  const char* says;
};

class PlantedConfiguration : public ::testing::TestWithParam<PlantedConfig> {};

// One line a connection, whatever follows from it, and none where it is accepted.
TEST_P(PlantedConfiguration, IsOneLineOfItsConnection) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  set_options(changed, GetParam().syn, [](TcpOptions& o) {
    o.add_mss(GetParam().mss);
    o.add_sack_permitted();
    o.add_timestamps(kTs);
    o.add_nop();
    o.add_window_scale(GetParam().scale);
  });
  // The windows that follow from the scale stay what they were, in larger units.
  const bool from_server = GetParam().syn == base::kSynAck;
  for (std::size_t i = base::kHandshakeAck; i < base::kSecondSyn; ++i) {
    TimedPacket& timed = changed.packets[i];
    if ((timed.from == HostId::server) != from_server) continue;
    timed.segment().window =
        static_cast<std::uint16_t>((std::uint32_t{timed.segment().window} << 7) >> GetParam().scale);
  }
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = changed.write(scratch, "b.pcap");
  const Compared found = compare_files(a, b);
  EXPECT_EQ(found.comparison.differences, 1u) << found.text();
  ASSERT_EQ(found.reports.size(), 2u);
  ASSERT_EQ(found.reports[0].config.size(), 1u) << found.text();
  EXPECT_EQ(found.reports[0].config[0].what, GetParam().what);
  EXPECT_THAT(found.reports[0].config[0].explanation, ::testing::HasSubstr(GetParam().says));
  CompareOptions accepting;
  accepting.ignored = {"config"};
  EXPECT_TRUE(compare_files(a, b, accepting).comparison.is_same());
}

INSTANTIATE_TEST_SUITE_P(
    Of, PlantedConfiguration,
    ::testing::Values(PlantedConfig{"client_scale", base::kSyn, 1460, 10, "window scale of the client",
                                    "up to 8 MiB against 64 MiB"},
                      PlantedConfig{"server_scale", base::kSynAck, 1460, 5, "window scale of the server",
                                    "up to 8 MiB against 2 MiB"},
                      PlantedConfig{"client_mss", base::kSyn, 1360, 7, "MSS of the client",
                                    "1500 against 1400"},
                      PlantedConfig{"server_mss", base::kSynAck, 536, 7, "MSS of the server", "576"}),
    name_of);

TEST(Planted, AMissingTailLossProbeCostsOneLine) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  erase(changed, base::kProbe);
  for (std::size_t i = base::kProbe; i < changed.packets.size(); ++i) changed.packets[i].at -= 224ms;
  const Compared found =
      compare_files(base_trace().write(scratch, "a.pcap"), changed.write(scratch, "b.pcap"));
  ASSERT_EQ(found.differing().size(), 1u) << found.text();
  EXPECT_EQ(found.differing()[0].what, What::missing);
  EXPECT_EQ(found.differing()[0].number_a, base::kProbe + 1);
  EXPECT_THAT(found.differing()[0].explanation,
              ::testing::HasSubstr(
                  "A sends a tail loss probe (RFC 8985 section 7) that B lacks: why cannot be told"));
}

TEST(Planted, AConnectionWithoutAPartnerIsMissingOrExtra) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  changed.packets.resize(base::kSecondSyn);
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = changed.write(scratch, "b.pcap");
  const Compared missing = compare_files(a, b);
  EXPECT_EQ(missing.comparison.differences, 1u) << missing.text();
  EXPECT_THAT(missing.comparison.first,
              ::testing::HasSubstr("A has this connection (12 packets), B has not"));
  const Compared extra = compare_files(b, a);
  EXPECT_EQ(extra.comparison.differences, 1u);
  EXPECT_THAT(extra.comparison.first, ::testing::HasSubstr("B has this connection"));
}

TEST(Planted, WhatIsIgnoredIsNoDifference) {
  const Scratch scratch;
  TraceOfPackets changed = base_trace();
  changed.packets[base::kEcho].packet.ip.hop_limit = 63;
  changed.packets[base::kLineAck].segment().window = 400;
  changed.packets[base::kEchoAck].at += 150ms;
  CompareOptions options;
  options.ignored = {"ttl", "window"};
  const std::string a = base_trace().write(scratch, "a.pcap");
  const std::string b = changed.write(scratch, "b.pcap");
  EXPECT_EQ(compare_files(a, b, options).comparison.differences, 1u);
  options.ignored.push_back("time");
  EXPECT_TRUE(compare_files(a, b, options).comparison.is_same());
}

}  // namespace
}  // namespace halfopen
