// Why two traces differ, in words that name timer, rule and parameter where the packets allow it.
#pragma once

#include <string>

#include "capture/compare/event.h"
#include "capture/compare/fields.h"
#include "capture/compare/side.h"
#include "capture/compare/timing.h"

namespace halfopen::compare {

// One trace's half of what an explanation may look at.
struct Facts {
  const SideConnection* connection = nullptr;
  const OsProfile* profile = nullptr;  // of the host at the tap
  std::string name;                    // "A"
  bool probed = false;                 // the client's present silence began with a tail loss probe
};

// "1.824 s instead of 1.760 s after the 3rd retransmission: RTO 224 ms, not 220 ms (RTT sample 20.1 ms,
// rounded up to 56 jiffies; +32 ms), and the timer wheel (level 1; +32 ms)". Empty where there is nothing to
// say.
[[nodiscard]] std::string explain_gap(const TraceEvent& a, const TraceEvent& b, const GapChange& gap,
                                      const Facts& facts_a, const Facts& facts_b);
// A packet that `has` sends and `lacks` does not.
[[nodiscard]] std::string explain_lone(const TraceEvent& event, const Facts& has, const Facts& lacks);
[[nodiscard]] std::string explain_field(const FieldChange& change, const TraceEvent& a, const TraceEvent& b);
// What sets a window scale or an MSS.
[[nodiscard]] std::string explain_scale(std::uint8_t a, std::uint8_t b);
[[nodiscard]] std::string explain_mss(std::uint16_t a, std::uint16_t b, bool v6);

// The last retransmissions of a connection that got no answer.
struct Silence {
  std::uint32_t expiries = 0;  // retransmissions, a tail loss probe among them
  Duration lasted{};           // from the first of them to the last
  Duration first_gap{};        // between the first sending and the first of them
  Duration last_gap{};
  bool is_open = false;  // a SYN's
};
// "A gives up after 564.6 s, B after 924.6 s: tcp_retries2 12 against 15".
[[nodiscard]] std::string explain_give_up(const Silence& a, const Silence& b, const Facts& facts_a,
                                          const Facts& facts_b);

}  // namespace halfopen::compare
