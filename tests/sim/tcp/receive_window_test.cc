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
    window.settle(profile, kTimeZero, kMss, true);
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

constexpr Duration kStep = 1ms;  // of the timestamps

// Of one packet, after which nothing waits.
ReceiveWindow::Read whole(std::uint32_t count) { return {.count = count, .of_first = count, .unread = 0}; }

TEST(ReceiveWindow, TheBufferFollowsTheReaderBeyondTenSegmentsARoundTrip) {
  Client client;
  client.window.on_echo(client.profile, TsVal{100}, TsVal{120}, kStep, kMss);
  client.window.on_read(client.profile, TimePoint{1s}, whole(10 * kMss), kMss, false);
  EXPECT_EQ(client.window.buffer(), 131'072u);
  client.window.on_read(client.profile, TimePoint{2s}, whole(200'000), kMss, false);
  EXPECT_GT(client.window.buffer(), 2 * 200'000u);
  Client fixed;
  fixed.window.on_echo(fixed.profile, TsVal{100}, TsVal{120}, kStep, kMss);
  fixed.window.on_read(fixed.profile, TimePoint{2s}, whole(200'000), kMss, true);
  EXPECT_EQ(fixed.window.buffer(), 131'072u);
}

// tcp_recvmsg_locked asks after each packet: a round ends behind the first of a read that takes many.
TEST(ReceiveWindow, ARoundEndsBehindTheFirstPacketOfARead) {
  Client client;
  client.window.on_echo(client.profile, TsVal{100}, TsVal{120}, kStep, kMss);
  client.window.on_read(client.profile, TimePoint{1s}, {.count = 200'000, .of_first = kMss}, kMss, false);
  EXPECT_EQ(client.window.buffer(), 131'072u);
  client.window.on_read(client.profile, TimePoint{2s}, {.count = 2 * kMss, .of_first = kMss}, kMss, false);
  EXPECT_GT(client.window.buffer(), 2 * 190'000u);
}

// net/ipv4/tcp_input.c tcp_rcv_space_adjust: rcv_rtt_est.rtt_us == 0.
TEST(ReceiveWindow, WithoutARoundTripTheBufferStays) {
  Client client;
  client.window.on_read(client.profile, TimePoint{2s}, whole(200'000), kMss, false);
  EXPECT_EQ(client.window.buffer(), 131'072u);
}

TEST(ReceiveWindow, WhatWaitsUnreadCountsSince612) {
  Client client;
  client.window.on_echo(client.profile, TsVal{100}, TsVal{120}, kStep, kMss);
  client.window.on_read(client.profile, TimePoint{2s},
                        {.count = 200'000, .of_first = 200'000, .unread = 190'000}, kMss, false);
  EXPECT_EQ(client.window.buffer(), 131'072u);
}

// tcp_rcv_rtt_measure_ts: a full segment with an echo that no segment before had.
TEST(ReceiveWindow, TheRoundTripIsThatOfAFullSegmentWithANewEcho) {
  Client client;
  const auto echo = [&](std::uint32_t of, std::uint32_t now, std::uint32_t length) {
    client.window.on_echo(client.profile, TsVal{of}, TsVal{now}, kStep, length);
    return client.window.round_trip();
  };
  EXPECT_EQ(echo(100, 150, 0), 0ms) << "a bare ACK";
  EXPECT_EQ(echo(100, 160, kMss), 0ms) << "its echo is no news";
  EXPECT_EQ(echo(110, 170, 100), 0ms) << "not a full segment";
  EXPECT_EQ(echo(180, 120, kMss), 0ms) << "an echo of what is to come";
  EXPECT_EQ(echo(120, 180, kMss), 60ms);
  EXPECT_EQ(echo(140, 280, kMss), 70ms) << "a longer one counts an eighth";
  EXPECT_EQ(echo(300, 320, kMss), 20ms) << "a shorter one at once, since 6.16";
  client.profile.takes_least_rtt.value = false;
  EXPECT_EQ(echo(400, 412, kMss), 19ms);
  EXPECT_EQ(echo(500, 500, kMss), 16750us) << "no time is taken for one step";
}

// tcp_rcv_rtt_measure: a window of data takes a round trip at least.
TEST(ReceiveWindow, AWindowThatPassedBoundsTheRoundTrip) {
  Client client;
  const std::uint32_t window = client.window.advertised();
  client.window.on_in_order(client.profile, kTimeZero + 1s, client.nxt);
  client.window.on_in_order(client.profile, kTimeZero + 1100ms, client.nxt + (window - 1));
  EXPECT_EQ(client.window.round_trip(), 0ms);
  client.window.on_in_order(client.profile, kTimeZero + 1200ms, client.nxt + window);
  EXPECT_EQ(client.window.round_trip(), 200ms);
  client.window.on_in_order(client.profile, kTimeZero + 2s, client.nxt + 2 * window);
  EXPECT_EQ(client.window.round_trip(), 200ms) << "a longer one is none";
}

}  // namespace
}  // namespace halfopen::test
