// Handles of processes (pidfd_open(2)): unlike a number, a handle never means another process. By number of
// the system call: glibc 2.36 declares its own functions without C linkage.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "replay/base/unique_fd.h"

namespace halfopen {

// Of a process that lives or has not been waited for; close-on-exec. Holds nothing, with errno, if there is
// none.
[[nodiscard]] inline UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
}

// False, with errno, if the process is over or may not be signalled.
inline bool send_signal(const UniqueFd& pidfd, int signal) {
  return syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

}  // namespace halfopen
