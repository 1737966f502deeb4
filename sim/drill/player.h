// Plays a script against a host: makes its calls, injects its packets, and holds what the host does against
// what the script expects, as packetdrill does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/drill/config.h"
#include "sim/drill/difference.h"
#include "sim/drill/script_host.h"
#include "sim/script/script.h"
#include "sim/tcp/profile_fields.h"

namespace halfopen::drill {

enum class Verdict : std::uint8_t {
  passed,
  failed,
  skipped,  // something that the script needs is missing
};

// A %{ }% block with what TCP_INFO said when the script came to it: for a Python to judge.
struct CodeRun {
  script::Place place;
  std::string text;
  std::vector<TcpInfoField> fields;
};

// An event that was not as the script has it.
struct Mismatch {
  script::Place place;
  std::string message;                       // in packetdrill's words, without file and line
  std::vector<Difference> differences = {};  // all of the event; may be empty
  std::string expected = {};  // packets with their times, in the script's notation; empty for other events
  std::string actual = {};
  std::optional<SentPacket> sent = {};   // of the actual packet: why it left, if the host says; without bytes
  std::vector<ProfileLine> behind = {};  // constants of a model that had a say in it, as they were at the end
};

// What ended the script: unless passed, the event with its place and message. Skipped: the message says what
// is missing.
struct PlayResult : Mismatch {
  Verdict verdict = Verdict::passed;
  std::vector<Mismatch> passed_over;  // in order; with DrillConfig::passes_over
  std::vector<CodeRun> code;          // so far, also of a script that passed otherwise
};

// The script's own options are in `config` already. The host is fresh and is left as it is.
[[nodiscard]] PlayResult play(const script::Script& script, ScriptHost& host, const DrillConfig& config);

}  // namespace halfopen::drill
