// Each planted difference is found, and nothing else is said.
#include "tests/capture/compare/planted.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace halfopen {
namespace {

using namespace test;
using compare::Field;
using compare::Row;
using compare::What;

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
