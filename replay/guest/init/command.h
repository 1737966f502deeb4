// The command in the guest: started, listened to, ended in time.
#pragma once

#include "replay/guest/init/changed_files.h"
#include "replay/guest/orders.h"

namespace halfopen::guest {

// Runs the command to its end, or to the end of its time; tells what it writes
// as it writes it. Returns its exit status: 128 + the signal that ended it, 127 where it could not be
// started. Nothing that it started is left.
[[nodiscard]] int run_command(const Orders& orders, ChangedFiles& files);

}  // namespace halfopen::guest
