#include "replay/drill/priority.h"

namespace halfopen::drill {

RealTimePriority::RealTimePriority() {
  const int policy = sched_getscheduler(0);
  const sched_param least{.sched_priority = sched_get_priority_min(SCHED_RR)};
  if (policy < 0 || sched_getparam(0, &before_) != 0) return;
  if (sched_setscheduler(0, SCHED_RR, &least) == 0) policy_ = policy;
}

RealTimePriority::~RealTimePriority() {
  if (policy_ >= 0) sched_setscheduler(0, policy_, &before_);
}

}  // namespace halfopen::drill
