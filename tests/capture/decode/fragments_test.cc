// IP fragments are put together: in any order, with overlaps, cut, and in bounded memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "capture/decode/fragment_reassembly.h"
#include "sim/base/rng.h"
#include "sim/wire/bytes.h"
#include "tests/capture/wild.h"

namespace halfopen {
namespace {

using test::Bytes;
using test::pcap_of;
using test::read_wild;
using test::read_wild_file;
using test::shipped_capture;
using test::WildCapture;
using test::WildFrame;
using test::operator+;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kRaw = 101;

class Fragments : public ::testing::Test {
 protected:
  Fragments() {
    for (std::size_t i = 0; i < text_.size(); ++i) text_[i] = static_cast<char>('a' + i % 23);
  }
  Bytes packet(bool v6 = false) {
    return test::bytes_of(test::tcp_packet(pool_, {.v6 = v6, .seq = 7, .text = text_}));
  }
  // The part of `whole` that carries [from, to) of what its IP header carries.
  static Bytes part(const Bytes& whole, std::size_t from, std::size_t to, std::uint16_t id = 1) {
    const bool v6 = whole[0] >> 4 == 6;
    const std::size_t header = v6 ? 40 : 20;
    const bool more = to < whole.size() - header;
    Bytes ip(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(header));
    const Bytes data(whole.begin() + static_cast<std::ptrdiff_t>(header + from),
                     whole.begin() + static_cast<std::ptrdiff_t>(header + to));
    if (v6) {
      Bytes fragment{6, 0, 0, 0, 0, 0, 0, 0};
      wire::put16(&fragment[2], static_cast<std::uint32_t>(from | (more ? 1 : 0)));
      wire::put16(&fragment[6], id);
      wire::put16(&ip[4], static_cast<std::uint32_t>(8 + data.size()));
      ip[6] = 44;
      return ip + fragment + data;
    }
    wire::put16(&ip[2], static_cast<std::uint32_t>(header + data.size()));
    wire::put16(&ip[4], id);
    wire::put16(&ip[6], static_cast<std::uint32_t>(from / 8 | (more ? 0x2000 : 0)));
    return ip + data;
  }
  // All of it, in parts of `size` bytes.
  static std::vector<WildFrame> parts(const Bytes& whole, std::size_t size, std::uint16_t id = 1,
                                      std::uint32_t seconds = 0) {
    const std::size_t all = whole.size() - (whole[0] >> 4 == 6 ? 40 : 20);
    std::vector<WildFrame> frames;
    for (std::size_t at = 0; at < all; at += size) {
      frames.push_back({part(whole, at, std::min(at + size, all), id), seconds});
    }
    return frames;
  }
  // The IPv4 flags and identification are the fragments', and so is the checksum.
  static void expect_same(const Bytes& read, const Bytes& whole) {
    ASSERT_EQ(read.size(), whole.size());
    const std::size_t from = whole[0] >> 4 == 6 ? 0 : 12;
    EXPECT_TRUE(std::equal(read.begin() + static_cast<std::ptrdiff_t>(from), read.end(),
                           whole.begin() + static_cast<std::ptrdiff_t>(from)));
  }
  BlockPool pool_;
  std::string text_ = std::string(3000, ' ');
};

TEST_F(Fragments, AreToldOnceTheyAreWhole) {
  const WildCapture capture = read_wild_file(shipped_capture("fragments.pcap"));
  EXPECT_EQ(capture.counts.fragments, 3u);
  EXPECT_EQ(capture.counts.unfinished, 0u);
  ASSERT_THAT(capture.packets, SizeIs(8));
  EXPECT_EQ(capture.packets[3].number, 6u) << "the last part's";
  EXPECT_EQ(capture.packets[3].payload, 3000u);
  EXPECT_EQ(capture.packets[3].payload_captured, 3000u);
}

TEST_F(Fragments, MayComeInAnyOrderAndTwice) {
  Rng rng{1};
  for (const bool v6 : {false, true}) {
    const Bytes whole = packet(v6);
    for (int round = 0; round < 50; ++round) {
      std::vector<WildFrame> frames = parts(whole, 8 * (1 + rng.below(60)));
      const std::size_t twice = rng.below(frames.size() - 1);
      frames.insert(frames.begin() + static_cast<std::ptrdiff_t>(twice), frames[twice]);
      for (std::size_t i = frames.size() - 1; i > 0; --i) std::swap(frames[i], frames[rng.below(i + 1)]);
      const WildCapture capture = read_wild(pcap_of(kRaw, frames));
      ASSERT_THAT(capture.packets, SizeIs(1));
      expect_same(capture.packets[0].ip, whole);
      EXPECT_THAT(capture.malformed, IsEmpty());
    }
  }
}

TEST_F(Fragments, OfManyPacketsAreKeptApart) {
  const Bytes one = packet();
  text_[0] = 'X';
  const Bytes other = packet();
  std::vector<WildFrame> frames;
  const auto of_one = parts(one, 1000, 1);
  const auto of_other = parts(other, 1000, 2);
  for (std::size_t i = 0; i < of_one.size(); ++i) {
    frames.push_back(of_one[i]);
    frames.push_back(of_other[i]);
  }
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  ASSERT_THAT(capture.packets, SizeIs(2));
  expect_same(capture.packets[0].ip, one);
  expect_same(capture.packets[1].ip, other);
}

TEST_F(Fragments, ThatOverlapKeepWhatCameFirst) {
  const Bytes whole = packet();
  Bytes liar = part(whole, 992, 2000);
  std::fill(liar.begin() + 20, liar.end(), 'L');
  const WildCapture capture = read_wild(
      pcap_of(kRaw, {{part(whole, 0, 1000)}, {part(whole, 1200, 1600)}, {liar}, {part(whole, 1600, 3020)}}));
  ASSERT_THAT(capture.packets, SizeIs(1));
  Bytes expected = whole;
  std::fill(expected.begin() + 20 + 1000, expected.begin() + 20 + 1200, 'L');
  std::fill(expected.begin() + 20 + 1600, expected.begin() + 20 + 2000, 'L');
  expect_same(capture.packets[0].ip, expected);
}

TEST_F(Fragments, ThatWereCutGiveWhatIsKnownInOnePiece) {
  const Bytes whole = packet();
  std::vector<WildFrame> frames = parts(whole, 1000);
  frames[1].bytes.resize(120);
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  ASSERT_THAT(capture.packets, SizeIs(1));
  EXPECT_EQ(capture.packets[0].payload, 3000u);
  EXPECT_EQ(capture.packets[0].payload_captured, 1080u);
  EXPECT_EQ(capture.packets[0].value_payload, 3000u);
}

TEST_F(Fragments, ThatNeverAreWholeAreCounted) {
  const Bytes whole = packet();
  std::vector<WildFrame> frames = parts(whole, 1000);
  frames.erase(frames.begin() + 1);
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  EXPECT_THAT(capture.packets, IsEmpty()) << "the first is no segment that was cut";
  EXPECT_EQ(capture.counts.fragments, 3u);
  EXPECT_EQ(capture.counts.unfinished, 1u);
  EXPECT_EQ(capture.counts.malformed, 0u);
}

TEST_F(Fragments, AreForgottenAfterThirtySeconds) {
  const Bytes whole = packet();
  const auto capture_of = [&](std::uint32_t seconds) {
    std::vector<WildFrame> frames = parts(whole, 1000);
    frames.back().seconds = seconds;
    return read_wild(pcap_of(kRaw, frames));
  };
  EXPECT_THAT(capture_of(30).packets, SizeIs(1));
  EXPECT_THAT(capture_of(31).packets, IsEmpty());
  EXPECT_EQ(capture_of(31).counts.unfinished, 2u);
}

TEST_F(Fragments, OfANumberThatIsUsedAgainAreANewPacket) {
  const Bytes whole = packet();
  std::vector<WildFrame> frames = parts(whole, 1000);
  const std::vector<WildFrame> again = parts(whole, 1000);
  frames.insert(frames.end(), again.begin(), again.end());  // at once: everything twice
  frames.push_back(again.back());                           // and a part of it
  std::vector<WildFrame> late = parts(whole, 1000, 1, 5);
  std::ranges::reverse(late);
  frames.insert(frames.end(), late.begin(), late.end());
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  EXPECT_THAT(capture.packets, SizeIs(3));
  EXPECT_EQ(capture.counts.unfinished, 0u);
}

TEST_F(Fragments, ThatAreNotTcpArePutTogetherToo) {
  for (const bool v6 : {false, true}) {
    Bytes whole = packet(v6);
    std::vector<WildFrame> frames = parts(whole, 1000);
    for (WildFrame& frame : frames) frame.bytes[v6 ? 40 : 9] = 17;
    const WildCapture capture = read_wild(pcap_of(kRaw, frames));
    ASSERT_THAT(capture.packets, SizeIs(1));
    EXPECT_FALSE(capture.packets[0].is_tcp);
    EXPECT_EQ(capture.packets[0].wire_size, whole.size());
  }
}

// A first fragment of eight bytes has ports, but no flags: whoever reads fragments one by one is led astray.
TEST_F(Fragments, MayBeAsSmallAsTheyGet) {
  const WildCapture capture = read_wild(pcap_of(kRaw, parts(packet(), 8)));
  ASSERT_THAT(capture.packets, SizeIs(1));
  EXPECT_EQ(capture.packets[0].payload, 3000u);
}

TEST_F(Fragments, TakeBoundedMemory) {
  const Bytes whole = packet();
  std::vector<WildFrame> frames;
  for (std::uint16_t id = 0; id < 5000; ++id) frames.push_back({part(whole, 0, 1000, id)});
  frames.push_back({part(whole, 1000, 3020, 4999)});
  frames.push_back({part(whole, 1000, 3020, 4999 - 1023)});  // the oldest that is remembered
  frames.push_back({part(whole, 1000, 3020, 0)});            // forgotten
  const WildCapture capture = read_wild(pcap_of(kRaw, frames));
  EXPECT_THAT(capture.packets, SizeIs(2));
  EXPECT_EQ(capture.counts.unfinished, 4999u);
}

// What is told of fragments that mean harm is in bounds; the sanitizer watches the rest.
TEST_F(Fragments, MutatedOnesNeverHarm) {
  Rng rng{20261127};
  std::uint64_t told = 0;
  text_.resize(300);
  for (int round = 0; round < 300; ++round) {
    std::vector<WildFrame> frames;
    for (int i = 0; i < 20; ++i) {
      const auto all =
          parts(packet(rng.below(2) == 0), 8 * (1 + rng.below(12)), static_cast<std::uint16_t>(rng.below(2)));
      frames.insert(frames.end(), all.begin(), all.end());
    }
    for (WildFrame& frame : frames) {
      if (rng.below(20) == 0) frame.bytes.resize(rng.below(frame.bytes.size()));
      if (rng.below(10) != 0 || frame.bytes.empty()) continue;
      const std::size_t at = rng.below(std::min<std::size_t>(frame.bytes.size(), 60));
      frame.bytes[at] = static_cast<std::uint8_t>(rng.next());
    }
    const WildCapture capture = read_wild(pcap_of(kRaw, frames));
    ASSERT_EQ(capture.error, "none");
    told += capture.packets.size();
    for (const auto& packet : capture.packets) {
      ASSERT_LE(packet.ip.size(), packet.wire_size);
      ASSERT_LE(packet.payload_captured, packet.payload);
      ASSERT_EQ(packet.value_payload, packet.payload);
    }
  }
  EXPECT_GT(told, 1000u) << "the mutations are so wild that nothing is tested";
}

}  // namespace
}  // namespace halfopen
