#include "replay/run/sigchld.h"

namespace halfopen {

SigchldArranged::SigchldArranged() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGCHLD, &action, &action_before_);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &mask_before_);
}

SigchldArranged::~SigchldArranged() {
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  sigaction(SIGCHLD, &action_before_, nullptr);
}

}  // namespace halfopen
