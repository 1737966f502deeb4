// How long a connection has had something to send, and what kept it from sending: TCP_INFO's busy_time,
// rwnd_limited and sndbuf_limited (net/ipv4/tcp.c tcp_chrono_start).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/base/time.h"

namespace halfopen {

class LimitedTime {
 public:
  enum class By : std::uint8_t { busy, window, buffer, idle };

  // From now on it is limited by `what`.
  void enter(TimePoint now, By what) {
    if (what == by_) return;
    if (by_ != By::idle) total_[index(by_)] += steps(now - since_);
    since_ = now;
    by_ = what;
  }
  // How long it was limited by `what`, which is not idle, up to now.
  [[nodiscard]] Duration spent(TimePoint now, By what) const {
    return total_[index(what)] * kStep + (what == by_ ? now - since_ : Duration{});
  }

 private:
  // Each stay counts in whole steps, so that the sums are small; Linux counts in jiffies. 119 hours at most.
  static constexpr Duration kStep = 100us;
  static constexpr std::uint32_t steps(Duration time) { return static_cast<std::uint32_t>(time / kStep); }
  static constexpr std::size_t index(By what) { return static_cast<std::size_t>(what); }

  TimePoint since_{};
  std::array<std::uint32_t, static_cast<std::size_t>(By::idle)> total_{};
  By by_ = By::idle;
};

}  // namespace halfopen
