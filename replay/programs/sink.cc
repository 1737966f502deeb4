// Reads and throws away.
#include <cerrno>
#include <vector>

#include "replay/programs/forking_server.h"
#include "replay/programs/net.h"
#include "replay/programs/options.h"

namespace halfopen::programs {
namespace {

int swallow(const ProgramConfig& config, int fd) {
  constexpr std::size_t kChunk = 65536;
  std::vector<std::uint8_t> buffer(kChunk);
  for (;;) {
    const ssize_t got = read_some(fd, buffer);
    if (got == 0) return 0;
    if (got < 0) {
      report(config, "read", errno);
      return 1;
    }
  }
}

}  // namespace
}  // namespace halfopen::programs

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  return serve_forking(config_or_exit("sink", argc, argv), &swallow);
}
