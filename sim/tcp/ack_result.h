// What one ACK achieved: gathered while the scoreboard is cleaned, for all that follows from it.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.h"
#include "sim/wire/seq.h"

namespace halfopen {

struct AckResult {
  std::uint32_t acked = 0;               // units newly acknowledged cumulatively
  std::uint32_t delivered = 0;           // units newly acknowledged or SACKed
  std::uint32_t packets = 0, bytes = 0;  // the same in segments, and their payload
  Seq una;                               // SND.UNA until now
  std::optional<Seq> late;               // the lowest that arrived behind what had been SACKed, sent once
  Duration rtt{};                        // zero: no sample
  bool advanced = false;                 // SND.UNA moved
  bool sacked = false;                   // a SACK block was news
  bool acked_retransmitted = false;
  bool acked_original = false;  // something never retransmitted was (s)acked
  bool fin_acked = false;
  bool duplicate = false;         // RFC 5681 section 2
  bool answers_original = false;  // TSecr is older than the first retransmission (RFC 3522)
  bool limited = false;           // the congestion window was full before
};

}  // namespace halfopen
