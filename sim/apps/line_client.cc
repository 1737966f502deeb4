// The textbook's client: for each line typed it writes the line, then reads the answer and prints it.
// Watching, it waits for the terminal and the socket at once, and so learns of the server's end when it
// happens.
#include <array>
#include <string>

#include "sim/apps/net_helpers.h"
#include "sim/apps/programs.h"

namespace halfopen {
namespace {

constexpr int kTerminal = 0;

class LineClient {
 public:
  LineClient(Sys sys, const ProgramConfig& config, int fd) : sys_{sys}, config_{config}, fd_{fd} {}

  // Line by line: blind to the socket while it waits for the terminal.
  Task<int> run() {
    for (;;) {
      const bool typed = co_await read_typed();
      if (!typed) co_return 0;
      bool goes_on = co_await send_line();
      if (goes_on && !config_.never_reads) goes_on = co_await read_answer();
      if (!goes_on) co_return 1;
    }
  }

  // select() on both; the socket is watched until its end is known.
  Task<int> run_watching() {
    for (;;) {
      std::array<PollFd, 2> watched{PollFd{.fd = kTerminal}, PollFd{.fd = fd_}};
      const std::size_t count = over_ ? 1 : 2;
      const CallResult selected = co_await sys_.select(std::span{watched}.first(count));
      if (selected.failed()) {
        report(sys_, "select", selected.error);
        co_return 1;
      }
      if (!over_ && watched[1].returned != 0) {
        const bool goes_on = co_await read_some();
        if (!goes_on) co_return 1;
      }
      if (watched[0].returned != 0) {
        const bool typed = co_await read_typed();
        if (!typed) co_return 0;
        const bool goes_on = co_await send_line();
        if (!goes_on) co_return 1;
      }
    }
  }

 private:
  // The next line typed; false at end of input.
  Task<bool> read_typed() {
    line_.clear();
    while (line_.empty() || line_.back() != '\n') {
      const CallResult got = co_await sys_.read(kTerminal, buffer_);
      if (got.value <= 0) co_return !line_.empty();
      line_.append(buffer_.begin(), buffer_.begin() + got.value);
    }
    co_return true;
  }

  // These give false when the program has nothing more to do.
  Task<bool> send_line() {
    const std::span bytes{reinterpret_cast<const std::uint8_t*>(line_.data()), line_.size()};
    const CallResult sent = co_await sys_.write(fd_, bytes);
    if (!sent.failed()) co_return true;
    report(sys_, "write", sent.error);
    co_return config_.keep_going&& sent.error != Errno::pipe;  // after EPIPE nothing can be written any more
  }

  Task<bool> read_answer() {
    if (config_.read_delay > Duration{}) co_await sys_.nanosleep(config_.read_delay);
    for (;;) {
      const bool goes_on = co_await read_some();
      if (!goes_on || line_complete_) co_return goes_on;
    }
  }

  // One read(), printed. Afterwards line_complete_ tells whether there is more to come for this line.
  Task<bool> read_some() {
    line_complete_ = true;
    const CallResult got = co_await sys_.read(fd_, buffer_);
    if (got.value > 0) {
      line_complete_ = buffer_[static_cast<std::size_t>(got.value) - 1] == '\n';
      sys_.print({reinterpret_cast<const char*>(buffer_.data()), static_cast<std::size_t>(got.value)});
      co_return true;
    }
    if (got.failed()) {
      report(sys_, "read", got.error);
    } else {
      sys_.perror("server terminated prematurely");
    }
    over_ = got.error != Errno::again;
    co_return config_.keep_going;
  }

  Sys sys_;
  const ProgramConfig& config_;
  int fd_;
  bool over_ = false;  // end of file or an error came from the socket
  bool line_complete_ = true;
  std::string line_;
  std::array<std::uint8_t, 4096> buffer_;
};

}  // namespace

Task<int> line_client(Sys sys, const ProgramConfig& config) {
  if (config.ignore_sigpipe) sys.on_signal(sig::pipe, {});
  const int fd = co_await connect_to_server(sys, config);
  if (fd < 0) co_return 1;
  LineClient client{sys, config, fd};
  int status = 0;
  if (config.watch && !config.never_reads) {
    status = co_await client.run_watching();
  } else {
    status = co_await client.run();
  }
  co_await sys.close(fd);
  co_return status;
}

}  // namespace halfopen
