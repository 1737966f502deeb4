// What a played script tells who listens, and what a mismatch knows of the packet that came.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/script/parser.h"
#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;

class Listener final : public Observer {
 public:
  void on_packet(const PacketNote& note) override {
    senders.push_back(note.from);
    causes.push_back(note.packet->why.cause);
  }
  void on_note(const Note& note) override {
    if (const auto* call = std::get_if<CallNote>(&note)) calls.push_back(call->call);
  }
  std::vector<HostId> senders;
  std::vector<Cause> causes;
  std::vector<std::string> calls;
};

PlayResult play_with(std::string_view text, Observer* observer, DrillConfig config = {}) {
  const script::Script script = script::parse_script(text, "test.pkt");
  return play_on_model(script, "test.pkt", *find_profile("linux-6.18"), std::move(config), {}, observer);
}

TEST(DrillObserver, HearsPacketsWithTheirCausesAndCalls) {
  Listener listener;
  const std::string text = std::string{kAccepted} + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n";
  ASSERT_EQ(play_with(text, &listener).verdict, Verdict::passed);
  using enum HostId;  // who listens is the server
  EXPECT_THAT(listener.senders, ElementsAre(client, server, client, server));
  EXPECT_THAT(listener.causes,
              ElementsAre(Cause::unknown, Cause::passive_open, Cause::unknown, Cause::new_data));
  EXPECT_THAT(listener.calls, ElementsAre("socket", "bind", "listen", "accept", "write"));
}

TEST(DrillObserver, ChangesNothing) {
  const std::string text = std::string{kAccepted} + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 7\n";
  Listener listener;
  const PlayResult with = play_with(text, &listener);
  const PlayResult without = play_with(text, nullptr);
  EXPECT_EQ(with.actual, without.actual);
  EXPECT_EQ(with.differences, without.differences);
  EXPECT_EQ(with.place.line, without.place.line);
}

TEST(DrillObserver, AMismatchKnowsWhyThePacketLeft) {
  const PlayResult result =
      play_with(std::string{kAccepted} + "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 7\n", nullptr);
  ASSERT_TRUE(result.sent);
  EXPECT_EQ(result.sent->why.cause, Cause::new_data);
  EXPECT_EQ(result.sent->why.after, State::established);
  EXPECT_THAT(result.behind, Contains(Field(&ProfileLine::name, "initial window")));
}

// --- Going on

constexpr std::string_view kThree =
    "+0 write(4, ..., 10) = 11\n+0 > P. 1:11(10) ack 7\n+1 write(4, ..., 10) = 12\n";

TEST(DrillGoesOn, CollectsWhatIsToBePassedOver) {
  DrillConfig config;
  config.passes_over = {.packets = true, .calls = true, .counts = true};
  const PlayResult result = play_with(std::string{kAccepted} + std::string{kThree}, nullptr, config);
  EXPECT_EQ(result.verdict, Verdict::failed);
  ASSERT_EQ(result.passed_over.size(), 2U);
  EXPECT_EQ(result.passed_over[0].place.line, 9U);
  EXPECT_EQ(result.passed_over[1].place.line, 10U);
  EXPECT_EQ(result.place.line, 11U);
  EXPECT_EQ(result.message, "runtime error in write call: Expected result 12 but got 10");
}

TEST(DrillGoesOn, NonFatalLetsPassButOnlyItsKind) {
  DrillConfig config;
  config.passes_over = {.packets = true, .calls = true, .counts = false};
  const PlayResult all = play_with(std::string{kAccepted} + std::string{kThree}, nullptr, config);
  EXPECT_EQ(all.verdict, Verdict::passed);
  EXPECT_EQ(all.passed_over.size(), 3U);
  config.passes_over.calls = false;
  const PlayResult calls = play_with(std::string{kAccepted} + std::string{kThree}, nullptr, config);
  EXPECT_EQ(calls.verdict, Verdict::failed);
  EXPECT_EQ(calls.place.line, 9U);
}

// A packet that never comes ends the script all the same.
TEST(DrillGoesOn, ButNotBeyondAPacketThatDoesNotCome) {
  DrillConfig config;
  config.passes_over = {.packets = true, .calls = true, .counts = false};
  const PlayResult result =
      play_with(std::string{kAccepted} + "+0 > P. 1:11(10) ack 1\n+0 close(4) = 0\n", nullptr, config);
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_EQ(result.place.line, 9U);
}

}  // namespace
}  // namespace halfopen::drill
