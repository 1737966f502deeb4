// SIGINT, SIGTERM and SIGHUP as something to look at, while a guest runs.
#pragma once

#include <signal.h>

#include <array>

namespace halfopen::guest {

// While it lives these signals end nothing: they are counted, and end the ppoll() that is given wait_mask().
// Those that were ignored before stay ignored. One object at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  [[nodiscard]] static int count();
  [[nodiscard]] static int last();  // its number
  [[nodiscard]] const sigset_t& wait_mask() const { return before_; }

 private:
  static constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, kSignals.size()> actions_{};
  sigset_t before_{};
};

}  // namespace halfopen::guest
