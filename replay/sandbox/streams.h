// A program's standard streams: what is typed goes in, what it writes comes out, and nobody ever blocks.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "replay/base/unique_fd.h"
#include "sim/base/time.h"

namespace halfopen {

class Streams {
 public:
  // How long a part of a line waits for its end: programs without a buffer write lines in pieces.
  static constexpr Duration kPatience = std::chrono::milliseconds{50};

  // The program's ends, for its process.
  struct FarEnds {
    UniqueFd input, output, error_output;
  };
  // New pipes; what was there before is closed.
  [[nodiscard]] FarEnds open();
  void close();

  // Keeps what the pipe does not take for later.
  void type(std::string_view text);
  // End of input, once everything typed has gone out.
  void close_input();
  // Goes on writing what was typed. Returns what the program has written since the last call, in whole lines,
  // or what has waited for the end of its line for long enough.
  struct Written {
    std::string output, error_output;
  };
  [[nodiscard]] Written poll(TimePoint now);
  // When a part of a line has waited for long enough; kNever if there is none.
  [[nodiscard]] TimePoint next_deadline() const { return std::min(output_.due, error_output_.due); }
  // To wait for. Only those that can still say something.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  struct Outlet {
    UniqueFd fd;
    std::string part;        // of a line
    TimePoint due = kNever;  // when it is given out without its end
    [[nodiscard]] std::string poll(TimePoint now);
  };
  void flush();

  UniqueFd input_;
  Outlet output_, error_output_;
  std::string typed_;
  bool ends_ = false;  // close the input when typed_ is out
};

}  // namespace halfopen
