#include "sim/tcp/send_queue.h"

#include <gtest/gtest.h>

#include <string>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(const Payload& payload) {
  std::string out(payload.size(), '\0');
  payload.copy_to(0, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  return out;
}

TEST(SendQueue, GivesWhatWasWrittenFromAnyOffset) {
  BlockPool pool;
  SendQueue queue;
  queue.append(pool, bytes_of("hello "));
  queue.append(pool, bytes_of("world"));
  EXPECT_EQ(text_of(queue.slice(pool, 0, 11)), "hello world");
  EXPECT_EQ(text_of(queue.slice(pool, 3, 5)), "lo wo");
  queue.drop_front(6);
  EXPECT_EQ(text_of(queue.slice(pool, 0, 5)), "world");
  EXPECT_EQ(queue.size(), 5u);
}

// Segments in flight share the writer's block; what is written later does not change them.
TEST(SendQueue, ASliceOutlivesItsBytesInTheQueue) {
  BlockPool pool;
  SendQueue queue;
  queue.append(pool, bytes_of("first"));
  const Payload held = queue.slice(pool, 0, 5);
  queue.drop_front(5);
  queue.append(pool, bytes_of("other"));
  queue.clear();
  EXPECT_EQ(text_of(held), "first");
}

// New data, repetitions and acknowledgements in any order, against a plain string.
TEST(SendQueue, BehavesAsAStringUnderRandomUse) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng{seed};
    BlockPool pool;
    SendQueue queue;
    std::string model;
    std::vector<std::pair<Payload, std::string>> in_flight;
    char next = 'a';
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t what = rng.below(4);
      if (what == 0) {
        std::string text(rng.chance(0.1) ? rng.below(100'000) : rng.below(600), '\0');
        for (char& c : text) c = next = next == 'z' ? 'a' : static_cast<char>(next + 1);
        queue.append(pool, bytes_of(text));
        model += text;
      } else if (what == 1) {
        const auto count = static_cast<std::uint32_t>(rng.below(model.size() + 1));
        queue.drop_front(count);
        model.erase(0, count);
      } else if (!model.empty()) {
        const auto from = static_cast<std::uint32_t>(rng.below(model.size()));
        const auto length =
            static_cast<std::uint32_t>(1 + rng.below(std::min<std::size_t>(model.size() - from, 1460)));
        Payload slice = queue.slice(pool, from, length);
        ASSERT_EQ(text_of(slice), model.substr(from, length)) << seed;
        if (in_flight.size() < 8) in_flight.emplace_back(std::move(slice), model.substr(from, length));
      }
      ASSERT_EQ(queue.size(), model.size());
    }
    for (const auto& [payload, text] : in_flight) ASSERT_EQ(text_of(payload), text) << seed;
  }
}

// Many tiny writes make one segment: more than two blocks are gathered.
TEST(SendQueue, GathersManySmallBlocksIntoOneSegment) {
  BlockPool pool;
  SendQueue queue;
  std::string all;
  std::vector<Payload> pins;
  for (int i = 0; i < 12; ++i) {
    const std::string text(250, static_cast<char>('a' + i));
    queue.append(pool, bytes_of(text));
    all += text;
  }
  EXPECT_EQ(text_of(queue.slice(pool, 100, 1448)), all.substr(100, 1448));
}

}  // namespace
}  // namespace halfopen
