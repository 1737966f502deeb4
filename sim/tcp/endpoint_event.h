// What an endpoint reports besides segments, and where it keeps it until it is asked.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/time.h"
#include "sim/why/state.h"
#include "sim/why/why.h"

namespace halfopen {

struct EndpointEvent {
  enum class What : std::uint8_t { state_changed, timer_armed, timer_stopped, timer_fired };
  What what = What::state_changed;
  State from = State::closed;
  State to = State::closed;
  Cause why = Cause::unknown;
  Timer timer = Timer::retransmit;
  TimePoint deadline = kNever;
};

// A queue of events for each endpoint of a host, all in one memory: an endpoint with nothing to tell pays for
// two indices, and nothing is allocated once the pool has grown.
class EventPool {
 public:
  // One endpoint's queue, in the order in which things happened. Whoever owns it clears it before it dies.
  struct Queue {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    [[nodiscard]] bool empty() const { return first == kNone; }
  };

  void push(Queue& queue, const EndpointEvent& event) {
    const std::uint32_t at = take();
    nodes_[at] = {event, kNone};
    (queue.empty() ? queue.first : nodes_[queue.last].next) = at;
    queue.last = at;
  }
  // The oldest event, which leaves the queue; false when there is none.
  bool pop(Queue& queue, EndpointEvent& out) {
    if (queue.empty()) return false;
    const std::uint32_t at = queue.first;
    out = nodes_[at].event;
    queue.first = nodes_[at].next;
    nodes_[at].next = free_;
    free_ = at;
    return true;
  }
  void clear(Queue& queue) {
    EndpointEvent unheard;
    while (pop(queue, unheard)) {
    }
  }
  // How many events it has had in it at one time.
  [[nodiscard]] std::size_t peak() const { return nodes_.size(); }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffffu;
  struct Node {
    EndpointEvent event;
    std::uint32_t next = kNone;  // in its queue, or in the list of free ones
  };

  std::uint32_t take() {
    if (free_ == kNone) {
      nodes_.emplace_back();
      return static_cast<std::uint32_t>(nodes_.size() - 1);
    }
    const std::uint32_t at = free_;
    free_ = nodes_[at].next;
    return at;
  }

  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;
};

}  // namespace halfopen
