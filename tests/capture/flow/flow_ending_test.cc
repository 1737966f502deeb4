#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/flow/flow_table.h"
#include "tests/support/packets.h"

namespace halfopen {
namespace {

namespace flag = tcp_flag;
using ::testing::ElementsAre;

class FlowEndingTest : public ::testing::Test {
 protected:
  void send(const test::PacketSpec& spec, TimePoint at = kTimeZero) {
    tell(test::tcp_packet(pool_, spec), at);
  }
  void tell(const Packet& packet, TimePoint at = kTimeZero) {
    if (packet.segment() != nullptr) {
      flows_.see(packet, at);
      return;
    }
    const auto quoted = quoted_segment(*packet.icmp(), false);
    ASSERT_TRUE(quoted);
    flows_.see_error(*quoted, {packet.icmp()->type, packet.icmp()->code});
  }
  // SYNs at 100 and 500.
  void open(std::uint16_t port = test::kClientPort) {
    send({.flags = flag::syn, .seq = 100, .client_port = port});
    send({.from_server = true, .flags = flag::syn | flag::ack, .seq = 500, .ack = 101, .client_port = port});
    send({.seq = 101, .ack = 501, .client_port = port});
  }
  const Flow& finish() {
    flows_.finish();
    EXPECT_EQ(records_.size(), 1u);
    return records_.at(0);
  }

  BlockPool pool_;
  std::vector<Flow> records_;
  FlowTable flows_{{}, [this](std::uint32_t, const Flow& flow) { records_.push_back(flow); }};
};

TEST_F(FlowEndingTest, CountsWhatEachEndSent) {
  open();
  send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 1s);
  send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 2s);
  send({.from_server = true, .seq = 501, .ack = 106, .text = "hi"}, kTimeZero + 3s);
  send({.seq = 106, .ack = 503}, kTimeZero + 3s);
  const Flow& record = finish();
  EXPECT_EQ(record.end(0).packets, 5u);
  EXPECT_EQ(record.end(0).bytes, 5u) << "each byte once";
  EXPECT_EQ(record.end(0).retransmissions, 1u);
  EXPECT_EQ(record.end(1).packets, 2u);
  EXPECT_EQ(record.end(1).bytes, 2u);
  EXPECT_EQ(record.last - record.began, 3s);
  EXPECT_EQ(record.address(0).port, test::kClientPort);
  EXPECT_EQ(record.ending().what, Ending::open);
  EXPECT_TRUE(record.has_syn);
}

TEST_F(FlowEndingTest, TwoFinsCloseInTheOrderOfTheFirst) {
  open();
  send({.from_server = true, .flags = flag::fin | flag::ack, .seq = 501, .ack = 101});
  send({.flags = flag::fin | flag::ack, .seq = 101, .ack = 502});
  send({.from_server = true, .seq = 502, .ack = 102});
  EXPECT_EQ(finish().ending().what, Ending::closed);
  EXPECT_EQ(records_[0].ending().by, 1);
}

TEST_F(FlowEndingTest, ALastFinWithoutAnAnswerIsNotClosed) {
  open();
  send({.from_server = true, .flags = flag::fin | flag::ack, .seq = 501, .ack = 101});
  send({.flags = flag::fin | flag::ack, .seq = 101, .ack = 502});
  EXPECT_EQ(finish().ending().what, Ending::closing);
}

TEST_F(FlowEndingTest, OneFinIsHalfClosed) {
  open();
  send({.flags = flag::fin | flag::ack, .seq = 101, .ack = 501});
  send({.from_server = true, .seq = 501, .ack = 102});
  EXPECT_EQ(finish().ending().what, Ending::half_closed);
  EXPECT_EQ(records_[0].ending().by, 0);
}

