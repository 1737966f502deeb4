#include "replay/run/backlog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace halfopen {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Writes down what it hears; packets by their TTL. No timers.
class Listener final : public Observer {
 public:
  explicit Listener(std::vector<std::string>& heard) : heard_{heard} {}
  [[nodiscard]] bool wants(NoteKind kind) const override { return kind != NoteKind::timer; }
  void on_packet(const PacketNote& note) override {
    heard_.push_back("packet " + std::to_string(note.packet->ip.hop_limit));
  }
  void on_note(const Note& note) override { heard_.push_back(std::get<RemarkNote>(note).text); }

 private:
  std::vector<std::string>& heard_;
};

class BacklogTest : public ::testing::Test {
 protected:
  void packet(std::uint8_t hop_limit) {
    const Packet packet{
        .ip = {.source = {}, .destination = {}, .hop_limit = hop_limit}, .body = {}, .why = {}};
    backlog_.on_packet({.at = kTimeZero, .packet = &packet});
  }
  void remark(const char* text) { backlog_.on_note(RemarkNote{kTimeZero, text}); }

  std::vector<std::string> heard_;
  Listener listener_{heard_};
  Backlog backlog_{{&listener_}};
};

TEST_F(BacklogTest, WantsWhatItsListenersWant) {
  EXPECT_TRUE(backlog_.wants_packets());
  EXPECT_TRUE(backlog_.wants(NoteKind::remark));
  EXPECT_FALSE(backlog_.wants(NoteKind::timer));
  EXPECT_FALSE(Backlog{{}}.wants_packets());
}

TEST_F(BacklogTest, PassesOnAtOnceUntilItHolds) {
  remark("a");
  packet(1);
  backlog_.add([this] { heard_.emplace_back("done"); });
  EXPECT_THAT(heard_, ElementsAre("a", "packet 1", "done"));
  EXPECT_TRUE(backlog_.is_empty());
}

// The packet is gone by the time at which it is told: the backlog has one of its own.
TEST_F(BacklogTest, TellsInOrderWhatItHeld) {
  backlog_.hold();
  remark("a");
  packet(7);
  backlog_.add([this] { heard_.emplace_back("done"); });
  remark("b");
  EXPECT_THAT(heard_, IsEmpty());
  EXPECT_FALSE(backlog_.is_empty());
  backlog_.tell();
  EXPECT_THAT(heard_, ElementsAre("a", "packet 7", "done", "b"));
  EXPECT_TRUE(backlog_.is_empty());
  backlog_.tell();
  EXPECT_EQ(heard_.size(), 4u);
}

}  // namespace
}  // namespace halfopen
