#include "capture/flow/connection_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/base/input_error.h"
#include "tests/support/packets.h"

namespace halfopen::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint8_t kSyn = tcp_flag::syn;
constexpr std::uint8_t kAck = tcp_flag::ack;

// Packets and notes of connections from several client ports.
class Filtered {
 public:
  explicit Filtered(const std::string& expression)
      : filter_{expression, flows_, [this](const Note& note) { shown.push_back(text_of(note)); }} {}

  void packet(const Packet& packet) {
    const std::vector<std::uint8_t> bytes = bytes_of(packet);
    CapturedPacket captured;
    captured.note.packet = &packet;
    captured.ip = bytes;
    captured.wire_size = static_cast<std::uint32_t>(bytes.size());
    if (chooses(captured)) shown.push_back(text_of(captured));
  }
  void segment(std::uint16_t port, std::uint8_t flags, std::uint32_t seq = 0, bool from_server = false) {
    packet(tcp_packet(pool, {.from_server = from_server, .flags = flags, .seq = seq, .client_port = port}));
  }
  void state(std::uint16_t port) {
    filter_.on_note(StateNote{.at = kTimeZero,
                              .host = HostId::client,
                              .connection = {{kClientIp, port}, {kServerIp, kServerPort}},
                              .from = State::closed,
                              .to = State::syn_sent});
  }
  void note(const Note& note) { filter_.on_note(note); }
  [[nodiscard]] const ConnectionFilter& filter() const { return filter_; }

  BlockPool pool;
  std::vector<std::string> shown;

 private:
  bool chooses(const CapturedPacket& captured) {
    const Packet& packet = *captured.note.packet;
    if (packet.segment() != nullptr) return filter_.chooses(captured, flows_.see(packet));
    const auto quoted = quoted_segment(*packet.icmp(), false);
    return filter_.chooses(captured, quoted ? flows_.find_quoted(*quoted) : std::nullopt);
  }
  static std::string text_of(const CapturedPacket& packet) {
    const Segment* segment = packet.note.packet->segment();
    if (segment == nullptr) return "icmp";
    return std::to_string(segment->source_port == kServerPort ? segment->destination_port
                                                              : segment->source_port);
  }
  static std::string text_of(const Note& note) {
    if (const auto* state = std::get_if<StateNote>(&note)) {
      return "state " + std::to_string(state->connection.local.port);
    }
    return "note";
  }
  FlowTable flows_;
  ConnectionFilter filter_;
};

TEST(ConnectionFilter, ShowsAConnectionWhollyIfItsFirstPacketMatches) {
  Filtered f{"tcp[tcpflags] = tcp-syn and src port 1001"};
  for (const std::uint16_t port : {std::uint16_t{1001}, std::uint16_t{1002}}) {
    f.segment(port, kSyn);
    f.segment(port, kSyn | kAck, 0, true);
    f.segment(port, kAck, 1);
  }
  EXPECT_THAT(f.shown, ElementsAre("1001", "1001", "1001"));
  EXPECT_EQ(f.filter().chosen_packets(), 3u);
  EXPECT_EQ(f.filter().connections(), 2u);
  EXPECT_EQ(f.filter().chosen_connections(), 1u);
}

TEST(ConnectionFilter, ALaterPacketThatMatchesComesTooLate) {
  Filtered f{"tcp[tcpflags] & tcp-rst != 0"};
  f.segment(1001, kSyn);
  f.segment(1001, tcp_flag::rst, 1);
  EXPECT_THAT(f.shown, IsEmpty());
}

TEST(ConnectionFilter, ANewConnectionBetweenTheSameEndsIsJudgedAnew) {
  Filtered f{"tcp[4:4] = 7000"};  // the sequence number
  f.segment(1001, kSyn, 5000);
  f.segment(1001, kSyn, 5000);
  f.segment(1001, kSyn, 7000);
  f.segment(1001, kSyn | kAck, 1, true);
  EXPECT_THAT(f.shown, ElementsAre("1001", "1001"));
  EXPECT_EQ(f.filter().connections(), 2u);
}

TEST(ConnectionFilter, ASynFromEachEndIsOneConnection) {
  Filtered f{"src port 1001"};
  f.segment(1001, kSyn, 5000);
  f.segment(1001, kSyn, 7000, true);
  EXPECT_THAT(f.shown, ElementsAre("1001", "1001"));
  EXPECT_EQ(f.filter().connections(), 1u);
}

TEST(ConnectionFilter, AnIcmpErrorBelongsToTheConnectionThatItQuotes) {
  Filtered f{"tcp and src port 1001"};
  for (const std::uint16_t port : {std::uint16_t{1001}, std::uint16_t{1002}, std::uint16_t{1003}}) {
    const Packet packet = tcp_packet(f.pool, {.flags = kSyn, .client_port = port});
    if (port != 1003) f.packet(packet);
    f.packet(*make_icmp_error(IcmpKind::host_unreachable, packet, kRouterIp, 0));
  }
  EXPECT_THAT(f.shown, ElementsAre("1001", "icmp"));
}

TEST(ConnectionFilter, ANoteWaitsForTheFirstPacketOfItsConnection) {
  Filtered f{"src port 1001"};
  f.state(1001);
  f.state(1002);
  EXPECT_THAT(f.shown, IsEmpty());
  f.segment(1002, kSyn);
  f.segment(1001, kSyn);
  f.state(1001);
  f.state(1002);
  EXPECT_THAT(f.shown, ElementsAre("state 1001", "1001", "state 1001"));
}

TEST(ConnectionFilter, WhatIsOfNoConnectionPassesIfItIsOfAll) {
  Filtered f{"src port 1001"};
  f.note(TimelineNote{.at = kTimeZero, .verb = "path is cut", .detail = {}});
  f.note(RemarkNote{.at = kTimeZero, .text = "x"});
  f.note(CallNote{});
  f.note(ProcessNote{});
  EXPECT_THAT(f.shown, ElementsAre("note", "note"));
}

TEST(ConnectionFilter, WhatIsNoFilterIsRefusedInLibpcapsWords) {
  try {
    Filtered{"prot 80"};
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("--connection: expected a filter as tcpdump takes it"));
  }
}

}  // namespace
}  // namespace halfopen::test
