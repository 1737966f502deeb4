// halfopen packetdrill: scripts of packetdrill's language on model hosts and on a kernel.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "capture/script/capture_script.h"
#include "cli/commands/commands.h"
#include "cli/drill/case_capture.h"
#include "cli/drill/case_pool.h"
#include "cli/drill/drill_ladder.h"
#include "cli/drill/drill_report.h"
#include "cli/drill/host_table.h"
#include "cli/drill/known_failures.h"
#include "cli/run/outputs.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/tell/status_line.h"

namespace halfopen {
namespace {

constexpr std::size_t kShortLadder = 8;  // rungs

std::size_t jobs_of(const DrillOptions& options) {
  return options.jobs > 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
}

std::vector<std::string> ladder_of(const DrillCase& one, const DrillResult& result,
                                   const DrillOptions& options) {
  const bool failed = (result.outcome == CaseOutcome::failed || result.outcome == CaseOutcome::unresolved) &&
                      result.line != 0;
  if (!failed && !(options.logs_passes && result.outcome == CaseOutcome::passed)) return {};
  std::optional<DrillLadder> ladder;
  listen_to_case(one, options, result, [&](const RunInfo& run) -> Observer& { return ladder.emplace(run); });
  if (!ladder) return {};
  return failed && !options.logs_failures ? ladder->last(kShortLadder) : ladder->all();
}

bool takes_output(const DrillOptions& options) {
  std::vector<std::string> names;
  if (options.ktap) names.emplace_back("-");
  for (const std::string* name : {&options.junit, &options.json})
    if (!name->empty()) names.push_back(*name);
  return takes_standard_output(std::move(names)) && !options.ktap;
}

// What became of all cases, told in their order as they come.
class DrillTelling {
 public:
  DrillTelling(const std::vector<DrillCase>& cases, const DrillOptions& options)
      : cases_{cases}, options_{options}, out_{takes_output(options) ? stderr : stdout} {
    names_host_ = std::ranges::any_of(cases, [&](const DrillCase& one) {
      return one.profile != cases.front().profile || one.ip_version != cases.front().ip_version;
    });
  }

  void begin() {
    if (!options_.ktap) return;
    for (const std::string& line : ktap_head(cases_.size())) out_.line(line);
  }

  void tell_case(std::size_t number, const DrillResult& result) {
    const DrillCase& one = cases_[number];
    totals_.add(result.outcome);
    if (options_.ktap) {
      for (const std::string& line : ktap_lines(number + 1, report_of(one, result))) out_.line(line);
    } else if (options_.table) {
      table_.add(one, result);
    } else {
      tell(out_, one, result, names_host_, ladder_of(one, result, options_));
    }
    out_.flush();
    if (!options_.captures.empty()) write_capture(one, options_, result, options_.captures);
    if (!options_.junit.empty()) reports_.push_back(report_of(one, result));
    if (!options_.json.empty()) results_.push_back(json_of(one, result));
  }

  int end(std::chrono::milliseconds took) {
    totals_.took = took;
    const int status = options_.packetdrill_status
                           ? (totals_.failed + totals_.trouble + totals_.skipped > 0 ? 1 : 0)
                           : totals_.exit_code();
    if (options_.ktap) {
      out_.line(ktap_totals(totals_));
    } else if (options_.table || cases_.size() > 1) {
      for (const std::string& line : options_.table ? table_.lines() : std::vector<std::string>{})
        out_.line(line);
      out_.line(summary_of(totals_));
    }
    out_.flush();
    write_output(options_.junit,
                 options_.junit.empty() ? "" : junit_of("halfopen packetdrill", reports_, totals_));
    if (!options_.json.empty())
      write_output(options_.json, json_of(totals_, std::move(results_), status)
                                          .dump(2, ' ', false, nlohmann::json::error_handler_t::replace) +
                                      "\n");
    return status;
  }

 private:
  const std::vector<DrillCase>& cases_;
  const DrillOptions& options_;
  Prose out_;
  bool names_host_ = false;
  CaseTotals totals_;
  HostTable table_;
  std::vector<CaseReport> reports_;
  nlohmann::json results_ = nlohmann::json::array();
};

int write_script(const DrillOptions& options) {
  const CaptureScript made = script_of_capture(options.from_capture, options.connection, options.side);
  Prose out{stdout};
  out.write(made.text);
  out.flush();
  return kExitYes;
}

}  // namespace

int run_packetdrill(const DrillOptions& options) {
  if (!options.from_capture.empty()) return write_script(options);
  const auto began = std::chrono::steady_clock::now();
  const std::vector<DrillCase> cases = find_cases(options);
  if (cases.empty()) throw Trouble{"no script (*.pkt) there"};
  std::optional<KnownFailures> known;
  if (!options.expect.empty()) known = KnownFailures::from_file(options.expect);
  try_output(options.junit);
  try_output(options.json);
  DrillTelling telling{cases, options};
  telling.begin();
  const std::unique_ptr<CasePool> pool = play_cases(cases, options, jobs_of(options));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    DrillResult result = pool->wait_for(i, [&](std::size_t done) {
      show_status(fmt::format("{} of {} done; {}", done, cases.size(), cases[i].path));
    });
    clear_status();
    if (known) known->judge(cases[i], result);
    telling.tell_case(i, result);
  }
  const auto took = std::chrono::steady_clock::now() - began;
  return telling.end(std::chrono::duration_cast<std::chrono::milliseconds>(took));
}

}  // namespace halfopen
