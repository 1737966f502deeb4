// A listener's side of TCP Fast Open (RFC 7413 section 5.1): how many connections may be in use before their
// handshake is complete, and the secret of its cookies.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/ring.h"
#include "sim/base/time.h"
#include "sim/tcp/fast_open_profile.h"

namespace halfopen {

// TCP_FASTOPEN and TCP_FASTOPEN_KEY of a socket that listens, or will.
struct FastOpenSetup {
  std::uint32_t limit = 0;         // 0: no Fast Open
  std::optional<FastOpenKey> key;  // else the host's
};

class FastOpenQueue {
 public:
  // One that was reset after accept() counts for so long: else spoofed SYNs with stolen cookies cost nothing
  // (net/ipv4/tcp_fastopen.c reqsk_fastopen_remove).
  static constexpr Duration kResetCounts = std::chrono::seconds{60};

  explicit FastOpenQueue(const FastOpenSetup& setup) : setup_{setup} {}

  [[nodiscard]] FastOpenSetup& setup() { return setup_; }
  [[nodiscard]] const FastOpenSetup& setup() const { return setup_; }
  // A further connection may be used early.
  [[nodiscard]] bool has_room(TimePoint now) {
    if (pending_ + resets_.size() >= setup_.limit && !resets_.empty() && resets_.front() <= now)
      resets_.pop_front();
    return pending_ + resets_.size() < setup_.limit;
  }
  void enter() { ++pending_; }
  // Its handshake is complete, or it is over; `was_reset`: by the peer, and a process had it.
  void leave(TimePoint now, bool was_reset) {
    --pending_;
    if (was_reset) resets_.push_back(now + kResetCounts);
  }

 private:
  FastOpenSetup setup_;
  std::uint32_t pending_ = 0;
  Ring<TimePoint> resets_;  // when each of them no longer counts
};

}  // namespace halfopen
