// Answers with a given text: as soon as it has accepted, for every line, or for every request, which ends
// with an empty line.
#include <array>
#include <cerrno>

#include "replay/programs/forking_server.h"
#include "replay/programs/net.h"
#include "replay/programs/options.h"

namespace halfopen::programs {
namespace {

// Counts what is to be answered in a stream of bytes.
class Requests {
 public:
  explicit Requests(ReplyWhen when) : when_{when} {}
  // How many lines or requests these bytes complete.
  std::size_t completed_by(std::span<const std::uint8_t> bytes) {
    std::size_t count = 0;
    for (const std::uint8_t byte : bytes) {
      if (byte == '\n') {
        if (ends_request()) ++count;
        line_is_empty_ = true;
      } else if (byte != '\r') {
        line_is_empty_ = false;
      }
    }
    return count;
  }

 private:
  [[nodiscard]] bool ends_request() const {
    switch (when_) {
      case ReplyWhen::at_once: return false;
      case ReplyWhen::per_line: return true;
      case ReplyWhen::per_request: return line_is_empty_;
    }
    return false;
  }

  ReplyWhen when_;
  bool line_is_empty_ = false;  // a newline before any line is no request
};

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
