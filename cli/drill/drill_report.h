// How `halfopen packetdrill` tells what became of its cases: for people, and as values for KTAP, JUnit and
// JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/drill/drill_run.h"
#include "cli/tell/case_report.h"
#include "cli/tell/prose.h"

namespace halfopen {

// What is said of one case. Of a case that passed only what non_fatal passes over.
//   SCRIPT:12: error handling packet: live packet field tcp_window: expected: 65535 vs actual: 64240
//           also tcp_urg_ptr: expected: 1 vs actual: 0
//           script packet: ...
//           actual packet: ...
//           why: ESTABLISHED: data not sent before; next: retransmission timer in 220 ms  [RFC 9293 ...]
//           window: receive buffer (tcp_rmem) = 131072  [net/ipv4/tcp.c tcp_init]
[[nodiscard]] std::vector<std::string> complaints_of(const DrillCase& one, const DrillResult& result,
                                                     bool names_host);
// "ok", "FAILED", "SKIP", "TROUBLE", "known".
[[nodiscard]] std::string_view word_of(CaseOutcome outcome);
// "win 65535 instead of 64240": the first difference alone, for tables. The reason where there is none.
[[nodiscard]] std::string first_difference(const DrillResult& result);

[[nodiscard]] CaseReport report_of(const DrillCase& one, const DrillResult& result);
[[nodiscard]] nlohmann::json json_of(const DrillCase& one, const DrillResult& result);
// Back from it, as much as a table of hosts (host_table.h) tells. Throws nlohmann::json::exception for
// anything else.
[[nodiscard]] std::pair<DrillCase, DrillResult> case_from_json(const nlohmann::json& json);
// "format": "halfopen-packetdrill/1"; `results` are what json_of() gave.
[[nodiscard]] nlohmann::json json_of(const CaseTotals& totals, nlohmann::json results, int status);

// Case by case, in their order, on `out`: a line each and what went wrong below it.
void tell(Prose& out, const DrillCase& one, const DrillResult& result, bool names_host,
          const std::vector<std::string>& ladder);
// "120 passed, 3 failed, 40 skipped, in 1.2 s".
[[nodiscard]] std::string summary_of(const CaseTotals& totals);

}  // namespace halfopen
