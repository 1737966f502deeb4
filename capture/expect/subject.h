// What an expectation is about, and whether something that happened is that. Windows of time are not looked
// at.
#pragma once

#include <optional>
#include <string>

#include "capture/flow/flow_table.h"
#include "sim/scenario/expectation.h"
#include "sim/trace/observe.h"

namespace halfopen {

// How a process ends, what it prints, which signals it gets.
[[nodiscard]] bool is_about_process(Expectation::Subject subject);
[[nodiscard]] bool is_about_packets(Expectation::Subject subject);
// It hangs on what a few milliseconds change: two segments may be one, or be read at once.
[[nodiscard]] bool is_fragile(const Expectation& expect);
// Whose program an expectation is about, if it names what one does: its calls, what it prints, how it ends.
// States and packets are the kernel's or the model's, whoever runs there.
[[nodiscard]] std::optional<HostId> program_of(const Expectation& expect);

// For an expectation about a process, of a note of the same host. `number` decides only where the subject has
// one.
[[nodiscard]] bool process_matches(const Expectation& expect, const ProcessNote& note);
// Of a note that did not match: whether it shows what happened instead.
[[nodiscard]] bool process_is_near(const Expectation& expect, const ProcessNote& note);
// "a process exited with 1": a note, within a sentence.
[[nodiscard]] std::string process_text(const ProcessNote& note);

// For an expectation about a call, of a call of that name on the same host.
[[nodiscard]] bool call_matches(const Expectation& expect, const CallNote& call);

// For an expectation about packets, of any; `facts` are those of a segment.
[[nodiscard]] bool packet_matches(const Expectation& expect, const PacketNote& note, const FlowFacts& facts);

}  // namespace halfopen
