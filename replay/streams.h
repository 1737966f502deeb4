// A program's standard streams: what is typed goes in, what it writes comes out, and nobody ever blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "replay/unique_fd.h"

namespace halfopen {

class Streams {
 public:
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
  // Goes on writing what was typed. Returns what the program has written since the last call.
  struct Written {
    std::string output, error_output;
  };
  [[nodiscard]] Written poll();
  // To wait for. Only those that can still say something.
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  void flush();

  UniqueFd input_, output_, error_output_;
  std::string typed_;
  bool ends_ = false;  // close the input when typed_ is out
};

}  // namespace halfopen
