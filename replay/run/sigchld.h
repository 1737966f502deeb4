// The signal that says that a process has something to tell.
#pragma once

#include <signal.h>

namespace halfopen {

// SIGCHLD is blocked while this lives, and caught, so that it ends a ppoll() that lets it through and nothing
// else. Then mask and action are what they were. Of the thread that makes it.
class SigchldArranged {
 public:
  SigchldArranged();
  ~SigchldArranged();
  SigchldArranged(const SigchldArranged&) = delete;
  SigchldArranged& operator=(const SigchldArranged&) = delete;

 private:
  struct sigaction action_before_ {};
  sigset_t mask_before_{};
};

}  // namespace halfopen
