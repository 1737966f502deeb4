#include "capture/flow/flow_table.h"

#include <gtest/gtest.h>

#include "tests/support/packets.h"

namespace halfopen {
namespace {

using test::tcp_packet;
namespace flag = tcp_flag;

class FlowTableTest : public ::testing::Test {
 protected:
  FlowFacts see(const test::PacketSpec& spec) { return flows_.see(tcp_packet(pool_, spec)); }
  // A SYN or SYN-ACK, with a window scale if `scale` is not negative.
  FlowFacts see_syn(test::PacketSpec spec, int scale) {
    spec.flags = static_cast<std::uint8_t>(spec.flags | flag::syn);
    Packet packet = tcp_packet(pool_, spec);
    if (scale >= 0) packet.segment()->options.add_window_scale(static_cast<std::uint8_t>(scale));
    return flows_.see(packet);
  }
  void open(std::uint32_t client_isn, std::uint32_t server_isn, std::uint16_t port = test::kClientPort) {
    see_syn({.flags = 0, .seq = client_isn, .client_port = port}, 7);
    see_syn({.from_server = true, .seq = server_isn, .ack = client_isn + 1, .client_port = port}, 10);
    see({.seq = client_isn + 1, .ack = server_isn + 1, .client_port = port});
  }

  BlockPool pool_;
  FlowTable flows_;
};

TEST_F(FlowTableTest, NumbersAreRelativeToEachEndsSyn) {
  const auto syn = see_syn({.flags = 0, .seq = 0xffff'fffe}, 7);
  EXPECT_EQ(syn.seq, 0u);
  EXPECT_EQ(syn.end, 0u);
  EXPECT_TRUE(syn.from_initiator);
  const auto syn_ack = see_syn({.from_server = true, .seq = 77, .ack = 0xffff'ffff}, 7);
  EXPECT_EQ(syn_ack.seq, 0u);
  EXPECT_EQ(syn_ack.ack, 1u);
  EXPECT_FALSE(syn_ack.from_initiator);
  const auto data = see({.seq = 0xffff'ffff, .ack = 78, .text = "hello\n"});  // across the wrap
  EXPECT_EQ(data.seq, 1u);
  EXPECT_EQ(data.end, 7u);
  EXPECT_EQ(data.ack, 1u);
  EXPECT_EQ(data.number, 1u);
}

TEST_F(FlowTableTest, AConnectionJoinedInTheMiddleBeginsAtOne) {
  const auto data = see({.seq = 5000, .ack = 9000, .text = "hello\n"});
  EXPECT_EQ(data.seq, 1u);
  EXPECT_EQ(data.end, 7u);
  EXPECT_EQ(data.ack, 1u);
  const auto reply = see({.from_server = true, .seq = 9000, .ack = 5006, .text = "hi"});
  EXPECT_EQ(reply.seq, 1u);
  EXPECT_EQ(reply.ack, 7u);
  EXPECT_FALSE(reply.window_is_scaled);
}

TEST_F(FlowTableTest, AResetThatAnswersASynStaysAtZero) {  // RFC 9293 section 3.5.2
  see_syn({.flags = 0, .seq = 1000}, -1);
  const auto reset = see({.from_server = true, .flags = flag::rst | flag::ack, .seq = 0, .ack = 1001});
  EXPECT_EQ(reset.seq, 0u);
  EXPECT_EQ(reset.ack, 1u);
}

TEST_F(FlowTableTest, WindowsAreScaledWhereBothEndsOfferedIt) {  // RFC 7323 section 2.2
  EXPECT_EQ(see_syn({.flags = 0, .seq = 1, .window = 64240}, 7).window, 64240u) << "never in a SYN";
  see_syn({.from_server = true, .seq = 1, .ack = 2}, 10);
  EXPECT_EQ(see({.seq = 2, .ack = 2, .window = 502}).window, 502u << 7);
  EXPECT_EQ(see({.from_server = true, .seq = 2, .ack = 2, .window = 64}).window, 64u << 10);
  EXPECT_TRUE(see({.seq = 2, .ack = 2}).window_is_scaled);
}

TEST_F(FlowTableTest, AWindowIsTheFieldItselfWhereOneEndOfferedNoScale) {
  see_syn({.flags = 0, .seq = 1}, 7);
  see_syn({.from_server = true, .seq = 1, .ack = 2}, -1);
  const auto view = see({.seq = 2, .ack = 2, .window = 502});
  EXPECT_EQ(view.window, 502u);
  EXPECT_TRUE(view.window_is_scaled);
}

TEST_F(FlowTableTest, AScaleBeyond14Counts14) {  // RFC 7323 section 2.3
  see_syn({.flags = 0, .seq = 1}, 200);
  see_syn({.from_server = true, .seq = 1, .ack = 2}, 0);
  EXPECT_EQ(see({.seq = 2, .ack = 2, .window = 3}).window, 3u << 14);
}

TEST_F(FlowTableTest, WhatWasSentBeforeIsRepeated) {
  open(100, 200);
  EXPECT_FALSE(see({.seq = 101, .ack = 201, .text = "hello\n"}).is_repeated());
  EXPECT_TRUE(see({.seq = 101, .ack = 201, .text = "hello\n"}).is_repeated());
  EXPECT_TRUE(see({.seq = 104, .ack = 201, .text = "lo\nworld"}).is_repeated()) << "and new data behind it";
  EXPECT_FALSE(see({.seq = 112, .ack = 201, .text = "!"}).is_repeated());
  EXPECT_FALSE(see({.seq = 101, .ack = 201}).is_repeated()) << "nothing in it";
  EXPECT_TRUE(see_syn({.flags = 0, .seq = 100}, 7).is_repeated());
}

TEST_F(FlowTableTest,
       AKeepaliveIsNotRepeatedData) {  // RFC 9293 section 3.8.4: one byte, acknowledged long ago
  open(100, 200);
  see({.seq = 101, .ack = 201, .text = "hello\n"});
  see({.from_server = true, .seq = 201, .ack = 107});
  EXPECT_FALSE(see({.seq = 106, .ack = 201, .text = "\n"}).is_repeated());
  EXPECT_FALSE(see({.seq = 106, .ack = 201}).is_repeated());
}

TEST_F(FlowTableTest, RetransmissionsAreWhatTheSenderSaysTheyAre) {
  open(100, 200);
  Packet packet = tcp_packet(pool_, {.seq = 101, .ack = 201, .text = "x"});
  packet.why.cause = Cause::new_data;
  EXPECT_FALSE(is_retransmission(packet, flows_.see(packet)));
  packet.why.cause = Cause::retransmit_timeout;
  packet.why.retransmission = 1;
  EXPECT_TRUE(is_retransmission(packet, flows_.see(packet)));
  packet.why.cause = Cause::window_probe_data;
  EXPECT_FALSE(is_retransmission(packet, flows_.see(packet)));
  packet.why = Why{};  // a kernel's
  EXPECT_TRUE(is_retransmission(packet, flows_.see(packet)));
}

// RFC 9293 section 3.5.1, figure 9: a host that crashed opens the same connection again.
TEST_F(FlowTableTest, ASynWithAnotherNumberBeginsANewConversation) {
  open(100, 300);
  see({.seq = 101, .ack = 301, .text = "hello\n"});
  const auto syn = see_syn({.flags = 0, .seq = 400'000'000}, 7);
  EXPECT_EQ(syn.number, 2u);
  EXPECT_EQ(syn.seq, 0u);
  const auto challenge = see({.from_server = true, .seq = 301, .ack = 107});
  EXPECT_EQ(challenge.ack, 7u) << "of the incarnation before";
  EXPECT_EQ(challenge.seq, 1u);
  const auto reset = see({.flags = flag::rst, .seq = 107});
  EXPECT_EQ(reset.seq, 7u);
  const auto again = see_syn({.flags = 0, .seq = 400'000'000}, 7);
  EXPECT_EQ(again.seq, 0u);
  EXPECT_TRUE(again.is_repeated());
  const auto syn_ack = see_syn({.from_server = true, .seq = 700'000'000, .ack = 400'000'001}, 7);
  EXPECT_EQ(syn_ack.seq, 0u);
  EXPECT_EQ(syn_ack.ack, 1u);
}

TEST_F(FlowTableTest, AQuoteIsFoundWithItsLength) {
  open(100, 200);
  see({.seq = 101, .ack = 201, .text = "hello\n"});
  const FourTuple tuple{{test::kClientIp, test::kClientPort}, {test::kServerIp, test::kServerPort}};
  const auto quote = flows_.find_quoted({.tuple = tuple, .seq = Seq{101}});
  ASSERT_TRUE(quote);
  EXPECT_EQ(quote->seq, 1u);
  EXPECT_EQ(quote->length, 6u);
  EXPECT_FALSE(flows_.find_quoted({.tuple = tuple, .seq = Seq{107}})->length);
  const FourTuple stranger{{test::kClientIp, 1}, {test::kServerIp, test::kServerPort}};
  EXPECT_FALSE(flows_.find_quoted({.tuple = stranger, .seq = Seq{101}}));
}

TEST_F(FlowTableTest, ClosedConnectionsAreForgotten) {
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const auto port = static_cast<std::uint16_t>(1024 + i);
    open(i, i, port);
    see({.flags = flag::fin | flag::ack, .seq = i + 1, .ack = i + 1, .client_port = port});
    see({.from_server = true,
         .flags = flag::fin | flag::ack,
         .seq = i + 1,
         .ack = i + 2,
         .client_port = port});
    see({.seq = i + 2, .ack = i + 2, .client_port = port});
  }
  EXPECT_LE(flows_.size(), 1026u);
}

TEST(FlowTables, AFloodOfSynsIsBounded) {
  BlockPool pool;
  FlowTable few{{.open = 100, .over = 10}};
  for (std::uint32_t i = 0; i < 60'000; ++i) {
    few.see(tcp_packet(pool, {.flags = flag::syn, .seq = i, .client_port = static_cast<std::uint16_t>(i)}));
    ASSERT_LE(few.size(), 111u);
  }
}

}  // namespace
}  // namespace halfopen
