// What a run in real time may be blamed for: not for what its machine's lateness explains.
#pragma once

#include <string>
#include <vector>

#include "capture/compare/compare.h"
#include "capture/expect/expect.h"
#include "cli/run/race_watch.h"
#include "replay/run/lateness.h"

namespace halfopen {

// Verdicts that failed by no more than `lateness` explains become unresolved, and say so. Where what happened
// is another thing, or came at another time altogether, it may still be lateness that decided it, unless that
// came too late, or nothing raced that it could have turned round.
void excuse(std::vector<Verdict>& verdicts, const Lateness& lateness, const Races& races);

// Adds room for such lateness to what a comparison allows: each end of a gap may be late.
void allow_for(const Lateness& lateness, CompareOptions& options);

// "the machine was 380 ms late at 3.2 s": the worst up to `until`.
[[nodiscard]] std::string text_of(const Lateness& lateness, TimePoint until = kNever);

}  // namespace halfopen
