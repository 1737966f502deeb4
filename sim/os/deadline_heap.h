// The deadlines of many items in one binary heap that knows where each item stands: O(log n) to set, move and
// take away, and nothing allocated per event once it has grown. Equal deadlines run out in the order in which
// they were set.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/base/time.h"

namespace halfopen {

// What an item carries so that its heap finds it: a place in one heap.
struct HeapPlace {
  static constexpr std::uint32_t kAbsent = 0xffff'ffffu;
  std::uint32_t heap_index = kAbsent;
};

// T derives from HeapPlace, and leaves the heap (set(item, kNever)) before it dies.
template <class T>
class DeadlineHeap {
 public:
  // The earliest deadline; kNever when there is none.
  [[nodiscard]] TimePoint next() const { return entries_.empty() ? kNever : entries_.front().when; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

  // Gives `item` the deadline `when` in place of any other; kNever takes it out.
  void set(T& item, TimePoint when) {
    const std::uint32_t at = item.heap_index;
    if (at == HeapPlace::kAbsent) {
      if (when == kNever) return;
      entries_.push_back({when, ++last_order_, &item});
      sift_up(entries_.size() - 1);
      return;
    }
    if (entries_[at].when == when) return;
    if (when == kNever) {
      remove(at);
      return;
    }
    entries_[at].when = when;
    entries_[at].order = ++last_order_;
    sift_up(sift_down(at));
  }

  // Takes out and gives the item with the earliest deadline if that is at or before `now`, else nullptr.
  T* pop_due(TimePoint now) {
    if (entries_.empty() || entries_.front().when > now) return nullptr;
    T* item = entries_.front().item;
    remove(0);
    return item;
  }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t order;  // of being set
    T* item;
    [[nodiscard]] bool before(const Entry& o) const {
      return when != o.when ? when < o.when : order < o.order;
    }
  };

  void place(std::size_t at, const Entry& entry) {
    entries_[at] = entry;
    entry.item->heap_index = static_cast<std::uint32_t>(at);
  }
  void remove(std::size_t at) {
    entries_[at].item->heap_index = HeapPlace::kAbsent;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (at == entries_.size()) return;
    place(at, last);
    sift_up(sift_down(at));
  }
  void sift_up(std::size_t at) {
    const Entry moving = entries_[at];
    while (at > 0 && moving.before(entries_[(at - 1) / 2])) {
      place(at, entries_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    place(at, moving);
  }
  std::size_t sift_down(std::size_t at) {
    const Entry moving = entries_[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= entries_.size()) break;
      if (child + 1 < entries_.size() && entries_[child + 1].before(entries_[child])) ++child;
      if (!entries_[child].before(moving)) break;
      place(at, entries_[child]);
      at = child;
    }
    place(at, moving);
    return at;
  }

  std::vector<Entry> entries_;
  std::uint64_t last_order_ = 0;
};

}  // namespace halfopen
