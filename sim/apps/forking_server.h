// The textbook's concurrent server: a child for every connection.
#pragma once

#include "sim/apps/program.h"
#include "sim/os/sys.h"

namespace halfopen {

// What a child does with its connection; gives its exit status.
using Talk = Task<int> (*)(Sys sys, const ProgramConfig& config, int fd);

// Listens at config.server and forks a child that talks for every connection; never returns unless it cannot
// listen.
[[nodiscard]] Task<int> serve_forking(Sys sys, const ProgramConfig& config, Talk talk);

}  // namespace halfopen
