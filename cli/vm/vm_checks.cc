#include "cli/vm/vm_checks.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/run/job_pool.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/tell/status_line.h"
#include "cli/tell/stream.h"
#include "cli/vm/guest_command.h"
#include "cli/vm/kernel_table.h"
#include "replay/base/errors.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::string_view kFormat = "halfopen-check/1";

// The checks in one kernel, as the JSON of their results; in a process of its own.
std::string check_in(const VmOptions& options, const std::string& kernel) {
  VmOptions asked = options;
  asked.command.insert(asked.command.end(), {"--json", "-"});
  Json told = {
      {"kernel", kernel}, {"problem", ""}, {"remark", ""}, {"status", 0}, {"results", Json::array()}};
  std::string document;
  guest::GuestListener listener;
  listener.output = [&](std::string_view bytes, bool error_output) {
    if (!error_output) document += bytes;
  };
  try {
    const guest::GuestOutcome outcome = guest::run_guest(config_for(asked, kernel), listener);
    const GuestEnd end = end_of(outcome, asked);
    if (!outcome.release.empty()) told["kernel"] = outcome.release;
    told["problem"] = end.problem;
    told["remark"] = end.remark;
    told["status"] = end.status;
    const Json checks = Json::parse(document, nullptr, false);
    if (checks.is_object() && checks.value("format", "") == kFormat) {
      told["results"] = checks["results"];
    } else if (end.problem.empty()) {
      told["problem"] = "it did not say what it found: run vm with this kernel alone";
    }
  } catch (const Cannot& error) {
    told["problem"] = error.what();
    told["status"] = static_cast<int>(kExitCannot);
  } catch (const std::exception& error) {
    told["problem"] = error.what();
    told["status"] = static_cast<int>(kExitTrouble);
  }
  return told.dump(-1, ' ', false, Json::error_handler_t::replace);
}

KernelChecks checks_from(const JobOutcome& outcome, const std::string& kernel) {
  KernelChecks checks{.kernel = kernel,
                      .problem = "its process ended early",
                      .remark = {},
                      .status = kExitTrouble,
                      .results = {}};
  const Json told = Json::parse(outcome.output, nullptr, false);
  if (!told.is_object() || !WIFEXITED(outcome.wait_status)) return checks;
  checks.kernel = told["kernel"];
  checks.problem = told["problem"];
  checks.remark = told["remark"];
  checks.status = told["status"];
  for (const Json& result : told["results"]) checks.results.push_back(result_from(result));
  return checks;
}

void show_progress(const JobPool& pool, const std::vector<std::string>& kernels) {
  std::string text;
  for (const std::size_t job : pool.running()) text += (text.empty() ? "" : ", ") + kernels[job];
  show_status(text.empty() ? text : "checking in " + text);
}

}  // namespace

int run_vm_checks(const VmOptions& options, const std::vector<std::string>& kernels) {
  std::vector<KernelChecks> checks(kernels.size());
  JobPool pool{kernels.size(), options.jobs,
               [&](std::size_t job) { return check_in(options, kernels[job]); }};
  while (!pool.is_over()) {
    show_progress(pool, kernels);
    for (const JobOutcome& outcome : pool.wait(1s)) {
      checks[outcome.job] = checks_from(outcome, kernels[outcome.job]);
    }
  }
  clear_status();
  Prose out{stdout};
  int status = kExitYes;
  for (const std::string& line : kernel_table(checks)) out.line(line);
  out.flush();
  for (const KernelChecks& one : checks) {
    for (const std::string& line : {one.problem, one.remark}) {
      if (!line.empty()) complain(line);
    }
    status = worse(status, one.status);
  }
  return status;
}

}  // namespace halfopen
