// What a system call gives.
#pragma once

#include <cstdint>

#include "sim/base/errno.h"

namespace halfopen {

struct CallResult {
  std::int64_t value = 0;  // what the call returns; -1 on error
  Errno error = Errno::none;
  bool blocked = false;  // it cannot go on now: make it again when something has happened
  // write: bytes already taken, also when blocked

  [[nodiscard]] bool failed() const { return error != Errno::none; }

  [[nodiscard]] static constexpr CallResult of(std::int64_t value) { return {value, Errno::none, false}; }
  [[nodiscard]] static constexpr CallResult failure(Errno error) { return {-1, error, false}; }
  [[nodiscard]] static constexpr CallResult waits(std::int64_t value = 0) {
    return {value, Errno::none, true};
  }
};

}  // namespace halfopen
