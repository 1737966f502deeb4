// How long a silent peer is waited for: the backoff of retransmissions and when they are given up (RFC 6298,
// RFC 9293 section 3.8.3), zero-window probes (section 3.8.6.1), keepalive (section 3.8.4), and the user's
// limit on each (RFC 5482, TCP_USER_TIMEOUT). It says whether to ask, to wait, or that it is over.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/socket_options.h"
#include "sim/tcp/tick_clock.h"

namespace halfopen {

class Patience {
 public:
  // The connection around it, at one instant.
  struct Around {
    const OsProfile& os;
    const SocketOptions& options;
    const TickClock& clock;
    TimePoint now;
    TimePoint last_received;  // of any acceptable segment
    bool orphan = false;      // no process has it
  };
  enum class Answer : std::uint8_t { ask, wait, die };

  // --- Retransmissions
  // The timer ran out; `doubles`: the next wait is twice as long.
  void on_expiry(bool doubles);
  void on_progress() { expiries_ = 0; }  // something was acknowledged
  void on_sample() { backoff_ = 0; }     // a round trip was measured (RFC 6298 section 5.7)
  void on_established() { expiries_ = backoff_ = 0; }
  void take_back() { --backoff_; }                                   // RFC 6069; only where there is one
  [[nodiscard]] std::uint8_t expiries() const { return expiries_; }  // in a row
  [[nodiscard]] std::uint8_t backoff() const { return backoff_; }    // of those, the ones that doubled
  // Whether an expiry is the last. `stamp`: of the first repair, kNever without one; `first_sent`: when the
  // oldest that is out first left; `closed`: the peer took its window back.
  [[nodiscard]] bool is_over(const Around& around, TimePoint stamp, TimePoint first_sent, bool closed) const;
  // Whether the time of so many retries is over, as a budget counts it (RFC 9293 section 3.8.3: R1).
  [[nodiscard]] bool has_waited(const Around& around, TimePoint stamp, std::uint32_t retries) const;
  // The same of a SYN that was first sent then.
  [[nodiscard]] bool is_syn_over(const Around& around, TimePoint first_sent) const;
  // No longer than the user's limit lets (net/ipv4/tcp_timer.c tcp_clamp_rto_to_user_timeout).
  [[nodiscard]] static Duration within_limit(const Around& around, TimePoint stamp, Duration delay);

  // --- Zero window. `base`: the timeout of the first probe.
  [[nodiscard]] Answer on_persist_timer(const Around& around, Duration base);
  [[nodiscard]] Duration persist_delay(const Around& around, Duration base) const;
  // No probe later than when the user's limit is over (net/ipv4/tcp_timer.c
  // tcp_clamp_probe0_to_user_timeout).
  [[nodiscard]] Duration within_probing(const Around& around, Duration delay) const;
  void on_window_open() { persist_shift_ = 0; }
  // The peer's ACK; `open`: no window is probed any more.
  void on_ack(bool open) {
    probes_ = 0;
    if (open) probing_since_ = kNever;
  }
  void on_window_used();  // a probe found room for data
  void on_probe_kept();   // a probe did not leave

  // --- Keepalive
  struct Keepalive {
    Answer what = Answer::wait;
    Duration wait{};         // until the timer is to run out again
    bool from_last = false;  // counted from the last segment received, in ticks of its own
  };
  // `waits`: something is out or waits to be. `may_ask`: the state lets.
  [[nodiscard]] Keepalive on_keepalive_timer(const Around& around, bool waits, bool may_ask);
  [[nodiscard]] static Duration keepalive_idle(const OsProfile& os, const SocketOptions& options);

  [[nodiscard]] std::uint8_t probes() const { return probes_; }  // of windows or keepalive, unanswered

 private:
  [[nodiscard]] bool is_persisting_over(const Around& around, Duration base) const;

  TimePoint probing_since_ = kNever;
  std::uint8_t expiries_ = 0;
  std::uint8_t backoff_ = 0;
  std::uint8_t probes_ = 0;
  std::uint8_t persist_shift_ = 0;
};

}  // namespace halfopen
