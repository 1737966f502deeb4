// The wrappers that every network program has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/apps/program.h"
#include "sim/base/errno.h"
#include "sim/os/sys.h"

namespace halfopen {

// Says "PROGRAM: WHAT error: TEXT" on standard error.
void report(const Sys& sys, std::string_view what, Errno error);

// Sets config.sockopts in order. One that the OS refuses is reported, and the program goes on.
[[nodiscard]] Task<void> set_socket_options(Sys sys, int fd, const ProgramConfig& config);

// A socket connected to config.server, or -1 after saying why not.
[[nodiscard]] Task<int> connect_to_server(Sys sys, const ProgramConfig& config);

}  // namespace halfopen
