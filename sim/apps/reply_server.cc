// Answers with a given text: as soon as it has accepted, for every line, or for every request, which ends
// with an empty line.
#include <array>
#include <string>

#include "sim/apps/forking_server.h"
#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"
#include "sim/apps/requests.h"

namespace halfopen {
namespace {

// False when it cannot be written.
Task<bool> write_reply(Sys sys, const ProgramConfig& config, int fd) {
  const std::span bytes{reinterpret_cast<const std::uint8_t*>(config.reply.data()), config.reply.size()};
  const CallResult sent = co_await sys.write(fd, bytes);
  if (sent.failed()) report(sys, "write", sent.error);
  co_return !sent.failed();
}

Task<int> answer(Sys sys, const ProgramConfig& config, int fd) {
  std::array<std::uint8_t, 4096> buffer;
  Requests requests{config.reply_when};
  std::size_t due = config.reply_when == ReplyWhen::at_once ? 1 : 0;
  for (;;) {
    for (; due > 0; --due) {
      const bool written = co_await write_reply(sys, config, fd);
      if (!written) co_return 1;
    }
    const CallResult got = co_await sys.read(fd, buffer);
    if (got.error == Errno::intr) continue;
    if (got.failed()) {
      report(sys, "read", got.error);
      co_return 1;
    }
    if (got.value == 0) co_return 0;
    due = requests.completed_by(std::span{buffer}.first(static_cast<std::size_t>(got.value)));
  }
}

}  // namespace

Task<int> reply_server(Sys sys, const ProgramConfig& config) { return serve_forking(sys, config, &answer); }

}  // namespace halfopen
