#include "sim/tcp/receive_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace halfopen::test {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kMss = 1448;
constexpr std::uint32_t kTruesize = 2304;
const Seq kFirst{1};

// Of a client on 6.18 with a buffer that may grow to 6 MiB, whose server sends with timestamps.
struct Client {
  WindowProfile profile = find_profile("linux-6.18")->window;
  ReceiveWindow window{131'072};
  Seq nxt = kFirst;
  ReceiveWindow::Held held;

  Client() {
    profile.rcvbuf_max.value = 6'291'456;
    window.open(profile, {.mss = kMss + 12, .scales = true});  // of timestamps it does not know yet
    window.acknowledge(nxt);
    window.settle(profile, kMss, true);
    window.assume_segment(536);
    window.advertise(window.choose(profile, nxt, held, kMss));
  }
  // A full segment arrives and is acknowledged; what the ACK's field says.
  std::uint32_t field_after_segment(bool is_read) {
    nxt += kMss;
    held.readable += kMss;
    held.truesize += kTruesize;
    window.grow(profile, {.length = kMss, .truesize = kTruesize, .segment = kMss}, held, kMss);
    if (is_read) held = {};
    window.advertise(window.choose(profile, nxt, held, kMss));
    window.acknowledge(nxt);
    return window.advertised() >> window.scale();
  }
};

TEST(ReceiveWindow, TheFirstIsAsManySegmentsAsASynsFieldCanSay) {
  const Client client;
  EXPECT_EQ(client.window.advertised(), 64'256u);  // 44 * 1460, as a scale of 7 says it
  EXPECT_EQ(client.window.scale(), 7);
  EXPECT_EQ(client.window.clamp(), 65'536 - kMss);  // one segment is kept back
}

// Measured on a kernel: fields of ACKs to segments of 1448 bytes that cost 2304.
TEST(ReceiveWindow, GrowsByTwoSegmentsWithEachWhileTheReaderKeepsUp) {
  Client client;
  std::vector<std::uint32_t> fields;
  for (int i = 0; i < 7; ++i) fields.push_back(client.field_after_segment(true));
  EXPECT_THAT(fields, ElementsAre(525, 548, 570, 593, 616, 629, 629));
}

TEST(ReceiveWindow, ItsEdgeStaysWhileNobodyReads) {
  Client client;
  std::vector<std::uint32_t> fields;
  for (int i = 0; i < 7; ++i) fields.push_back(client.field_after_segment(false));
  EXPECT_THAT(fields, ElementsAre(525, 548, 570, 593, 584, 573, 562));
  std::uint32_t last = fields.back();
  for (int i = 0; i < 60; ++i) last = client.field_after_segment(false);
  EXPECT_EQ(last, 0u);
}

TEST(ReceiveWindow, BerkeleysIsWhatIsFree) {
  const WindowProfile& profile = find_profile("4.4bsd")->window;
  ReceiveWindow window{8760};
  window.open(profile, {.mss = 1460, .scales = true});
  EXPECT_EQ(window.advertised(), 8760u);
  window.acknowledge(kFirst);
  EXPECT_EQ(window.choose(profile, kFirst + 1460, {.readable = 1460, .truesize = 0}, 1460), 7300u);
  window.advertise(1000);
  EXPECT_EQ(window.choose(profile, kFirst, {.readable = 8000, .truesize = 0}, 1460), 1000u)
      << "the edge stays";
}

TEST(ReceiveWindow, TheBufferFollowsTheReaderBeyondTenSegmentsARoundTrip) {
  Client client;
  client.window.on_read(client.profile, TimePoint{1s}, 10 * kMss, 20ms, kMss, false);
  EXPECT_EQ(client.window.buffer(), 131'072u);
  client.window.on_read(client.profile, TimePoint{2s}, 200'000, 20ms, kMss, false);
  EXPECT_GT(client.window.buffer(), 2 * 200'000u);
  Client fixed;
  fixed.window.on_read(fixed.profile, TimePoint{2s}, 200'000, 20ms, kMss, true);
  EXPECT_EQ(fixed.window.buffer(), 131'072u);
}

}  // namespace
}  // namespace halfopen::test
