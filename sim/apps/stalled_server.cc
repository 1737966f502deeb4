// Accepts and never reads: the client's data fills the window, and the client is stuck.
#include "sim/apps/forking_server.h"
#include "sim/apps/programs.h"

namespace halfopen {
namespace {

Task<int> stall(Sys sys, const ProgramConfig&, int) {
  for (;;) co_await sys.nanosleep(Duration::max());
}

}  // namespace

Task<int> stalled_server(Sys sys, const ProgramConfig& config) { return serve_forking(sys, config, &stall); }

}  // namespace halfopen
