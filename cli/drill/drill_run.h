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
#include "sim/drill/player.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct DrillResult {
  CaseOutcome outcome = CaseOutcome::passed;
  std::uint32_t line = 0;                   // of the script; 0: none
  std::string reason;                       // unless it passed
  std::vector<drill::Mismatch> mismatches;  // in order: of what failed, and those that non_fatal passes over
  std::chrono::milliseconds took{};
};

// Plays it and lets `python` judge its code. Throws nothing but Trouble of python's.
[[nodiscard]] DrillResult run_case(const DrillCase& one, const DrillOptions& options, Python& python);

// Plays it once more, the same to the packet, if its host is a model, for the observer that `listener`
// gives for it. The host of the script is the server there if it calls listen(), else the client. Nothing for
// what cannot be read.
using ListenerFor = std::function<Observer&(const RunInfo& run)>;
void listen_to_case(const DrillCase& one, const DrillOptions& options, const ListenerFor& listener);

// What --tolerance_usecs and the like say. Throws InputError; NotSupported (script_host.h) for an option
// that means nothing here.
[[nodiscard]] drill::DrillConfig config_of(const DrillOptions& options, const DrillCase& one);

}  // namespace halfopen
