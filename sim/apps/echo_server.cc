// Sends back what it reads, until the client is done.
#include <array>

#include "sim/apps/forking_server.h"
#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"

namespace halfopen {
namespace {

Task<int> echo(Sys sys, const ProgramConfig&, int fd) {
  std::array<std::uint8_t, 4096> buffer;
  for (;;) {
    const CallResult got = co_await sys.read(fd, buffer);
    if (got.error == Errno::intr) continue;
    if (got.failed()) {
      report(sys, "read", got.error);
      co_return 1;
    }
    if (got.value == 0) co_return 0;
    const auto bytes = std::span<const std::uint8_t>{buffer}.first(static_cast<std::size_t>(got.value));
    const CallResult sent = co_await sys.write(fd, bytes);
    if (sent.failed()) {
      report(sys, "write", sent.error);
      co_return 1;
    }
  }
}

}  // namespace

Task<int> echo_server(Sys sys, const ProgramConfig& config) { return serve_forking(sys, config, &echo); }

}  // namespace halfopen
