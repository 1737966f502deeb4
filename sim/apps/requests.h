// What a reply-server answers: shared by the model's and the real program, so header only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/apps/program.h"

namespace halfopen {

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

}  // namespace halfopen
