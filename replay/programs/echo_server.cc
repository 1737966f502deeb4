// Sends back what it reads, until the client is done.
#include <array>
#include <cerrno>

#include "replay/programs/forking_server.h"
#include "replay/programs/net.h"
#include "replay/programs/options.h"

namespace halfopen::programs {
namespace {

int echo(const ProgramConfig& config, int fd) {
  std::array<std::uint8_t, 4096> buffer{};
  for (;;) {
    const ssize_t got = read_some(fd, buffer);
    if (got < 0) {
      report(config, "read", errno);
      return 1;
    }
    if (got == 0) return 0;
    if (!write_all(fd, std::span{buffer}.first(static_cast<std::size_t>(got)))) {
      report(config, "write", errno);
      return 1;
    }
  }
}

}  // namespace
}  // namespace halfopen::programs

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  return serve_forking(config_or_exit("echo-server", argc, argv), &echo);
}
