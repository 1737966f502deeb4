// For how long the scheduler kept a thread waiting that could have run (the second number of
// /proc/PID/schedstat, Documentation/scheduler/sched-stats.rst): what a busy machine did to it.
#pragma once

#include <sys/types.h>

#include <map>
#include <span>

#include "replay/base/unique_fd.h"
#include "sim/base/time.h"

namespace halfopen {

class RunDelay {
 public:
  // Of thread `tid`; 0: our own. A kernel without schedstat, or a thread that is gone, waits for nothing.
  explicit RunDelay(pid_t tid = 0);
  // Since it was asked the last time, or since the thread's birth.
  [[nodiscard]] Duration more();

 private:
  UniqueFd file_;
  Duration known_{};
};

// Of the threads of a host's programs, which come and go.
class ProgramDelays {
 public:
  // The longest that one of `threads` was kept waiting since this was asked the last time; those that are new
  // count from their birth.
  [[nodiscard]] Duration more(std::span<const pid_t> threads);

 private:
  std::map<pid_t, RunDelay> delays_;
};

}  // namespace halfopen
