// Opening: both handshakes, simultaneous open, and everything that goes wrong before a connection stands.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

// RFC 9293 section 3.5, figure 6.
TEST(Opening, ThreeSegmentsMakeAConnectionBetweenAnyTwo) {
  for (const char* client : kEvery) {
    for (const char* server : kEvery) {
      Pair pair{client, server};
      pair.connect();
      EXPECT_EQ(pair.ladder(), "0.000 > S 0:0(0)\n0.010 < S. 0:0(0) ack 1\n0.020 > . 1:1(0) ack 1\n");
      EXPECT_EQ(states_of(pair.a), "CLOSED SYN_SENT ESTABLISHED");
      EXPECT_EQ(states_of(pair.b), "LISTEN SYN_RECEIVED ESTABLISHED");
    }
  }
}

// RFC 9293 section 3.5, figure 7: SYNs cross, both answer with their SYN once more and an ACK.
TEST(Opening, CrossingSynsMakeOneConnection) {
  for (const char* os : kEvery) {
    Pair pair{os, os};
    pair.start_connect();
    pair.b.endpoint = std::make_unique<Endpoint>(
        pair.b.env, EndpointBirth{.addresses = pair.b.addresses, .iss = pair.b.iss}, pair.b.options);
    pair.b.endpoint->connect(pair.now);
    pair.after_input(pair.b);
    pair.run_for(200ms);
    EXPECT_EQ(states_of(pair.a), "CLOSED SYN_SENT SYN_RECEIVED ESTABLISHED") << os;
    EXPECT_EQ(states_of(pair.b), "CLOSED SYN_SENT SYN_RECEIVED ESTABLISHED") << os;
    const std::string dsack = std::string_view{os} == "linux-6.18" ? " sack 0-1" : "";  // since 6.12
    const std::string expected =
        "> S 0:0(0)\n< S 0:0(0)\n< S. 0:0(0) ack 1\n> S. 0:0(0) ack 1\n> . 1:1(0) ack 1" + dsack + "\n< .";
    EXPECT_EQ(pair.ladder_without_time().substr(0, expected.size()), expected) << os;
    pair.write(pair.a, "hello");
    pair.run_for(500ms);
    EXPECT_EQ(pair.b.received, "hello") << os;
  }
}

// --- SYN_SENT: RFC 9293 section 3.10.7.3

class SynSent : public ::testing::TestWithParam<const char*> {
 protected:
  SynSent() : a{GetParam()} {
    a.pair.start_connect();
    a.forget();
    a.run(20ms);
  }
  Segment reply(std::uint8_t flags, std::uint32_t ack) {
    Segment s = a.syn({}, flags);
    s.ack = a.pair.a.iss + ack;
    return s;
  }
  Alone a;
};
INSTANTIATE_TEST_SUITE_P(Profiles, SynSent, ::testing::ValuesIn(kEvery));

TEST_P(SynSent, AResetThatAcknowledgesTheSynIsARefusal) {
  a.take(reply(tcp_flag::rst | tcp_flag::ack, 1));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::connrefused);
  EXPECT_EQ(a.sent(), "");
}

TEST_P(SynSent, AResetWithoutAckIsIgnored) {
  a.take(reply(tcp_flag::rst, 0));
  EXPECT_EQ(a.state(), State::syn_sent);
  EXPECT_EQ(a.sent(), "");
}

