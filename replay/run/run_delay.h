// For how long the scheduler kept a process waiting that could have run (the second number of
// /proc/PID/schedstat, Documentation/scheduler/sched-stats.rst): what a busy machine did to it.
#pragma once

#include <sys/types.h>

#include "replay/base/unique_fd.h"
#include "sim/base/time.h"

namespace halfopen {

class RunDelay {
 public:
  // Of process `pid`; 0: our own. A kernel without schedstat, or a process that is gone, waits for nothing.
  explicit RunDelay(pid_t pid = 0);
  // Since it was asked the last time, or since the beginning.
  [[nodiscard]] Duration more();

 private:
  UniqueFd file_;
  Duration known_{};
};

}  // namespace halfopen
