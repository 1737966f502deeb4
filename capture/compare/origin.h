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

  // Fills in `origin` and `sender`. Packets come in the order of the trace; `event` has everything else, and
  // `flow` is as its segment left it.
  void see(TraceEvent& event, const Flow& flow);
  // An ICMP error says that the other end cannot be reached, to the client or to the server.
  void see_unreachable(bool to_client) { ++ends_[to_client ? 0 : 1].unreachable; }

 private:
  struct End {                               // what the flow does not say of one end
    std::optional<TimePoint> last_received;  // anything
    bool asked_again = false;                // duplicate ACKs or SACK came since the last progress
    std::uint32_t expiries = 0;
    std::optional<TimePoint> silence;
    std::optional<TimePoint> last_sending;  // of what takes sequence space, or of a probe
    std::optional<Duration> last_gap;       // of the last retransmission or probe in this silence
    std::uint32_t unreachable = 0;          // since last_sending
    std::uint32_t probes = 0;               // of keepalive, since it last heard anything
    // The one segment whose answer is timed.
    std::optional<TimePoint> timed_at;
    std::uint32_t timed_end = 0;
    RttEstimator estimator;
    std::optional<Duration> sample;
  };
  void note_ack(End& receiver, const FlowEnd& shown, const TraceEvent& event);
  [[nodiscard]] static Origin origin_of(const End& end, const TraceEvent& event);
  [[nodiscard]] static Origin origin_of_repeated(const End& end, const TraceEvent& event);
  static void note_gap(End& end, TraceEvent& event);
  static void note_sent(End& end, const TraceEvent& event);
  void take_sample(End& end, const FlowEnd& shown, const TraceEvent& ack);

  Stream tap_;
  const OsProfile& profile_;
  TickClock clock_;
  std::array<End, 2> ends_;  // client, server
};

}  // namespace halfopen::compare