TEST_P(SynSent, AResetThatAcknowledgesSomethingElseIsIgnored) {
  for (const std::uint32_t ack : {0u, 2u, 0x8000'0000u}) a.take(reply(tcp_flag::rst | tcp_flag::ack, ack));
  EXPECT_EQ(a.state(), State::syn_sent);
  EXPECT_EQ(a.sent(), "");
}

// Half-open discovery from the other end: what the old connection acknowledges was never sent here.
TEST_P(SynSent, ABadAckIsResetAtItsAck) {
  a.take(reply(tcp_flag::syn | tcp_flag::ack, 100));
  EXPECT_EQ(a.sent(), "> R 100:100(0)\n");
  EXPECT_EQ(a.last().window, 0);
  EXPECT_TRUE(a.last().options.wire().empty());
  a.take(reply(tcp_flag::ack, 0));
  EXPECT_EQ(a.sent(), "> R 0:0(0)\n");
  EXPECT_EQ(a.state(), State::syn_sent);
}

TEST_P(SynSent, AnAckAloneAndAFinAloneAreNothing) {
  a.take(reply(tcp_flag::ack, 1));
  a.take(reply(tcp_flag::fin, 0));
  EXPECT_EQ(a.state(), State::syn_sent);
  EXPECT_EQ(a.sent(), "");
}

TEST_P(SynSent, DataWithTheSynAckCounts) {
  Segment s = reply(tcp_flag::syn | tcp_flag::ack, 1);
  const std::string text = "early";
  s.payload = Payload{a.pair.pool, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
  a.take(s);
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.pair.a.received, "early");
}

TEST_P(SynSent, CloseEndsItWithoutASegment) {
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.sent(), "");
}

// --- SYN_RECEIVED

class SynReceived : public ::testing::TestWithParam<const char*> {
 protected:
  SynReceived() : a{GetParam()} {
    a.pair.a.endpoint = std::make_unique<Endpoint>(
        a.pair.a.env, EndpointBirth{.addresses = a.pair.a.addresses, .iss = a.pair.a.iss}, a.pair.a.options);
    a.tcp().open_passively(a.now(), Arrival{.segment = a.syn({}, tcp_flag::syn)});
    a.pair.after_input(a.pair.a);
    EXPECT_EQ(a.sent(), "> S. 0:0(0) ack 1\n");
  }
  Alone a;
};
INSTANTIATE_TEST_SUITE_P(Profiles, SynReceived, ::testing::ValuesIn(kEvery));

// A repeated SYN is old, not one "in the window": the SYN-ACK goes out again (net/ipv4/tcp_minisocks.c
// tcp_check_req).
TEST_P(SynReceived, TheSynAgainBringsTheSynAckAgain) {
  a.run(700ms);
  a.take(a.syn({}, tcp_flag::syn));
  EXPECT_EQ(a.sent(), "> S. 0:0(0) ack 1\n");
  EXPECT_EQ(a.state(), State::syn_received);
}

// RFC 9293 section 3.10.7.4, fifth step.
TEST_P(SynReceived, AnUnacceptableAckIsResetAndChangesNothing) {
  Segment s = a.segment(tcp_flag::ack);
  s.ack = a.pair.a.iss + 2;
  a.take(s);
  EXPECT_EQ(a.sent(), "> R 2:2(0)\n");
  EXPECT_EQ(a.state(), State::syn_received);
}

TEST_P(SynReceived, AResetEndsItAndNobodyIsTold) {
  a.take(a.segment(tcp_flag::rst));
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::none);
  EXPECT_EQ(a.sent(), "");
}

TEST_P(SynReceived, DataWithTheThirdSegmentCounts) {
  a.take(a.segment(tcp_flag::ack | tcp_flag::psh, "first"));
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.pair.a.received, "first");
}

TEST_P(SynReceived, AFinWithTheThirdSegmentLeadsToCloseWait) {
  a.take(a.segment(tcp_flag::ack | tcp_flag::fin));
  EXPECT_EQ(a.state(), State::close_wait);
}

// RFC 9293 section 3.10.4: the FIN waits for the handshake.
TEST_P(SynReceived, CloseWaitsForTheHandshakeThenSendsFin) {
  a.tcp().close(a.now());
  a.pair.after_input(a.pair.a);
  EXPECT_EQ(a.sent(), "");
  a.take(a.segment(tcp_flag::ack));
  EXPECT_EQ(a.state(), State::fin_wait_1);
  EXPECT_EQ(a.sent(), "> F. 1:1(0) ack 1\n");
}

TEST_P(SynReceived, AnOldSynAfterTheHandshakeEndsNothing) {
  a.take(a.segment(tcp_flag::ack));
  a.run(1s);
  a.take(a.syn({}, tcp_flag::syn));
  EXPECT_EQ(a.state(), State::established);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 1\n");
}

}  // namespace
}  // namespace halfopen::testing
