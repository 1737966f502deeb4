// What a tracker of flows can get wrong, packet by packet.
#include <gtest/gtest.h>

#include "capture/flow/flow_table.h"
#include "tests/capture/flow/one_story.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

namespace flag = tcp_flag;

class FlowSteps : public ::testing::Test {
 protected:
  FlowFacts send(const test::PacketSpec& spec, TimePoint at = kTimeZero) {
    facts_ = flows_.see(test::tcp_packet(pool_, spec), at);
    return facts_;
  }
  void open(std::uint32_t client = 100, std::uint32_t server = 500) {
    send({.flags = flag::syn, .seq = client});
    send({.from_server = true, .flags = flag::syn | flag::ack, .seq = server, .ack = client + 1},
         kTimeZero + 10ms);
    send({.seq = client + 1, .ack = server + 1}, kTimeZero + 20ms);
  }
  [[nodiscard]] const Flow& flow() const { return flows_.at(facts_.slot); }

  BlockPool pool_;
  FlowTable flows_;
  FlowFacts facts_;
};

TEST_F(FlowSteps, WhatFillsAHoleLaterThanARoundTripWasSentAgain) {
  open();
  send({.seq = 106, .ack = 501, .text = "later"}, kTimeZero + 100ms);
  EXPECT_EQ(send({.seq = 101, .ack = 501, .text = "first"}, kTimeZero + 120ms).what, Sending::repeated);
  EXPECT_EQ(flow().end(0).bytes, 10u) << "and its bytes are new to us";
  send({.seq = 116, .ack = 501, .text = "third"}, kTimeZero + 200ms);
  EXPECT_EQ(send({.seq = 111, .ack = 501, .text = "other"}, kTimeZero + 219ms).what, Sending::out_of_order);
  EXPECT_EQ(send({.seq = 111, .ack = 501, .text = "other"}, kTimeZero + 219ms).what, Sending::repeated);
  EXPECT_EQ(flow().end(0).bytes, 20u);
}

TEST_F(FlowSteps, DataThatIsAcknowledgedBeforeItIsSeenIsNew) {
  open();
  send({.from_server = true, .seq = 501, .ack = 106}, kTimeZero + 30ms);
  EXPECT_NE(send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 30ms).what, Sending::repeated);
  EXPECT_EQ(flow().end(0).bytes, 5u);
  EXPECT_EQ(send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 90ms).what, Sending::repeated);
  EXPECT_EQ(flow().end(0).bytes, 5u);
}

