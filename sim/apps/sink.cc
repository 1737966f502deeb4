// Reads and throws away.
#include "sim/apps/forking_server.h"
#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"

namespace halfopen {
namespace {

Task<int> swallow(Sys sys, const ProgramConfig&, int fd) {
  constexpr std::size_t kChunk = 65536;
  for (;;) {
    const CallResult got = co_await sys.discard(fd, kChunk);
    if (got.value > 0 || got.error == Errno::intr) continue;
    if (got.value == 0) co_return 0;
    report(sys, "read", got.error);
    co_return 1;
  }
}

}  // namespace

Task<int> sink(Sys sys, const ProgramConfig& config) { return serve_forking(sys, config, &swallow); }

}  // namespace halfopen
