#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "capture/flow/flow_table.h"
#include "capture/flow/state_notes.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint8_t kSyn = tcp_flag::syn;
constexpr std::uint8_t kAck = tcp_flag::ack;
constexpr std::uint8_t kFin = tcp_flag::fin;
constexpr std::uint8_t kRst = tcp_flag::rst;

// Segments between a client at port 40000 and a server at port 80; numbers are relative to 1000 at both ends.
class Stream {
 public:
  explicit Stream(FlowTable::Limits limits = {}) : flows_{limits} {}

  Stream& client(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0, std::uint32_t payload = 0) {
    return send(client_, server_, flags, seq, ack, payload);
  }
  Stream& server(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack = 0, std::uint32_t payload = 0) {
    return send(server_, client_, flags, seq, ack, payload);
  }
  Stream& from_port(std::uint16_t port) {
    client_.port = port;
    return *this;
  }
  Stream& open() {
    client(kSyn, 0);
    server(kSyn | kAck, 0, 1);
    return client(kAck, 1, 1);
  }
  // What was told since the last time: "client SYN_SENT".
  std::vector<std::string> told() { return std::exchange(told_, {}); }
  [[nodiscard]] const FlowTable& flows() const { return flows_; }

 private:
  std::function<void(const StateNote&)> tell() {
    return [this](const StateNote& note) {
      EXPECT_NE(note.from, note.to);
      EXPECT_EQ(note.connection.local, note.host == HostId::client ? client_ : server_);
      told_.push_back(std::string{to_string(note.host)} + ' ' + std::string{to_string(note.to)});
    };
  }
  Stream& send(const SocketAddress& from, const SocketAddress& to, std::uint8_t flags, std::uint32_t seq,
               std::uint32_t ack, std::uint32_t payload) {
    FlowSegment segment;
    segment.source = from;
    segment.destination = to;
    segment.flags = flags;
    segment.seq = Seq{1000 + seq};
    segment.ack = Seq{1000 + ack};
    segment.payload = payload;
    const FlowFacts facts = flows_.see(segment);
    tell_states(flows_.at(facts.slot), facts, kTimeZero, tell());
    return *this;
  }

  SocketAddress client_{*IpAddress::parse("10.0.0.9"), 40000};
  SocketAddress server_{*IpAddress::parse("10.0.0.2"), 80};
  std::vector<std::string> told_;
  FlowTable flows_;
};

TEST(FlowStates, HandshakeAndCloseOfTheClient) {
  Stream s;
  s.client(kSyn, 0).server(kSyn | kAck, 0, 1);
  EXPECT_THAT(s.told(), ElementsAre("client SYN_SENT", "server SYN_RECEIVED"));
  s.client(kAck, 1, 1);
  EXPECT_THAT(s.told(), ElementsAre("client ESTABLISHED", "server ESTABLISHED"));
  s.client(kFin | kAck, 1, 1).server(kAck, 1, 2);
  EXPECT_THAT(s.told(), ElementsAre("client FIN_WAIT_1", "server CLOSE_WAIT", "client FIN_WAIT_2"));
  s.server(kFin | kAck, 1, 2).client(kAck, 2, 2);
  EXPECT_THAT(s.told(), ElementsAre("server LAST_ACK", "client TIME_WAIT", "server CLOSED"));
}

TEST(FlowStates, AFinThatAcknowledgesAFinIsBoth) {
  Stream s;
  s.open().told();
  s.client(kFin | kAck, 1, 1).server(kFin | kAck, 1, 2);
  EXPECT_THAT(s.told(),
              ElementsAre("client FIN_WAIT_1", "server CLOSE_WAIT", "server LAST_ACK", "client FIN_WAIT_2"));
}

TEST(FlowStates, BothCloseAtOnce) {
  Stream s;
  s.open().told();
  s.client(kFin | kAck, 1, 1).server(kFin | kAck, 1, 1).client(kAck, 2, 2).server(kAck, 2, 2);
  EXPECT_THAT(s.told(), ElementsAre("client FIN_WAIT_1", "server FIN_WAIT_1", "client CLOSING",
                                    "server FIN_WAIT_2", "server TIME_WAIT", "client TIME_WAIT"));
}

TEST(FlowStates, BothOpenAtOnce) {
  Stream s;
  s.client(kSyn, 0).server(kSyn, 0).client(kSyn | kAck, 0, 1).server(kSyn | kAck, 0, 1);
  s.client(kAck, 1, 1).server(kAck, 1, 1);
  EXPECT_THAT(s.told(), ElementsAre("client SYN_SENT", "server SYN_SENT", "client SYN_RECEIVED",
                                    "server SYN_RECEIVED", "client ESTABLISHED", "server ESTABLISHED"));
}

TEST(FlowStates, RetransmissionsChangeNothing) {
  Stream s;
  s.client(kSyn, 0)
      .client(kSyn, 0)
      .server(kSyn | kAck, 0, 1)
      .server(kSyn | kAck, 0, 1)
      .client(kAck, 1, 1)
      .told();
  s.server(kSyn | kAck, 0, 1).client(kAck, 1, 1).client(kAck, 1, 1, 5).client(kAck, 1, 1, 5);
  EXPECT_THAT(s.told(), IsEmpty());
  s.client(kFin | kAck, 6, 1).client(kFin | kAck, 6, 1);
  EXPECT_THAT(s.told(), ElementsAre("client FIN_WAIT_1"));
}