TEST_F(FlowEndingTest, ASynAloneAndARefusalAreNotResets) {
  send({.flags = flag::syn, .seq = 100});
  send({.flags = flag::syn, .seq = 100}, kTimeZero + 1s);
  send({.flags = flag::syn, .seq = 7, .client_port = 41000});
  send({.from_server = true, .flags = flag::rst | flag::ack, .ack = 8, .client_port = 41000});
  open(42000);
  send({.from_server = true, .flags = flag::rst, .seq = 501, .client_port = 42000});
  flows_.finish();
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_EQ(records_[0].ending().what, Ending::syn_only);
  EXPECT_EQ(records_[0].end(0).retransmissions, 1u);
  EXPECT_EQ(records_[1].ending().what, Ending::refused);
  EXPECT_EQ(records_[2].ending().what, Ending::reset);
  EXPECT_EQ(records_[2].ending().by, 1);
}

TEST_F(FlowEndingTest, DataThatIsRepeatedIntoSilenceIsHalfOpen) {
  open();
  send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 5s);
  send({.seq = 101, .ack = 501, .text = "hello"}, kTimeZero + 6s);
  const auto ending = finish().ending();
  EXPECT_EQ(ending.what, Ending::unanswered);
  EXPECT_EQ(ending.by, 0);
  EXPECT_EQ(records_[0].end(0).waiting_since, kTimeZero + 5s);
  EXPECT_EQ(records_[0].end(0).tries, 1u);
}

TEST_F(FlowEndingTest, DataWithoutAnAnswerYetIsTheEndOfTheCapture) {
  open();
  send({.seq = 101, .ack = 501, .text = "hello"});
  EXPECT_EQ(finish().ending().what, Ending::open);
}

TEST_F(FlowEndingTest, TwoKeepalivesIntoSilenceAreHalfOpenAndOneIsNot) {
  open();
  send({.seq = 101, .ack = 501, .text = "hello"});
  send({.from_server = true, .seq = 501, .ack = 106});
  send({.seq = 105, .ack = 501});
  send({.from_server = true, .seq = 501, .ack = 106});
  open(41000);
  send({.seq = 100, .ack = 501, .client_port = 41000});
  send({.seq = 105, .ack = 501});
  send({.seq = 105, .ack = 501});
  flows_.finish();
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[0].ending().what, Ending::silent);
  EXPECT_EQ(records_[0].end(0).tries, 2u);
  EXPECT_EQ(records_[0].end(0).retransmissions, 0u);
  EXPECT_EQ(records_[1].ending().what, Ending::open);
}

TEST_F(FlowEndingTest, ANewConnectionOnOldPortsIsAnotherLine) {
  open();
  send({.from_server = true, .flags = flag::rst, .seq = 501});
  send({.flags = flag::syn, .seq = 7'000'000});
  ASSERT_EQ(records_.size(), 1u) << "told when the new one begins";
  EXPECT_EQ(records_[0].ending().what, Ending::reset);
  flows_.finish();
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[1].ending().what, Ending::syn_only);
}

TEST_F(FlowEndingTest, AConnectionJoinedInTheMiddleSaysSo) {
  send({.from_server = true, .seq = 5000, .ack = 100, .text = "hello"});
  EXPECT_FALSE(finish().has_syn);
}

TEST_F(FlowEndingTest, ErrorsOfARouterBelongToTheConnectionThatTheyQuote) {
  open();
  const Packet data = test::tcp_packet(pool_, {.seq = 101, .ack = 501, .text = "hello"});
  tell(data);
  tell(*make_icmp_error(IcmpKind::host_unreachable, data, test::kRouterIp, 0));
  const Packet stranger = test::tcp_packet(pool_, {.client_port = 1});
  tell(*make_icmp_error(IcmpKind::net_unreachable, stranger, test::kRouterIp, 0));
  const Flow& record = finish();
  EXPECT_EQ(record.icmp_errors, 1u);
  EXPECT_EQ(kind_of(record.last_icmp, false), IcmpKind::host_unreachable);
}

TEST_F(FlowEndingTest, WhatIsLeftIsToldInOrderOfAppearance) {
  for (const int port : {50000, 40001, 45000}) open(static_cast<std::uint16_t>(port));
  flows_.finish();
  std::vector<std::uint16_t> ports;
  for (const auto& record : records_) ports.push_back(record.address(0).port);
  EXPECT_THAT(ports, ElementsAre(50000, 40001, 45000));
}

}  // namespace
}  // namespace halfopen
