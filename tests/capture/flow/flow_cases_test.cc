// Kinds of connections that public captures hold, as small captures of our own (tests/captures/README.md says
// what is right).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "capture/file/reader.h"
#include "capture/flow/duplicates.h"
#include "capture/flow/flow_table.h"
#include "tests/capture/flow/one_story.h"

namespace halfopen {
namespace {

using test::expect_one_story;

std::vector<Flow> flows_of(const std::string& name) {
  std::vector<Flow> flows;
  FlowTable table{{}, [&](std::uint32_t, const Flow& flow) { flows.push_back(flow); }};
  Duplicates duplicates;
  CaptureHandlers handlers;
  handlers.view = [&](const CapturedPacket& packet) {
    if (!duplicates.saw(packet) && packet.view->is_tcp())
      table.see(flow_segment(*packet.view), packet.note.at);
  };
  read_capture(std::string{HALFOPEN_SOURCE_DIR} + "/tests/captures/" + name, handlers);
  table.finish();
  return flows;
}

Flow only_flow_of(const std::string& name) {
  const auto flows = flows_of(name);
  EXPECT_EQ(flows.size(), 1u) << name;
  return flows.empty() ? Flow{} : flows[0];
}

TEST(FlowCases, AHoleThatIsFilledCountsItsBytesAndIsOutOfOrder) {
  const Flow flow = only_flow_of("hole.pcap");
  EXPECT_EQ(flow.end(0).bytes, 30u);
  EXPECT_EQ(flow.end(0).retransmissions, 0u);
  EXPECT_EQ(flow.end(0).out_of_order, 1u);
  expect_one_story(flow);
}

TEST(FlowCases, AFinThatOvertakesItsDataLeavesAHole) {
  const Flow flow = only_flow_of("fin-before-data.pcap");
  EXPECT_EQ(flow.end(1).bytes, 100u);
  EXPECT_EQ(flow.end(1).retransmissions, 0u);
  EXPECT_EQ(flow.end(1).out_of_order, 1u);
  EXPECT_EQ(flow.ending().what, Ending::half_closed);
  EXPECT_EQ(flow.ending().by, 1);
  expect_one_story(flow);
}

TEST(FlowCases, AcknowledgementsShowAnEndThatTheCaptureDoesNot) {
  const Flow flow = only_flow_of("one-sided-client.pcap");
  EXPECT_EQ(flow.ending().what, Ending::half_closed);
  EXPECT_EQ(flow.ending().by, 0);
  EXPECT_TRUE(flow.end(1).is_missing);
  EXPECT_FALSE(flow.end(0).is_missing);
  EXPECT_EQ(flow.end(0).state, State::fin_wait_1);
  expect_one_story(flow);
}

TEST(FlowCases, AnEndWhoseDirectionIsMissingIsNotSilent) {
  const Flow flow = only_flow_of("one-sided-server.pcap");
  EXPECT_EQ(flow.end(1).bytes, 50u);
  EXPECT_EQ(flow.end(1).retransmissions, 1u);
  EXPECT_EQ(flow.ending().what, Ending::open);
  EXPECT_TRUE(flow.end(0).is_missing);
  expect_one_story(flow);
}

TEST(FlowCases, AResetForTheIncarnationBeforeEndsNothing) {
  const Flow flow = only_flow_of("rst-for-the-old.pcap");
  EXPECT_EQ(flow.ending().what, Ending::closed);
  EXPECT_EQ(flow.ending().by, 0);
  EXPECT_EQ(flow.void_resets, 1u);
  EXPECT_EQ(flow.end(0).bytes, 5u);
  expect_one_story(flow);
}

TEST(FlowCases, ARefusalIsNotTheEndWhenTheSameSynComesAgain) {
  const Flow flow = only_flow_of("refused-then-open.pcap");
  EXPECT_EQ(flow.ending().what, Ending::open);
  EXPECT_EQ(flow.refusals, 2u);
  EXPECT_EQ(flow.end(0).state, State::established);
  expect_one_story(flow);
}

TEST(FlowCases, AResetAfterBothClosedInOrderIsToldApart) {
  const Flow flow = only_flow_of("rst-after-close.pcap");
  EXPECT_EQ(flow.ending().what, Ending::closed);
  EXPECT_EQ(flow.ending().by, 0);
  ASSERT_TRUE(flow.late_reset_by);
  EXPECT_EQ(flow.role_of(*flow.late_reset_by), 1);
  expect_one_story(flow);
}

TEST(FlowCases, AKeepaliveWithAByteIsNoNewData) {
  const Flow flow = only_flow_of("windows-keepalive.pcap");
  EXPECT_EQ(flow.ending().what, Ending::silent);
  EXPECT_EQ(flow.end(0).tries, 5u);
  EXPECT_EQ(flow.end(0).bytes, 2u);
  EXPECT_EQ(flow.end(0).retransmissions, 0u);
}

TEST(FlowCases, APacketSeenTwiceCountsOnce) {
  const Flow flow = only_flow_of("duplicates.pcap");
  EXPECT_EQ(flow.end(0).packets, 3u);
  EXPECT_EQ(flow.end(1).packets, 1u);
  EXPECT_EQ(flow.end(0).retransmissions, 0u);
}

}  // namespace
}  // namespace halfopen
