// Long output on a terminal goes through a pager, as git does it: $PAGER, or less where it is installed.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdio>
#include <string>

namespace halfopen {

class Pager {
 public:
  // Starts it if standard output is a terminal and the environment wants one: PAGER that is empty or "cat"
  // wants none. While it runs, Ctrl-C is for the pager. `line_by_line` hands it each line at once, for input
  // that goes on. Throws Trouble where no process can be started.
  explicit Pager(bool line_by_line);
  // Waits for the reader to leave.
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

  // Where to write: the pager, or standard output.
  [[nodiscard]] std::FILE* stream() const { return stream_; }
  // Of the terminal behind it.
  [[nodiscard]] bool colour() const { return colour_; }
  // All is written: waits for the reader to leave. Throws Trouble where the pager could not be run.
  void finish();

 private:
  void start();
  // Gives its exit status.
  int wait();

  std::FILE* stream_ = stdout;
  bool colour_;
  std::string command_;            // for sh
  pid_t child_ = 0;                // 0: there is none
  struct sigaction interrupt_ {};  // what they did before
  struct sigaction quit_ {};
};

}  // namespace halfopen
