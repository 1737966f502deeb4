// Who waits for what: lists that allocate nothing. A process that blocks hangs a WaitNode on each thing it
// waits for; an input to that thing makes the process ready; the scheduler takes ready processes in that
// order.
#pragma once

#include <cassert>

namespace halfopen {

// What the scheduler runs; Process is one.
struct Runnable {
  Runnable* ready_before = nullptr;
  Runnable* ready_after = nullptr;
  bool is_ready = false;
};

// First come, first served.
class ReadyQueue {
 public:
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  // Puts it at the end unless it is in the queue.
  void push(Runnable& who) {
    if (who.is_ready) return;
    who.is_ready = true;
    who.ready_before = last_;
    who.ready_after = nullptr;
    (last_ != nullptr ? last_->ready_after : first_) = &who;
    last_ = &who;
  }
  // The first; nullptr when there is none.
  Runnable* pop() {
    Runnable* who = first_;
    if (who != nullptr) remove(*who);
    return who;
  }
  // Takes it out if it is in.
  void remove(Runnable& who) {
    if (!who.is_ready) return;
    (who.ready_before != nullptr ? who.ready_before->ready_after : first_) = who.ready_after;
    (who.ready_after != nullptr ? who.ready_after->ready_before : last_) = who.ready_before;
    who.is_ready = false;
  }

 private:
  Runnable* first_ = nullptr;
  Runnable* last_ = nullptr;
};

class WaitQueue;

// One wait of one process.
struct WaitNode {
  Runnable* who = nullptr;
  WaitQueue* queue = nullptr;
  WaitNode* next = nullptr;
};

// Those who wait for one thing, first come first. A node leaves it before it dies.
class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  void add(WaitNode& node) {
    assert(node.queue == nullptr);
    WaitNode** end = &first_;
    while (*end != nullptr) end = &(*end)->next;
    node.queue = this;
    node.next = nullptr;
    *end = &node;
  }
  void remove(WaitNode& node) {
    WaitNode** at = &first_;
    while (*at != &node) at = &(*at)->next;
    *at = node.next;
    node.queue = nullptr;
  }
  // Makes all of them ready; they stay until they find what they waited for.
  void wake(ReadyQueue& ready) const {
    for (const WaitNode* node = first_; node != nullptr; node = node->next) ready.push(*node->who);
  }

 private:
  WaitNode* first_ = nullptr;
};

}  // namespace halfopen
