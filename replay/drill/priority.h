// A place before other processes, where this machine allows it.
#pragma once

#include <sched.h>

namespace halfopen::drill {

// While it exists, the calling thread, and what it starts, runs before every process without a real-time
// priority (sched(7)), as packetdrill does: a script in real time is late otherwise on a busy machine. Where
// it is not allowed (without root, mostly), nothing changes.
class RealTimePriority {
 public:
  RealTimePriority();
  ~RealTimePriority();
  RealTimePriority(const RealTimePriority&) = delete;
  RealTimePriority& operator=(const RealTimePriority&) = delete;

 private:
  int policy_ = -1;  // as it was; -1: it is unchanged
  sched_param before_{};
};

}  // namespace halfopen::drill
