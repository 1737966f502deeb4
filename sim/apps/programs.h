// The main() of each program. `config` outlives the process.
#pragma once

#include "sim/apps/program.h"
#include "sim/os/sys.h"

namespace halfopen {

// For each line typed: writes it, reads the answer, prints it.
[[nodiscard]] Task<int> line_client(Sys sys, const ProgramConfig& config);
// Writes config.bytes bytes as fast as the socket takes them, then closes.
[[nodiscard]] Task<int> bulk_client(Sys sys, const ProgramConfig& config);
// These fork a child for every connection. It sends back what it reads;
[[nodiscard]] Task<int> echo_server(Sys sys, const ProgramConfig& config);
// throws away what it reads;
[[nodiscard]] Task<int> sink(Sys sys, const ProgramConfig& config);
// never reads;
[[nodiscard]] Task<int> stalled_server(Sys sys, const ProgramConfig& config);
// answers with config.reply.
[[nodiscard]] Task<int> reply_server(Sys sys, const ProgramConfig& config);

}  // namespace halfopen
