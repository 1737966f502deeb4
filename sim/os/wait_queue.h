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
  // The first that `may` allows; nullptr when there is none.
  template <class Predicate>
  Runnable* pop_if(const Predicate& may) {
    Runnable* who = first_;
    while (who != nullptr && !may(*who)) who = who->ready_after;
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
  WaitNode* before = nullptr;  // in the queue's ring
  WaitNode* after = nullptr;
};

// Those who wait for one thing, first come first: a ring of nodes, of which the queue knows the first, so
// that it is one pointer and still adds and removes at once. A node leaves it before it dies.
class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  [[nodiscard]] bool empty() const { return first_ == nullptr; }
  void add(WaitNode& node) {
    assert(node.queue == nullptr);
    node.queue = this;
    if (first_ == nullptr) first_ = node.before = node.after = &node;
    node.after = first_;
    node.before = first_->before;
    node.before->after = &node;
    first_->before = &node;
  }
  void remove(WaitNode& node) {
    node.before->after = node.after;
    node.after->before = node.before;
    if (first_ == &node) first_ = node.after == &node ? nullptr : node.after;
    node.queue = nullptr;
  }
  // Makes all of them ready; they stay until they find what they waited for.
  void wake(ReadyQueue& ready) const {
    const WaitNode* node = first_;
    if (node == nullptr) return;
    do {
      ready.push(*node->who);
      node = node->after;
    } while (node != first_);
  }

 private:
  WaitNode* first_ = nullptr;
};

}  // namespace halfopen
