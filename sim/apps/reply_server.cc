// Answers with a given text: as soon as it has accepted, for every line, or for every request, which ends
// with an empty line.
#include <array>
#include <string>

#include "sim/apps/forking_server.h"
#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"

namespace halfopen {
namespace {

// Counts what is to be answered in a stream of bytes.
class Requests {
 public:
  explicit Requests(ReplyWhen when) : when_{when} {}
  // How many lines or requests these bytes complete.
  std::size_t completed_by(std::span<const std::uint8_t> bytes) {
    std::size_t count = 0;
    for (const std::uint8_t byte : bytes) {
      if (byte == '\r') continue;
      if (byte != '\n') {
        line_is_empty_ = false;
        continue;
      }
      if (when_ == ReplyWhen::per_line || (when_ == ReplyWhen::per_request && line_is_empty_)) ++count;
      line_is_empty_ = true;
    }
    return count;
  }

 private:
  ReplyWhen when_;
  bool line_is_empty_ = false;
};

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
