// Why two traces differ, in words. A cause is named only where the packets of the two show it; where they do
// not, that is said, with what it depends on. docs/compare.md has the list.
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
  bool knows_profile = false;          // false: it is a guess
  std::string name;                    // "A"
};

// "1.824 s instead of 1.760 s before the 5th retransmission: RTO 224 ms, not 220 ms (RTT sample 20.1 ms,
// rounded up to 56 jiffies; +32 ms), and the timer wheel (level 1; +32 ms)".
[[nodiscard]] std::string explain_gap(const TraceEvent& a, const TraceEvent& b, const GapChange& gap,
                                      const Facts& facts_a, const Facts& facts_b);
// A packet that `has` sends and `lacks` does not.
[[nodiscard]] std::string explain_lone(const TraceEvent& event, const Facts& has, const Facts& lacks);
// Empty where the change says all there is: other bytes, another length.
[[nodiscard]] std::string explain_field(const FieldChange& change, const TraceEvent& a, const TraceEvent& b,
                                        const Facts& facts_a, const Facts& facts_b);
// What a window scale or an MSS means.
[[nodiscard]] std::string explain_scale(std::uint8_t a, std::uint8_t b);
[[nodiscard]] std::string explain_mss(std::uint16_t a, std::uint16_t b, bool v6);

// The last retransmissions of a connection that got no answer.
struct Silence {
  std::uint32_t expiries = 0;  // retransmissions, a tail loss probe among them
  Duration lasted{};           // from the first of them to the last
  Duration first_gap{};        // between the first sending and the first of them
  Duration last_gap{};
  bool is_open = false;           // a SYN's
  std::uint32_t unreachable = 0;  // ICMP errors during it
};
// "13 retransmissions in 410.5 s against 16 in 770.5 s: why they end cannot be told from the packets".
[[nodiscard]] std::string explain_give_up(const Silence& a, const Silence& b, const Facts& facts_a,
                                          const Facts& facts_b);

}  // namespace halfopen::compare
