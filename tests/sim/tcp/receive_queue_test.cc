#include "sim/tcp/receive_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

class Queue : public ::testing::Test {
 protected:
  Payload payload(std::string_view text) {
    return Payload{pool, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
  }
  std::string read(std::size_t count) {
    std::string out(count, '\0');
    out.resize(queue.read({reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
    return out;
  }
  std::vector<SeqSpan> blocks(std::size_t most = 4) {
    std::vector<SeqSpan> out(most);
    out.resize(queue.sack_blocks(out));
    return out;
  }
  BlockPool pool;
  ReceiveQueue queue;
};

TEST_F(Queue, ReadsAcrossSegmentsAndInParts) {
  queue.append(payload("hello "), 700);
  queue.append(payload("world"), 700);
  EXPECT_EQ(queue.readable(), 11u);
  EXPECT_EQ(queue.truesize(), 1400u);
  EXPECT_EQ(read(3), "hel");
  EXPECT_EQ(queue.truesize(), 1400u);
  EXPECT_EQ(read(5), "lo wo");
  EXPECT_EQ(queue.truesize(), 700u);
  EXPECT_EQ(queue.discard(2), 2u);
  EXPECT_EQ(queue.discard(9), 1u);
  EXPECT_EQ(queue.truesize(), 0u);
  EXPECT_EQ(queue.readable(), 0u);
}

TEST_F(Queue, KeepsWhatIsBeyondAHoleUntilTheEdgeReachesIt) {
  EXPECT_TRUE(queue.insert(Seq{10}, payload("klm"), false, 700));
  EXPECT_EQ(queue.readable(), 0u);
  EXPECT_TRUE(queue.has_holes());
  EXPECT_EQ(queue.bytes_beyond(), 3u);
  EXPECT_EQ(queue.highest(), Seq{13});
  bool fin = false;
  EXPECT_EQ(queue.pull(Seq{9}, fin), Seq{9});
  EXPECT_EQ(queue.pull(Seq{10}, fin), Seq{13});
  EXPECT_EQ(read(9), "klm");
  EXPECT_FALSE(fin);
  EXPECT_FALSE(queue.has_holes());
}

TEST_F(Queue, SaysWhenNothingOfASegmentWasNew) {
  EXPECT_TRUE(queue.insert(Seq{10}, payload("klmn"), false, 700));
  EXPECT_FALSE(queue.insert(Seq{11}, payload("lm"), false, 700));
  EXPECT_TRUE(queue.insert(Seq{12}, payload("mnop"), false, 700));
  EXPECT_EQ(queue.bytes_beyond(), 6u);
}

TEST_F(Queue, TheFinComesAfterTheLastByte) {
  EXPECT_TRUE(queue.insert(Seq{10}, payload("kl"), true, 700));
  EXPECT_EQ(queue.highest(), Seq{13});
  bool fin = false;
  EXPECT_EQ(queue.pull(Seq{10}, fin), Seq{12});
  EXPECT_TRUE(fin);
}

// RFC 2018 section 4.
TEST_F(Queue, NamesTheBlockThatChangedLastFirst) {
  queue.insert(Seq{10}, payload("aa"), false, 1);
  queue.insert(Seq{20}, payload("bb"), false, 1);
  queue.insert(Seq{30}, payload("cc"), false, 1);
  queue.insert(Seq{22}, payload("bb"), false, 1);
  EXPECT_EQ(blocks(), (std::vector<SeqSpan>{{Seq{20}, 4}, {Seq{30}, 2}, {Seq{10}, 2}}));
  EXPECT_EQ(blocks(1), (std::vector<SeqSpan>{{Seq{20}, 4}}));
}

TEST_F(Queue, GivesEverythingBackWhenCleared) {
  queue.append(payload("abc"), 5);
  queue.insert(Seq{10}, payload("aa"), false, 1);
  queue.clear();
  EXPECT_EQ(queue.truesize(), 0u);
  EXPECT_EQ(queue.readable(), 0u);
  EXPECT_TRUE(blocks().empty());
}

// Segments of one text in any order, cut and repeated anyhow, across the wrap: the text comes out, and the
// cost of what is held never goes below zero.
TEST_F(Queue, AnyOrderOfPiecesMakesTheWhole) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Rng rng{seed};
    queue.clear();
    std::string text(200, '\0');
    for (char& c : text) c = static_cast<char>('a' + rng.below(26));
    const Seq start{0xffff'ff90};
    std::uint32_t edge = 0;
    bool fin = false;
    for (int i = 0; i < 4000 && !fin; ++i) {
      const auto from = static_cast<std::uint32_t>(rng.below(200));
      const auto length =
          static_cast<std::uint32_t>(1 + rng.below(std::min<std::size_t>(40, text.size() - from)));
      const bool last = from + length == text.size();
      if (from + length <= edge && !last) continue;
      const std::uint32_t skip = from < edge ? edge - from : 0;
      if (from + skip > edge) {
        queue.insert(start + from, payload(std::string_view{text}.substr(from, length)), last, 10);
      } else {
        if (length > skip)
          queue.append(payload(std::string_view{text}.substr(from + skip, length - skip)), 10);
        edge = std::max(edge, from + length);
        fin = last;
        if (!fin) edge = distance(start, queue.pull(start + edge, fin));
      }
      ASSERT_LT(queue.truesize(), 1'000'000u) << seed;
      std::uint32_t sum = 0;
      for (const SeqSpan& block : blocks()) {
        ASSERT_TRUE(fin || block.start.after(start + edge)) << seed;
        sum += block.length;
      }
      ASSERT_LE(sum, queue.bytes_beyond() + 1) << seed;
    }
    ASSERT_TRUE(fin) << seed;
    ASSERT_EQ(read(1000), text) << seed;
  }
}

// A large window with a hole at its start: the work grows with the segments, not with their square.
TEST_F(Queue, ManySegmentsBeyondAHoleAreCheap) {
  const std::string text(100, 'x');
  constexpr std::uint32_t kCount = 40'000;
  std::array<SeqSpan, 3> out;
  for (std::uint32_t i = 0; i < kCount; ++i) {
    queue.insert(Seq{1} + 100 * i, payload(text), false, 1);
    ASSERT_EQ(queue.sack_blocks(out), 1u);
  }
  EXPECT_EQ(out[0].length, 100 * kCount);
  bool fin = false;
  EXPECT_EQ(queue.pull(Seq{1}, fin), Seq{1} + 100 * kCount);
}

}  // namespace
}  // namespace halfopen
