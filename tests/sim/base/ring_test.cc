#include "sim/base/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

TEST(Ring, BehavesAsADequeUnderRandomUse) {
  Rng rng{1};
  Ring<int> ring;
  std::deque<int> model;
  for (int i = 0; i < 20'000; ++i) {
    const auto place = static_cast<std::uint32_t>(rng.below(model.size() + 1));
    const std::uint64_t what = rng.below(model.size() > 50 ? 5 : 7);
    if (what == 0 && !model.empty()) {
      ring.pop_front();
      model.pop_front();
    } else if (what == 1 && !model.empty()) {
      ring.pop_back();
      model.pop_back();
    } else if (what == 2 && place < model.size()) {
      ring.erase(place);
      model.erase(model.begin() + place);
    } else if (what == 3) {
      ring.insert(place, i);
      model.insert(model.begin() + place, i);
    } else if (what > 3) {
      ring.push_back(i);
      model.push_back(i);
    }
    ASSERT_EQ(ring.size(), model.size());
    ASSERT_EQ(ring.empty(), model.empty());
    if (place < model.size()) {
      ASSERT_EQ(ring[place], model[place]);
      ASSERT_EQ(ring.front(), model.front());
      ASSERT_EQ(ring.back(), model.back());
    }
  }
}

TEST(Ring, LetsGoOfWhatLeavesIt) {
  const auto held = std::make_shared<int>(7);
  Ring<std::shared_ptr<int>> ring;
  for (int i = 0; i < 6; ++i) ring.push_back(held);
  ring.pop_front();
  ring.pop_back();
  ring.erase(1);
  EXPECT_EQ(held.use_count(), 4);
  ring.reset();
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_TRUE(ring.empty());
  ring.push_back(held);
  EXPECT_EQ(ring.size(), 1u);
}

}  // namespace
}  // namespace halfopen
