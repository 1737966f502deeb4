// Writes a given number of bytes as fast as the socket takes them, then closes.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "replay/programs/net.h"
#include "replay/programs/options.h"

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  constexpr std::size_t kChunk = 65536;
  const halfopen::ProgramConfig config = config_or_exit("bulk-client", argc, argv);
  set_signals(config);
  const int fd = connect_to_server(config);
  if (fd < 0) return 1;
  const std::vector<std::uint8_t> chunk(kChunk, std::uint8_t{'x'});
  for (std::uint64_t left = config.bytes; left > 0;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, kChunk));
    if (!write_all(fd, std::span{chunk}.first(size))) {
      report(config, "write", errno);
      return 1;
    }
    left -= size;
  }
  ::close(fd);
  return 0;
}
