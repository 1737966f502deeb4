// A reset by which an endpoint answers a segment is a stranger's: same bytes, by the same two rules.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr std::uint8_t kTos = 0x10;
constexpr auto kEvery = std::to_array<const char*>({"linux-6.1", "linux", "freebsd", "4.4bsd", "rfc"});

class ResetReplies : public ::testing::TestWithParam<const char*> {
 protected:
  // Takes the segment with a traffic class, and gives what was sent.
  const Packet& answer_to(const Segment& segment) {
    a.tcp().on_segment(a.now(), Arrival{.segment = segment, .traffic_class = kTos});
    a.pair.after_input(a.pair.a);
    return a.pair.rungs.back().packet;
  }
  // The bytes of the reset that a host without the connection would send.
  std::vector<std::uint8_t> strangers(const Segment& segment) {
    const auto reset = reset_for(segment, kTos, a.pair.a.env.resets);
    EXPECT_TRUE(reset.has_value());
    std::uint16_t id = static_cast<std::uint16_t>(a.pair.a.env.next_ip_id - 1);
    Packet packet;
    write_reset(packet, a.pair.a.addresses, *reset, a.os().ip, id);
    return bytes(packet);
  }
  static std::vector<std::uint8_t> bytes(const Packet& packet) {
    std::vector<std::uint8_t> out(wire_size(packet));
    emit(packet, out);
    return out;
  }
  [[nodiscard]] std::uint8_t copied_tos() const {
    return a.pair.a.profile.family == OsFamily::linux_os ? kTos : 0;
  }
  Alone a{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Profiles, ResetReplies, ::testing::ValuesIn(kEvery));

TEST_P(ResetReplies, InSynSentForAnAckOfWhatWasNeverSent) {
  a.pair.start_connect();
  Segment bad = a.syn({}, tcp_flag::ack);
  bad.ack = a.pair.a.iss + 77;
  const Packet& reset = answer_to(bad);
  EXPECT_EQ(reset.why.cause, Cause::rst_bad_ack);
  EXPECT_EQ(reset.ip.traffic_class, copied_tos());
  EXPECT_EQ(bytes(reset), strangers(bad));
}

TEST_P(ResetReplies, NotEvenInSynSentForAReset) {
  a.pair.start_connect();
  a.forget();
  Segment bad = a.syn({}, tcp_flag::ack | tcp_flag::rst);
  bad.ack = a.pair.a.iss + 77;
  answer_to(bad);
  EXPECT_EQ(a.sent(), "");
}

TEST_P(ResetReplies, InSynReceivedForAnAckOfWhatWasNeverSent) {
  a.pair.a.endpoint = std::make_unique<Endpoint>(
      a.pair.a.env, EndpointBirth{.addresses = a.pair.a.addresses, .iss = a.pair.a.iss}, a.pair.a.options);
  a.tcp().open_passively(a.now(), Arrival{.segment = a.syn({}, tcp_flag::syn)});
  a.pair.after_input(a.pair.a);
  Segment bad = a.segment(tcp_flag::ack);
  bad.ack = a.pair.a.iss + 77;
  const Endpoint::Info before = a.tcp().info();
  const Packet& reset = answer_to(bad);
  EXPECT_EQ(reset.ip.traffic_class, copied_tos());
  EXPECT_EQ(bytes(reset), strangers(bad));
  EXPECT_EQ(a.tcp().info().rcv_wnd, before.rcv_wnd);  // it offers no window, so none was promised
}

TEST_P(ResetReplies, WhenClosedByItsProcessForDataThatNobodyWillRead) {
  a.open();
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  const Segment data = a.segment(tcp_flag::ack | tcp_flag::psh, "late");
  const Packet& reset = answer_to(data);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(reset.why.cause, Cause::rst_after_close);
  EXPECT_EQ(reset.ip.traffic_class, copied_tos());
  EXPECT_EQ(bytes(reset), strangers(data));
}

// A SYN with a FIN and without an ACK, where a SYN in the window still ends a connection.
TEST_P(ResetReplies, CountTheFinOfASynInTheWindowWhereTheOsDoes) {
  a.os().check.syn.value = SynCheck::reset;
  a.open();
  const Segment both = a.segment(tcp_flag::syn | tcp_flag::fin);
  const Packet& reset = answer_to(both);
  EXPECT_EQ(a.state(), State::closed);
  const bool counts = a.os().family != OsFamily::bsd44;
  EXPECT_EQ(reset.segment()->flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(reset.segment()->ack, both.seq + (counts ? 2 : 1));
  EXPECT_EQ(bytes(reset), strangers(both));
}

}  // namespace
}  // namespace halfopen::testing
