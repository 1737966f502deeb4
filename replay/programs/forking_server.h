// The textbook's concurrent server: a child for every connection.
#pragma once

#include "sim/apps/program.h"

namespace halfopen::programs {

// What a child does with its connection, the socket `fd`; gives its exit status.
using Talk = int (*)(const ProgramConfig& config, int fd);

// Listens at config.server and forks a child that talks for every connection. Returns, with exit status 1 and
// after reporting why, only when it cannot listen or accept.
[[nodiscard]] int serve_forking(const ProgramConfig& config, Talk talk);

}  // namespace halfopen::programs
