#include "replay/watch/ptrace_request.h"

#include <algorithm>

namespace halfopen {

bool ptrace_request(__ptrace_request request, pid_t tid, std::uintptr_t address, std::uintptr_t data) {
  return ptrace(request, tid, reinterpret_cast<void*>(address), reinterpret_cast<void*>(data)) >= 0;
}

bool get_event_message(pid_t tid, unsigned long& message) {
  return ptrace_request(PTRACE_GETEVENTMSG, tid, 0, reinterpret_cast<std::uintptr_t>(&message));
}

bool get_call_stop(pid_t tid, CallStop& stop) {
  __ptrace_syscall_info info{};
  if (!ptrace_request(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, reinterpret_cast<std::uintptr_t>(&info))) {
    return false;
  }
  stop = {};
  stop.stack_pointer = info.stack_pointer;
  switch (info.op) {
    case PTRACE_SYSCALL_INFO_ENTRY:
      stop.kind = CallStop::Kind::enters;
      stop.number = info.entry.nr;
      std::ranges::copy(info.entry.args, stop.args.begin());
      break;
    case PTRACE_SYSCALL_INFO_SECCOMP:
      stop.kind = CallStop::Kind::filtered;
      stop.number = info.seccomp.nr;
      std::ranges::copy(info.seccomp.args, stop.args.begin());
      break;
    case PTRACE_SYSCALL_INFO_EXIT:
      stop.kind = CallStop::Kind::returns;
      stop.result = info.exit.rval;
      break;
    default: break;
  }
  return true;
}

}  // namespace halfopen
