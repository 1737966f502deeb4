// Follows one connection and says of each packet what made its sender send it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "capture/compare/event.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/rtt.h"

namespace halfopen::compare {

class OriginTracker {
 public:
  // `tap`: whose device the trace was taken at; only that host's round trips are seen whole. `profile`, its
  // rule for timeouts, outlives the tracker.
  OriginTracker(Stream tap, const OsProfile& profile);

  // Fills in `origin` and `sender`. Packets come in the order of the trace; `event` has everything else.
  void see(TraceEvent& event);
  // Both ends have finished, or one has reset.
  [[nodiscard]] bool is_closed() const;

 private:
  struct End {                // what one end has sent, in relative numbers
    std::uint32_t next = 0;   // the end of it
    std::uint32_t acked = 0;  // how far the other end acknowledged
    bool has_sent = false;
    bool window_closed = false;              // the other end offers nothing
    std::optional<TimePoint> last_received;  // anything
    bool asked_again = false;                // duplicate ACKs or SACK came since the last progress
    std::uint32_t expiries = 0;
    std::optional<TimePoint> silence;
    bool sent_syn = false;
    bool sent_fin = false;
    std::uint32_t fin_end = 0;
    // The one segment whose answer is timed.
    std::optional<TimePoint> timed_at;
    std::uint32_t timed_end = 0;
    RttEstimator estimator;
    std::optional<Duration> sample;
  };
  void note_ack(End& receiver, const TraceEvent& event);
  [[nodiscard]] Origin origin_of(const End& end, const TraceEvent& event) const;
  [[nodiscard]] Origin origin_of_repeated(const End& end, const TraceEvent& event) const;
  void note_sent(End& end, const TraceEvent& event);
  void take_sample(End& end, const TraceEvent& ack);

  Stream tap_;
  const OsProfile& profile_;
  TickClock clock_;
  std::array<End, 2> ends_;  // client, server
  bool was_reset_ = false;
};

}  // namespace halfopen::compare
