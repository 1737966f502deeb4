// Notes, reasons and the run's facts as JSON: in the custom blocks of our pcapng and in the JSON document.
// The form is described in docs/capture.md.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "capture/note/run_info.h"
#include "sim/trace/observe.h"
#include "sim/why/why.h"

namespace halfopen {

using Json = nlohmann::ordered_json;

// "retransmit_timeout": the enumerator's name, which programs may rely on; sim/why/rules.h has the prose.
[[nodiscard]] std::string_view name_of(Cause cause);
[[nodiscard]] std::optional<Cause> cause_from(std::string_view name);

// One object; its "note" says of what kind it is: "state", "timer", "call", "process", "timeline", "remark".
[[nodiscard]] Json json_of(const Note& note);
// {"note":"run", ...}
[[nodiscard]] Json json_of(const RunInfo& run, std::int64_t epoch);
// What a packet does not say on the wire: who sent it, what becomes of it, and why it was sent.
[[nodiscard]] Json json_of(const PacketNote& note);
// One line; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string compact(const Json& json);

// Back from text, which may come from anybody: nullopt unless it is an object of the form above. Control
// characters are replaced, but for a program's output.
[[nodiscard]] std::optional<Note> note_from_json(std::string_view text);
struct RunAndEpoch {
  RunInfo run;
  std::int64_t epoch = 0;
};
[[nodiscard]] std::optional<RunAndEpoch> run_from_json(std::string_view text);
struct PacketFacts {
  HostId from = HostId::client;
  PacketFate fate = PacketFate::delivered;
  Why why;
};
[[nodiscard]] std::optional<PacketFacts> packet_facts_from_json(std::string_view text);

}  // namespace halfopen
