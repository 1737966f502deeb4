#include "sim/tcp/reset.h"

#include <gtest/gtest.h>

#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

Packet segment_to_server(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) {
  Packet packet;
  packet.ip.source = *IpAddress::parse("10.9.0.1");
  packet.ip.destination = *IpAddress::parse("10.9.0.2");
  packet.ip.hop_limit = 3;
  Segment segment;
  segment.source_port = 1234;
  segment.destination_port = 5678;
  segment.flags = flags;
  segment.seq = Seq{seq};
  segment.ack = Seq{ack};
  segment.window = 77;
  packet.body = segment;
  return packet;
}

Packet reset_of(const Packet& offender, std::string_view profile = "linux") {
  const OsProfile& os = *find_profile(profile);
  const Segment& segment = *offender.segment();
  const auto reset = reset_for(segment, offender.ip.traffic_class, rules_of(os).reset);
  EXPECT_TRUE(reset.has_value());
  const FourTuple addresses{{offender.ip.destination, segment.destination_port},
                            {offender.ip.source, segment.source_port}};
  std::uint16_t next_id = 0;
  Packet packet;
  write_reset(packet, addresses, *reset, os.ip, next_id);
  return packet;
}

TEST(Reset, ForASegmentWithAckTakesItsSequenceNumberFromThatAck) {
  const Packet reset = reset_of(segment_to_server(tcp_flag::ack | tcp_flag::psh, 1000, 2000));
  const Segment& rst = *reset.segment();
  EXPECT_EQ(rst.flags, tcp_flag::rst);
  EXPECT_EQ(rst.seq, Seq{2000});
  EXPECT_EQ(rst.ack, Seq{0});
  EXPECT_EQ(rst.window, 0);
  EXPECT_TRUE(rst.options.wire().empty());
  EXPECT_EQ(rst.source_port, 5678);
  EXPECT_EQ(rst.destination_port, 1234);
  EXPECT_EQ(reset.ip.source, *IpAddress::parse("10.9.0.2"));
  EXPECT_EQ(reset.ip.hop_limit, 64);
  EXPECT_TRUE(reset.ip.dont_fragment);
  EXPECT_EQ(reset.ip.id, 0);
}

TEST(Reset, ForASynAcknowledgesIt) {
  const Packet reset = reset_of(segment_to_server(tcp_flag::syn, 1000, 0));
  EXPECT_EQ(reset.segment()->flags, tcp_flag::rst | tcp_flag::ack);
  EXPECT_EQ(reset.segment()->seq, Seq{0});
  EXPECT_EQ(reset.segment()->ack, Seq{1001});
}

TEST(Reset, CountsAFinWhereTheOsDoes) {
  const Packet fin = segment_to_server(tcp_flag::fin, 1000, 0);
  EXPECT_EQ(reset_of(fin, "linux").segment()->ack, Seq{1001});
  EXPECT_EQ(reset_of(fin, "4.4bsd").segment()->ack, Seq{1000});
}

TEST(Reset, CopiesTheTrafficClassWhereTheOsDoes) {
  Packet offender = segment_to_server(tcp_flag::ack, 1, 1);
  offender.ip.traffic_class = 0x10;
  EXPECT_EQ(reset_of(offender, "linux").ip.traffic_class, 0x10);
  EXPECT_EQ(reset_of(offender, "4.4bsd").ip.traffic_class, 0);
}

// FreeBSD: netinet/tcp_subr.c tcp_respond; the suite's socket-api-setsockopt-tos-passive shows it.
TEST(Reset, IsOfTheSocketWhereTheOsHasItSo) {
  const Packet offender = segment_to_server(tcp_flag::syn, 1, 0);
  SocketOptions socket;
  socket.traffic_class = 0x40;
  socket.hop_limit = 9;
  const auto of = [&](std::string_view profile) {
    return *reset_for(*offender.segment(), 0x28, rules_of(*find_profile(profile)).reset, &socket);
  };
  EXPECT_EQ(of("freebsd").traffic_class, 0x40);
  EXPECT_EQ(of("freebsd").hop_limit, 9);
  EXPECT_EQ(of("linux").traffic_class, 0x28);
  EXPECT_EQ(of("linux").hop_limit, 0);
}

TEST(Reset, NeverAnswersAReset) {
  const ResetRules& rules = rules_of(*find_profile("linux")).reset;
  EXPECT_FALSE(reset_for(*segment_to_server(tcp_flag::rst, 1, 1).segment(), 0, rules).has_value());
}

TEST(Host, AnswersAStrangerWithAReset) {
  Pump pump;
  pump.inject(pump.server, segment_to_server(tcp_flag::ack, 1000, 2000));
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "<R");
  EXPECT_EQ(pump.sent.back().packet.why.cause, Cause::rst_no_connection);
}

TEST(Host, IsSilentToAStrangersReset) {
  Pump pump;
  pump.inject(pump.server, segment_to_server(tcp_flag::rst | tcp_flag::ack, 1000, 2000));
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "");
}

TEST(Host, IsSilentToPacketsForAnotherAddress) {
  Pump pump;
  Packet packet = segment_to_server(tcp_flag::ack, 1000, 2000);
  packet.ip.destination = *IpAddress::parse("10.9.0.3");
  pump.inject(pump.server, packet);
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "");
}

TEST(Host, NumbersItsResetsWhereTheOsHasOneCounter) {
  Pump pump{{.client_profile = "4.4bsd", .server_profile = "4.4bsd"}};
  pump.inject(pump.server, segment_to_server(tcp_flag::ack, 1000, 2000));
  pump.inject(pump.server, segment_to_server(tcp_flag::ack, 1000, 2000));
  pump.run_for(1s);
  ASSERT_EQ(pump.sent.size(), 2u);
  EXPECT_EQ(static_cast<std::uint16_t>(pump.sent[0].packet.ip.id + 1), pump.sent[1].packet.ip.id);
}

TEST(Host, ResetsAnAckToAListenerAndIgnoresItsReset) {
  Pump pump;
  Process& process = pump.driver(pump.server);
  const int fd = static_cast<int>(pump.call(pump.server, process, calls::socket()).value);
  pump.call(pump.server, process, calls::bind(fd, {IpAddress{}, 5678}));
  pump.call(pump.server, process, calls::listen(fd, 1));
  pump.inject(pump.server, segment_to_server(tcp_flag::ack, 1000, 2000));
  pump.inject(pump.server, segment_to_server(tcp_flag::rst, 1000, 2000));
  pump.inject(pump.server, segment_to_server(tcp_flag::syn | tcp_flag::fin, 1000, 2000));
  pump.run_for(1s);
  EXPECT_EQ(pump.flags_since_last(), "<R");
}

}  // namespace
}  // namespace halfopen::test
