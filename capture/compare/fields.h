// Which fields of two packets differ, once what may differ is put aside: initial sequence numbers, ports,
// addresses, timestamp clocks, IP IDs, and how data is cut into segments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/compare/event.h"

namespace halfopen::compare {

enum class Field : std::uint8_t {
  flags,  // but PSH
  psh,
  seq,
  length,
  ack,
  window,
  urgent,
  options,  // their kinds and order, and values but clocks and configuration
  payload,
  ttl,
  df,
  traffic_class,
  icmp,    // type and code
  mtu,     // of an ICMP "fragmentation needed"
  quoted,  // the segment that an ICMP error quotes
  count_,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::count_);
// "flags", "window", "dont fragment", as in output and for --ignore.
[[nodiscard]] std::string_view to_string(Field field);

struct FieldChange {
  Field field = Field::flags;
  std::string a;  // the value in each trace, for people
  std::string b;
};

// Several events are data that the two sides cut differently; then both spans cover the same sequence space
// and are compared as if each were one segment. `wscale` and `mss` are left out of the options.
[[nodiscard]] std::vector<FieldChange> changed_fields(std::span<const TraceEvent> a,
                                                      std::span<const TraceEvent> b);

// The same step of the same conversation: flags but PSH and those of ECN, place and acknowledgement agree,
// and what made it be sent, where that is known; of ICMP type, code and quote.
[[nodiscard]] bool is_same_step(const TraceEvent& a, const TraceEvent* next_a, const TraceEvent& b,
                                const TraceEvent* next_b);

// How unlike two packets are, to choose what to call changed rather than missing and extra: a missing or
// extra packet costs kGapCost, a pair that costs kUnrelated or more is none.
inline constexpr int kGapCost = 10;
inline constexpr int kUnrelated = 18;
[[nodiscard]] int dissimilarity(const TraceEvent& a, const TraceEvent* next_a, const TraceEvent& b,
                                const TraceEvent* next_b);

// The packet in one line, without what is normalised: "client > server  P.  16:29(13)  ack 16  win 64256
// <nop,nop,TS>"; the cut pieces of one step as one segment.
[[nodiscard]] std::string rung_text(std::span<const TraceEvent> events);

}  // namespace halfopen::compare
