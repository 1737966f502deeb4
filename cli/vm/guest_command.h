// What the commands about guests share: how a guest is asked for, and how its end is told.
#pragma once

#include <string>
#include <vector>

#include "cli/line/options.h"
#include "replay/guest/guest_run.h"
#include "sim/base/time.h"

namespace halfopen {

// The command of `options` in `kernel`, at the present directory.
[[nodiscard]] guest::GuestConfig config_for(const VmOptions& options, const std::string& kernel);

// "964.2 s of kernel time in 5.9 s".
[[nodiscard]] std::string ratio_text(Duration kernel_time, Duration wall_time);

struct GuestEnd {
  int status = 0;       // the process's
  std::string problem;  // in a line, the kernel's release before it; empty where the command ended by itself
  std::string remark;   // what is wrong with the kernel, its release before it; mostly empty
  std::vector<std::string>
      lines;  // for standard error: the problem with the console's last lines, the remark, and the ratio
};
[[nodiscard]] GuestEnd end_of(const guest::GuestOutcome& outcome, const VmOptions& options);

// Of several kernels: trouble before a kernel that cannot, that before an expectation that failed.
[[nodiscard]] int worse(int a, int b);

}  // namespace halfopen
