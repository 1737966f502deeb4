// Plays a script against a host: makes its calls, injects its packets, and holds what the host does against
// what the script expects, as packetdrill does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/drill/config.h"
#include "sim/drill/difference.h"
#include "sim/drill/script_host.h"
#include "sim/script/script.h"

namespace halfopen::drill {

enum class Verdict : std::uint8_t {
  passed,
  failed,
  skipped,     // something that the script needs is missing
  unresolved,  // it failed, and the machine was too busy to tell why; of hosts in real time only
};

// A %{ }% block with what TCP_INFO said when the script came to it: for a Python to judge.
struct CodeRun {
  script::Place place;
  std::string text;
  std::vector<TcpInfoField> fields;
};

struct PlayResult {
  Verdict verdict = Verdict::passed;
  script::Place place;  // of the event, unless passed
  std::string message;  // failed: in packetdrill's words, without file and line; skipped: what is missing
  std::vector<Difference> differences;  // all of the event that failed; may be empty
  std::string expected;  // packets with their times, in the script's notation; empty for other events
  std::string actual;
  std::vector<CodeRun> code;  // so far, also of a script that passed otherwise
};

inline constexpr Duration kLongestScript = std::chrono::seconds{180};  // as run_all.py has it

// The script's own options are in `config` already. The host is fresh and is left as it is.
[[nodiscard]] PlayResult play(const script::Script& script, ScriptHost& host, const DrillConfig& config);

}  // namespace halfopen::drill
