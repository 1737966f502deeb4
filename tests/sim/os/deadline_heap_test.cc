#include "sim/os/deadline_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

struct Item : HeapPlace {
  TimePoint when = kNever;
};

TEST(DeadlineHeap, IsNeverWhenEmpty) {
  DeadlineHeap<Item> heap;
  EXPECT_EQ(heap.next(), kNever);
  EXPECT_EQ(heap.pop_due(kNever), nullptr);
}

TEST(DeadlineHeap, GivesEqualDeadlinesInTheOrderInWhichTheyWereSet) {
  DeadlineHeap<Item> heap;
  std::array<Item, 20> items;
  for (Item& item : items) heap.set(item, at_nanos(5));
  for (Item& item : items) EXPECT_EQ(heap.pop_due(at_nanos(5)), &item);
}

TEST(DeadlineHeap, GivesNothingOneTickBeforeTheDeadline) {
  DeadlineHeap<Item> heap;
  Item item;
  heap.set(item, at_nanos(5));
  EXPECT_EQ(heap.pop_due(at_nanos(4)), nullptr);
  EXPECT_EQ(heap.pop_due(at_nanos(5)), &item);
}

TEST(DeadlineHeap, NeverTakesAnItemOut) {
  DeadlineHeap<Item> heap;
  Item a;
  Item b;
  heap.set(a, at_nanos(1));
  heap.set(b, at_nanos(2));
  heap.set(a, kNever);
  EXPECT_EQ(heap.next(), at_nanos(2));
  EXPECT_EQ(heap.size(), 1u);
  EXPECT_EQ(a.heap_index, HeapPlace::kAbsent);
}

TEST(DeadlineHeap, AgreesWithASortedListThroughRandomMoves) {
  DeadlineHeap<Item> heap;
  std::vector<Item> items(200);
  Rng rng{1};
  for (int round = 0; round < 5000; ++round) {
    Item& item = items[rng.below(items.size())];
    item.when = rng.chance(0.2) ? kNever : at_nanos(static_cast<std::int64_t>(rng.below(1000)));
    heap.set(item, item.when);
    const auto earliest = std::ranges::min_element(items, {}, &Item::when);
    ASSERT_EQ(heap.next(), earliest->when);
    if (!rng.chance(0.1)) continue;
    if (Item* due = heap.pop_due(at_nanos(500))) {
      ASSERT_EQ(due->when, earliest->when);
      due->when = kNever;
    }
  }
}

}  // namespace
}  // namespace halfopen
