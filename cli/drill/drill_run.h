// One script of packetdrill's language, played on one host, and its verdict.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "capture/note/run_info.h"
#include "cli/drill/cases.h"
#include "cli/drill/python.h"
#include "cli/line/options.h"
#include "cli/tell/case_report.h"
#include "replay/drill/script_record.h"
#include "sim/drill/player.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct DrillResult {
  CaseOutcome outcome = CaseOutcome::passed;
  std::uint32_t line = 0;                   // of the script; 0: none
  std::string reason;                       // unless it passed
  std::vector<drill::Mismatch> mismatches;  // in order: of what failed, and those that non_fatal passes over
  std::chrono::milliseconds took{};
  drill::ScriptRecord record;  // of a kernel host
};

// A case whose code is still to be judged: of a script that passed otherwise.
struct PlayedCase {
  DrillResult result;
  std::vector<drill::CodeRun> code;
};

// Throws Cannot (replay/base/errors.h) where this machine does not allow a kernel host.
[[nodiscard]] PlayedCase play_case(const DrillCase& one, const DrillOptions& options);
// Lets `python` judge its code. What failed while this machine was late is unresolved. Throws nothing but
// Trouble of python's.
[[nodiscard]] DrillResult judge(PlayedCase&& played, Python& python);

// Lets the observer that `listener` gives hear of a case that was played: on a model host it is played once
// more, the same to the packet; of a kernel host what was recorded is told. The host of the script is the
// server there if it calls listen(), else the client. Nothing for what cannot be read.
using ListenerFor = std::function<Observer&(const RunInfo& run)>;
void listen_to_case(const DrillCase& one, const DrillOptions& options, const DrillResult& result,
                    const ListenerFor& listener);

// What --tolerance_usecs and the like say. Throws InputError; NotSupported (script_host.h) for an option
// that means nothing here.
[[nodiscard]] drill::DrillConfig config_of(const DrillOptions& options, const DrillCase& one);

}  // namespace halfopen
