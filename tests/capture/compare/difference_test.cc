// A comparison as a list of single facts that can be declared.
#include "capture/compare/difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using compare::Difference;
using compare::DifferenceList;
using ::testing::ElementsAre;

std::vector<std::string> differences(const TraceOfPackets& a, const TraceOfPackets& b) {
  const Scratch scratch;
  DifferenceList list;
  list.add_outcomes(compare_captures(a.write(scratch, "a.pcap"), b.write(scratch, "b.pcap"),
                                     CompareOptions{.connection = {}, .tolerance = "5ms", .ignored = {}},
                                     &list));
  std::vector<std::string> all;
  for (const Difference& one : list.all()) {
    all.push_back(one.step + ' ' + one.field + ' ' + one.from + " | " + one.to);
  }
  return all;
}

TEST(DifferenceList, HasEachFieldOfEachPacketByItsNumber) {
  TraceOfPackets b = base_trace();
  b.packets[base::kEcho].packet.ip.hop_limit = 63;
  b.packets[base::kEcho].segment().window = 100;
  b.packets[base::kRto3].at += 200ms;
  b.packets[base::kReset].at += 200ms;
  EXPECT_THAT(differences(base_trace(), b),
              ElementsAre("6 window 64256 | 12800", "6 ttl 64 | 63", "27 time 0.902s | 1.102s"));
}

TEST(DifferenceList, HasPacketsThatOneSideLacks) {
  TraceOfPackets b = base_trace();
  b.packets.erase(b.packets.begin() + base::kFinAck);
  EXPECT_THAT(
      differences(base_trace(), b),
      ElementsAre("14 packet client > server  .    3912:3912(0)  ack 17  win 64256  <nop,nop,TS> | nothing"));
  EXPECT_THAT(
      differences(b, base_trace()),
      ElementsAre(
          "run 14 packet nothing | client > server  .    3912:3912(0)  ack 17  win 64256  <nop,nop,TS>"));
}

TEST(DifferenceList, HasConnectionsThatOneSideLacksAndWhatTheyWereSetTo) {
  TraceOfPackets b = base_trace();
  b.packets.resize(base::kSecondSyn);
  TcpOptions options;
  options.add_mss(1400);
  options.add_sack_permitted();
  options.add_timestamps({TsVal{1}, TsVal{0}});
  options.add_nop();
  options.add_window_scale(7);
  b.packets[base::kSyn].segment().options = options;
  EXPECT_THAT(differences(base_trace(), b),
              ElementsAre("connection 1 MSS of the client 1460 | 1400",
                          "connection 2 connection 10.9.0.1.40001 > 10.9.0.2.9998 | nothing"));
}

// What a report has no room for cannot be declared.
TEST(DifferenceList, SaysThatThereIsMore) {
  TraceOfPackets a;
  a.handshake(0ms, 40000);
  for (int i = 0; i < 1100; ++i) a.add({.at = 1s + 1ms * i, .seq = 1, .ack = 1});
  TraceOfPackets b = a;
  for (TimedPacket& timed : b.packets) timed.packet.ip.hop_limit = 63;
  const std::vector<std::string> all = differences(a, b);
  ASSERT_EQ(all.size(), 1001u);
  EXPECT_EQ(all.back(), "connection 1 and more 103 more differences | none of them listed");
  EXPECT_FALSE(compare::is_field_name("and more"));
  EXPECT_FALSE(compare::is_field_name("lost step"));
}

TEST(Difference, OfTimeIsTheSameWithinWhatIsAllowed) {
  const Difference declared{.step = "4", .field = "time", .from = "1s", .to = "1.5s"};
  Difference found{.step = "4", .field = "time", .from = "1.004s", .to = "1.5s", .allowed = 5ms};
  EXPECT_TRUE(declared.is_same_as(found));
  found.allowed = 3ms;
  EXPECT_FALSE(declared.is_same_as(found));
  found.allowed = 5ms;
  found.to = "1.506s";
  EXPECT_FALSE(declared.is_same_as(found));
}

// The answer came after the timer of delayed acknowledgements: on a busy machine it does every time.
TEST(Difference, AnAcknowledgementThatGoesAloneMayBeOfAnyLoad) {
  const std::string ack = "server > client  .    15:15(0)  ack 30  win 65536  <nop,nop,TS>";
  const std::string data = "client > server  P.   15:30(15)  ack 15  win 64512  <nop,nop,TS>";
  const auto packet = [](const std::string& from, const std::string& to) {
    return Difference{.step = "4", .field = "packet", .from = from, .to = to};
  };
  EXPECT_TRUE(packet("nothing", ack).is_of_any_load());
  EXPECT_TRUE(packet(ack, "nothing").is_of_any_load());
  EXPECT_FALSE(packet("nothing", data).is_of_any_load());
  EXPECT_FALSE(packet(data, "nothing").is_of_any_load());
  EXPECT_TRUE((Difference{.step = "4", .field = "order", .from = "4", .to = "5"}.is_of_any_load()));
  EXPECT_FALSE((Difference{.step = "4", .field = "ack", .from = "15", .to = "30"}.is_of_any_load()));
}

TEST(Difference, OfAnythingElseIsTheSameToTheLetter) {
  const Difference declared{.step = "4", .field = "psh", .from = "set", .to = "not set"};
  EXPECT_TRUE(declared.is_same_as(declared));
  for (const Difference& other : {Difference{.step = "5", .field = "psh", .from = "set", .to = "not set"},
                                  Difference{.step = "4", .field = "flags", .from = "set", .to = "not set"},
                                  Difference{.step = "4", .field = "psh", .from = "not set", .to = "set"}}) {
    EXPECT_FALSE(declared.is_same_as(other)) << other.text();
  }
}

}  // namespace
}  // namespace halfopen
