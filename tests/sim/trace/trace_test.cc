#include "sim/trace/trace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/capture/story.h"

namespace halfopen {
namespace {

struct Listener : Observer {
  bool packets = true;
  std::vector<NoteKind> kinds;
  int packets_seen = 0;
  std::vector<NoteKind> seen = {};

  Listener(bool with_packets, std::vector<NoteKind> wanted)
      : packets{with_packets}, kinds{std::move(wanted)} {}
  [[nodiscard]] bool wants_packets() const override { return packets; }
  [[nodiscard]] bool wants(NoteKind kind) const override {
    return std::ranges::find(kinds, kind) != kinds.end();
  }
  void on_packet(const PacketNote&) override { ++packets_seen; }
  void on_note(const Note& note) override { seen.push_back(static_cast<NoteKind>(note.index())); }
};

TEST(Trace, NobodyListensToAnEmptyOne) {
  const Trace trace;
  EXPECT_FALSE(trace.wants_packets());
  for (const auto kind : {NoteKind::state, NoteKind::timer, NoteKind::call, NoteKind::process,
                          NoteKind::timeline, NoteKind::remark}) {
    EXPECT_FALSE(trace.wants(kind));
  }
}

TEST(Trace, EachSubscriberHearsWhatItWants) {
  Listener calls{false, {NoteKind::call}};
  Listener packets{true, {}};
  Trace trace;
  trace.subscribe(calls);
  trace.subscribe(packets);
  EXPECT_TRUE(trace.wants_packets());
  EXPECT_TRUE(trace.wants(NoteKind::call));
  EXPECT_FALSE(trace.wants(NoteKind::timer));
  test::Story{trace}.tell();
  EXPECT_EQ(calls.packets_seen, 0);
  EXPECT_EQ(calls.seen, (std::vector{NoteKind::call, NoteKind::call}));
  EXPECT_EQ(packets.packets_seen, 10);
  EXPECT_TRUE(packets.seen.empty());
}

}  // namespace
}  // namespace halfopen