TEST(FlowStates, AResetEndsBoth) {
  Stream s;
  s.open().told();
  s.server(kRst | kAck, 1, 1);
  EXPECT_THAT(s.told(), ElementsAre("server CLOSED", "client CLOSED"));
  s.client(kAck, 1, 1, 5).server(kRst, 1);  // what was still under way
  EXPECT_THAT(s.told(), IsEmpty());
}

TEST(FlowStates, AResetFromTheOldDaysEndsOnlyItsSender) {
  Stream s;
  s.open().server(kAck, 1, 1, 5).client(kAck, 1, 6).told();
  s.server(kRst, 5);
  EXPECT_THAT(s.told(), ElementsAre("server CLOSED"));
}

TEST(FlowStates, AResetAtTheNumberThatIsExpectedEndsBoth) {
  Stream s;
  s.open().server(kAck, 1, 1, 5).client(kAck, 1, 6).told();
  s.server(kRst, 6);
  EXPECT_THAT(s.told(), ElementsAre("server CLOSED", "client CLOSED"));
}

TEST(FlowStates, ARefusedSynEndsItsSender) {
  Stream s;
  s.client(kSyn, 0).server(kRst | kAck, 0, 1);
  EXPECT_THAT(s.told(), ElementsAre("client SYN_SENT", "client CLOSED"));
}

TEST(FlowStates, AResetThatAnswersAnotherSynEndsNothing) {
  Stream s;
  s.client(kSyn, 0).server(kRst | kAck, 0, 7);
  EXPECT_THAT(s.told(), ElementsAre("client SYN_SENT"));
}

// RFC 9293 section 3.5.1, figure 9: the rebooted host's SYN meets a connection that knows better.
TEST(FlowStates, AHalfOpenConnectionIsResetByTheOneThatForgot) {
  Stream s;
  s.open().told();
  s.client(kSyn, 500).server(kAck, 1, 1).client(kRst, 1);
  EXPECT_THAT(s.told(), ElementsAre("client CLOSED", "client SYN_SENT", "server CLOSED"));
  s.client(kSyn, 500).server(kSyn | kAck, 300, 501).client(kAck, 501, 301);
  EXPECT_THAT(s.told(), ElementsAre("server SYN_RECEIVED", "client ESTABLISHED", "server ESTABLISHED"));
}

TEST(FlowStates, JoinedInTheMiddleEachEndIsKnownByItsOwnPackets) {
  Stream s;
  s.server(kAck, 100, 50, 10);
  EXPECT_THAT(s.told(), ElementsAre("server ESTABLISHED"));
  s.client(kAck, 50, 110);
  EXPECT_THAT(s.told(), ElementsAre("client ESTABLISHED"));
}

TEST(FlowStates, JoinedAtTheEndItFollowsToo) {
  Stream s;
  s.client(kFin | kAck, 50, 110).server(kAck, 110, 51);
  EXPECT_THAT(s.told(), ElementsAre("client ESTABLISHED", "client FIN_WAIT_1", "server ESTABLISHED",
                                    "server CLOSE_WAIT", "client FIN_WAIT_2"));
}

TEST(FlowStates, AnotherSynAfterTimeWaitIsAnotherConnection) {
  Stream s;
  s.open().client(kFin | kAck, 1, 1).server(kFin | kAck, 1, 2).client(kAck, 2, 2).told();
  s.client(kSyn, 900).server(kSyn | kAck, 800, 901);
  EXPECT_THAT(s.told(), ElementsAre("client CLOSED", "client SYN_SENT", "server SYN_RECEIVED"));
}

TEST(FlowStates, RemembersNoMoreThanItsLimits) {
  Stream s{{.open = 8, .over = 4}};
  for (std::uint16_t port = 1000; port < 1100; ++port) s.from_port(port).client(kSyn, 0);
  EXPECT_EQ(s.flows().size(), 8u);
  for (std::uint16_t port = 2000; port < 2100; ++port)
    s.from_port(port).client(kSyn, 0).server(kRst | kAck, 0, 1);
  EXPECT_LE(s.flows().size(), 8u + 4 + 1);
}

// What the hosts of a run recorded, and what its packets show.
class Both final : public Observer {
 public:
  [[nodiscard]] bool wants(NoteKind kind) const override { return kind == NoteKind::state; }
  void on_packet(const PacketNote& note) override {
    if (note.packet->segment() == nullptr) return;
    const FlowFacts facts = flows_.see(*note.packet, note.at);
    tell_states(flows_.at(facts.slot), facts, note.at,
                [this](const StateNote& state) { add(inferred, state); });
  }
  void on_note(const Note& note) override { add(recorded, std::get<StateNote>(note)); }

  // States by host: the tap sees one end's packets late.
  std::array<std::vector<State>, 2> recorded;
  std::array<std::vector<State>, 2> inferred;

 private:
  static void add(std::array<std::vector<State>, 2>& to, const StateNote& note) {
    if (note.from == State::time_wait) return;  // its end sends no packet
    to[static_cast<std::size_t>(note.host)].push_back(note.to);
  }
  FlowTable flows_;
};

TEST(FlowStates, ReadsFromAnOrderlyRunWhatTheHostsRecorded) {
  const Scenario scenario = parse_scenario(
      "title = 'x'\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n"
      "[[timeline]]\nat = '1s'\ndo = 'client types'\ntext = 'hello'\n"
      "[[timeline]]\nat = '2s'\ndo = 'client closes input'\n",
      "x.toml");
  Both both;
  World{scenario, {.seed = std::nullopt, .observers = {&both}}}.run();
  ASSERT_FALSE(both.recorded[0].empty());
  EXPECT_EQ(both.inferred, both.recorded);
}

}  // namespace
}  // namespace halfopen
