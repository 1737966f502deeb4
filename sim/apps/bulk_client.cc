// Writes a given number of bytes as fast as the socket takes them, then closes.
#include <algorithm>
#include <vector>

#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"

namespace halfopen {

Task<int> bulk_client(Sys sys, const ProgramConfig& config) {
  constexpr std::size_t kChunk = 65536;
  if (config.ignore_sigpipe) sys.on_signal(sig::pipe, {});
  const int fd = co_await connect_to_server(sys, config);
  if (fd < 0) co_return 1;
  const std::vector<std::uint8_t> chunk(kChunk, std::uint8_t{'x'});
  for (std::uint64_t left = config.bytes; left > 0;) {
    const auto bytes =
        std::span{chunk}.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk)));
    const CallResult sent = co_await sys.write(fd, bytes);
    if (sent.failed()) {
      report(sys, "write", sent.error);
      co_return 1;
    }
    left -= static_cast<std::uint64_t>(sent.value);
  }
  co_await sys.close(fd);
  co_return 0;
}

}  // namespace halfopen
