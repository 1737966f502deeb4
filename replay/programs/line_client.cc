// The textbook's client: for each line typed it writes the line, then reads the answer and prints it.
// Watching, it waits for its input and the socket at once, and so learns of the server's end when it happens.
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "replay/programs/net.h"
#include "replay/programs/options.h"

namespace halfopen::programs {
namespace {

class LineClient {
 public:
  LineClient(const ProgramConfig& config, int fd) : config_{config}, fd_{fd} {}

  // Line by line: blind to the socket while it waits for input. Gives the exit status.
  int run() {
    while (read_typed()) {
      if (!send_line()) return 1;
      if (!config_.never_reads && !read_answer()) return 1;
    }
    return 0;
  }

  // select() on both; the socket is watched until its end is known.
  int run_watching() {
    for (;;) {
      fd_set watched;
      FD_ZERO(&watched);
      FD_SET(STDIN_FILENO, &watched);
      if (!over_) FD_SET(fd_, &watched);
      if (::select(over_ ? STDIN_FILENO + 1 : fd_ + 1, &watched, nullptr, nullptr, nullptr) < 0) {
        report(config_, "select", errno);
        return 1;
      }
      if (!over_ && FD_ISSET(fd_, &watched) && !read_some_and_print()) return 1;
      if (!FD_ISSET(STDIN_FILENO, &watched)) continue;
      do {
        if (!read_typed()) return 0;
        if (!send_line()) return 1;
      } while (typed_.find('\n') != std::string::npos);  // select() does not see what we hold already
    }
  }

 private:
  // The next line typed; false at end of input. A terminal gives one line for a read(), a pipe may give
  // several: those wait in typed_.
  bool read_typed() {
    std::size_t searched = 0;
    std::size_t newline = 0;
    while ((newline = typed_.find('\n', searched)) == std::string::npos) {
      searched = typed_.size();
      const ssize_t got = read_some(STDIN_FILENO, buffer_);
      if (got <= 0) {
        line_ = std::exchange(typed_, {});
        return !line_.empty();
      }
      typed_.append(buffer_.begin(), buffer_.begin() + got);
    }
    line_ = typed_.substr(0, newline + 1);
    typed_.erase(0, newline + 1);
    return true;
  }

  // These give false when the program has nothing more to do.
  bool send_line() {
    if (write_all(fd_, line_)) return true;
    const int error = errno;
    report(config_, "write", error);
    return config_.keep_going && error != EPIPE;  // after EPIPE nothing can be written any more
  }

  bool read_answer() {
    wait_before_reading();
    do {
      if (!read_some_and_print()) return false;
    } while (!line_complete_);
    return true;
  }

  void wait_before_reading() const {
    if (config_.read_delay <= Duration{}) return;
    const auto whole = std::chrono::floor<std::chrono::seconds>(config_.read_delay);
    timespec left{.tv_sec = whole.count(), .tv_nsec = (config_.read_delay - whole).count()};
    while (::nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
  }

  // One read(). Afterwards line_complete_ tells whether there is more to come for this line.
  bool read_some_and_print() {
    line_complete_ = true;
    const ssize_t got = read_some(fd_, buffer_);
    const int error = errno;
    if (got > 0) {
      const auto bytes = std::span{buffer_}.first(static_cast<std::size_t>(got));
      line_complete_ = bytes.back() == '\n';
      // The conversation goes on whether or not somebody looks at it.
      [[maybe_unused]] const bool printed = write_all(STDOUT_FILENO, bytes);
      return true;
    }
    if (got < 0) {
      report(config_, "read", error);
    } else {
      complain(config_.name, "server terminated prematurely");
    }
    over_ = got == 0 || error != EAGAIN;
    return config_.keep_going;
  }

  const ProgramConfig& config_;
  int fd_;
  bool over_ = false;  // end of file or an error came from the socket
  bool line_complete_ = true;
  std::string typed_;  // read from the input, not sent yet
  std::string line_;
  std::array<std::uint8_t, 4096> buffer_{};
};

}  // namespace
}  // namespace halfopen::programs

int main(int argc, char** argv) {
  using namespace halfopen::programs;
  const halfopen::ProgramConfig config = config_or_exit("line-client", argc, argv);
  set_signals(config);
  const int fd = connect_to_server(config);
  if (fd < 0) return 1;
  LineClient client{config, fd};
  const int status = config.watch && !config.never_reads ? client.run_watching() : client.run();
  ::close(fd);
  return status;
}
