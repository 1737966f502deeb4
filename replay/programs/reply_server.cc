// Answers with a given text: as soon as it has accepted, for every line, or for every request, which ends
// with an empty line.
#include <array>
#include <cerrno>

#include "replay/programs/forking_server.h"
#include "replay/programs/net.h"
#include "replay/programs/options.h"
#include "sim/apps/requests.h"

namespace halfopen::programs {
namespace {

int answer(const ProgramConfig& config, int fd) {
  std::array<std::uint8_t, 4096> buffer{};
  Requests requests{config.reply_when};
  std::size_t due = config.reply_when == ReplyWhen::at_once ? 1 : 0;
  for (;;) {
    for (; due > 0; --due) {
      if (!write_all(fd, config.reply)) {
        report(config, "write", errno);
        return 1;
      }
    }
    const ssize_t got = read_some(fd, buffer);
    if (got < 0) {
      report(config, "read", errno);
      return 1;
    }
    if (got == 0) return 0;
    due = requests.completed_by(std::span{buffer}.first(static_cast<std::size_t>(got)));
  }
}

}  // namespace
}  // namespace halfopen::programs

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  return serve_forking(config_or_exit("reply-server", argc, argv), &answer);
}