TEST_F(FlowSteps, StragglersOfTheIncarnationBeforeAreItsOwn) {
  open();
  send({.flags = flag::syn, .seq = 900'000});
  EXPECT_EQ(facts_.number, 2u);
  const auto challenge = send({.from_server = true, .seq = 501, .ack = 101});
  EXPECT_EQ(challenge.number, 1u);
  const auto reset = send({.flags = flag::rst, .seq = 101});
  EXPECT_EQ(reset.number, 1u);
  EXPECT_TRUE(reset.resets);
  EXPECT_EQ(flow().ending().what, Ending::reset);
  EXPECT_EQ(flow().ending().by, 0);
  const auto answer =
      send({.from_server = true, .flags = flag::syn | flag::ack, .seq = 700'000, .ack = 900'001});
  EXPECT_EQ(answer.number, 2u);
  send({.seq = 900'001, .ack = 700'001});
  EXPECT_EQ(flow().ending().what, Ending::open);
}

TEST_F(FlowSteps, AResetWithANumberOfThePastDoesNotCount) {
  open();
  send({.from_server = true, .seq = 501, .ack = 101, .text = "hello"});
  send({.seq = 101, .ack = 506});
  EXPECT_FALSE(send({.from_server = true, .flags = flag::rst, .seq = 505}).resets);
  EXPECT_EQ(flow().void_resets, 1u);
  EXPECT_TRUE(send({.from_server = true, .flags = flag::rst, .seq = 506}).resets);
  EXPECT_TRUE(facts_.is_over);
}

TEST_F(FlowSteps, AResetThatBothEndsOutliveWasSomebodyElses) {
  open();
  EXPECT_TRUE(send({.from_server = true, .flags = flag::rst, .seq = 501}).is_over);
  send({.from_server = true, .seq = 501, .ack = 101, .text = "hello"});
  EXPECT_TRUE(facts_.is_over) << "it may have crossed the reset";
  EXPECT_FALSE(send({.seq = 101, .ack = 506}).is_over) << "the client took it";
  EXPECT_EQ(flow().ending().what, Ending::open);
  EXPECT_EQ(flow().end(0).state, State::established);
}

TEST_F(FlowSteps, ProbesIntoAClosedWindowAreNoKeepalives) {
  open();
  send({.seq = 101, .ack = 501, .text = "hello"});
  send({.from_server = true, .seq = 501, .ack = 106, .window = 0});
  EXPECT_EQ(send({.seq = 105, .ack = 501}).what, Sending::window_probe);
  EXPECT_EQ(send({.seq = 106, .ack = 501, .text = "x"}).what, Sending::window_probe) << "a byte, as BSD does";
  EXPECT_EQ(send({.seq = 106, .ack = 501, .text = "x"}).what, Sending::window_probe);
  EXPECT_EQ(flow().end(0).bytes, 5u) << "nobody took the byte";
  EXPECT_EQ(flow().end(0).retransmissions, 0u);
  EXPECT_EQ(flow().end(0).tries, 3u);
  send({.from_server = true, .seq = 501, .ack = 106});
  EXPECT_EQ(send({.seq = 106, .ack = 501, .text = "xyz"}).what, Sending::data)
      << "the first time that it is sent";
  EXPECT_EQ(flow().end(0).bytes, 8u);
}

TEST_F(FlowSteps, AByteOfAProbeThatIsTakenCounts) {
  open();
  send({.from_server = true, .seq = 501, .ack = 101, .window = 0});
  send({.seq = 101, .ack = 501, .text = "x"});
  send({.from_server = true, .seq = 501, .ack = 102});
  EXPECT_EQ(flow().end(0).bytes, 1u);
}

TEST_F(FlowSteps, ASynScanIsResetByItsClient) {
  send({.flags = flag::syn, .seq = 100});
  send({.from_server = true, .flags = flag::syn | flag::ack, .seq = 500, .ack = 101});
  EXPECT_TRUE(send({.flags = flag::rst, .seq = 101}).resets);
  EXPECT_EQ(flow().ending().what, Ending::reset);
  EXPECT_EQ(flow().ending().by, 0);
  test::expect_one_story(flow());
}

TEST_F(FlowSteps, ARefusalAcknowledgesDataOfTheSynToo) {  // RFC 7413: fast open
  send({.flags = flag::syn, .seq = 100, .text = "hello"});
  send({.from_server = true, .flags = flag::rst | flag::ack, .seq = 0, .ack = 106});
  EXPECT_EQ(flow().ending().what, Ending::refused);
  test::expect_one_story(flow());
}

TEST_F(FlowSteps, ASynOfWhichTheNextIsAnotherWasNotAnswered) {
  std::vector<Ending> endings;
  FlowTable flows{{}, [&](std::uint32_t, const Flow& flow) { endings.push_back(flow.ending().what); }};
  for (const std::uint32_t isn : {100u, 900'000u, 5'000'000u}) {
    flows.see(test::tcp_packet(pool_, {.flags = flag::syn, .seq = isn}));
  }
  flows.see(test::tcp_packet(
      pool_, {.from_server = true, .flags = flag::syn | flag::ack, .seq = 500, .ack = 900'001}));
  flows.finish();
  EXPECT_EQ(endings, (std::vector{Ending::syn_only, Ending::open, Ending::syn_only}))
      << "the answer is to the second";
}

TEST_F(FlowSteps, WhoSendsAResetThatNobodyBelievesAndGoesOnLives) {
  open();
  send({.from_server = true, .seq = 501, .ack = 101, .text = "hello"});
  send({.seq = 101, .ack = 506});
  send({.from_server = true, .flags = flag::rst, .seq = 400});
  EXPECT_EQ(flow().end(1).state, State::closed);
  send({.from_server = true, .seq = 506, .ack = 101, .text = "again"});
  EXPECT_EQ(flow().end(1).state, State::established);
  EXPECT_EQ(flow().ending().what, Ending::open);
}

TEST_F(FlowSteps, AResetBeforeAnUploadThatGoesOnWasForged) {
  open();
  send({.from_server = true, .flags = flag::rst, .seq = 1500});
  send({.seq = 101, .ack = 501, .text = "hello"});
  send({.from_server = true, .seq = 501, .ack = 106});
  EXPECT_EQ(flow().ending().what, Ending::open);
  EXPECT_EQ(flow().end(0).state, State::established);
  EXPECT_EQ(flow().end(1).state, State::established);
}

TEST_F(FlowSteps, AnotherSynAckOfAnOpenConnectionIsNotItsOwn) {
  open();
  send({.from_server = true, .flags = flag::syn | flag::ack, .seq = 900'000, .ack = 101});
  EXPECT_TRUE(facts_.is_stray);
  send({.from_server = true, .seq = 501, .ack = 101, .text = "hello"});
  EXPECT_EQ(flow().end(1).bytes, 5u);
  EXPECT_EQ(flow().end(1).retransmissions, 0u);
}

TEST_F(FlowSteps, AnIncarnationWithANearNumberKeepsItsRetransmissions) {
  open();
  send({.flags = flag::fin | flag::ack, .seq = 101, .ack = 501});
  send({.from_server = true, .flags = flag::fin | flag::ack, .seq = 501, .ack = 102});
  send({.seq = 102, .ack = 502});
  open(65'639, 900'000);  // as Linux chooses it over TIME_WAIT
  const std::string kilobyte(1000, 'x');
  for (std::uint32_t i = 1; i < 99; ++i) send({.seq = 65'640 + 1000 * i, .ack = 900'001, .text = kilobyte});
  EXPECT_EQ(send({.seq = 65'640, .ack = 900'001, .text = kilobyte}, kTimeZero + 1s).number, 2u);
  EXPECT_EQ(flow().end(0).bytes, 99'000u);
  EXPECT_EQ(flow().end(0).retransmissions, 1u);
}

TEST_F(FlowSteps, AnAcknowledgementAheadShowsThatDataIsMissing) {
  open();
  send({.seq = 111, .ack = 501}, kTimeZero + 100ms);
  EXPECT_EQ(send({.seq = 101, .ack = 501, .text = "0123456789"}, kTimeZero + 300ms).what, Sending::repeated);
  EXPECT_EQ(flow().end(0).bytes, 10u);
}

// What takes the ports of a connection that is over, in a table that is full of such.
TEST(FlowTables, ARoomThatIsUsedAgainAtOnceKeepsItsAddresses) {
  BlockPool pool;
  std::vector<std::uint16_t> ports;
  FlowTable flows{{.open = 100, .over = 4},
                  [&](std::uint32_t, const Flow& flow) { ports.push_back(flow.address(0).port); }};
  const auto play = [&](std::uint16_t port, std::uint32_t isn) {
    flows.see(test::tcp_packet(pool, {.flags = flag::syn, .seq = isn, .client_port = port}));
    flows.see(test::tcp_packet(pool, {.from_server = true,
                                      .flags = flag::rst | flag::ack,
                                      .seq = 0,
                                      .ack = isn + 1,
                                      .client_port = port}));
  };
  for (std::uint16_t round = 0; round < 3; ++round) {
    for (std::uint16_t port = 2000; port < 2005; ++port) play(port, 1000u * round);
  }
  flows.finish();
  ASSERT_EQ(ports.size(), 15u);
  for (const std::uint16_t port : ports) EXPECT_GE(port, 2000) << "every flow has its ends";
}

TEST_F(FlowSteps, AScaleThatTheSnapLengthCutOffIsUnknown) {
  FlowSegment syn{.source = {test::kClientIp, 40000},
                  .destination = {test::kServerIp, 80},
                  .seq = Seq{100},
                  .ack = Seq{},
                  .flags = flag::syn,
                  .window = 64240,
                  .window_scale = 7};
  flows_.see(syn);
  FlowSegment answer{.source = syn.destination,
                     .destination = syn.source,
                     .seq = Seq{500},
                     .ack = Seq{101},
                     .flags = flag::syn | flag::ack,
                     .window = 65160,
                     .window_scale = std::nullopt,
                     .options_are_cut = true};
  flows_.see(answer);
  FlowSegment ack{.source = syn.source,
                  .destination = syn.destination,
                  .seq = Seq{101},
                  .ack = Seq{501},
                  .flags = flag::ack,
                  .window = 502,
                  .window_scale = std::nullopt};
  EXPECT_FALSE(flows_.see(ack).window_is_scaled);
  EXPECT_EQ(flows_.see(ack).window, 502u);
}

}  // namespace
}  // namespace halfopen
