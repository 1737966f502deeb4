#include "cli/vm/kernel_results.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <chrono>
#include <exception>

#include "cli/run/job_pool.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/status_line.h"
#include "cli/tell/stream.h"
#include "cli/vm/guest_command.h"
#include "replay/base/errors.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

// In one kernel; in a process of its own.
std::string run_in(const VmOptions& options, const std::string& kernel, std::string_view format) {
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
    const Json found = Json::parse(document, nullptr, false);
    if (found.is_object() && found.value("format", "") == format) {
      told["results"] = found["results"];
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

KernelResults results_from(const JobOutcome& outcome, const std::string& kernel) {
  const Json told = Json::parse(outcome.output, nullptr, false);
  if (!told.is_object() || !WIFEXITED(outcome.wait_status))
    return {.kernel = kernel, .problem = "its process ended early", .remark = {}, .status = kExitTrouble};
  return {.kernel = told["kernel"],
          .problem = told["problem"],
          .remark = told["remark"],
          .status = told["status"],
          .results = told["results"]};
}

void show_progress(const JobPool& pool, const std::vector<std::string>& kernels, std::string_view doing) {
  std::string text;
  for (const std::size_t job : pool.running()) text += (text.empty() ? "" : ", ") + kernels[job];
  show_status(text.empty() ? text : fmt::format("{} in {}", doing, text));
}

}  // namespace

std::vector<KernelResults> results_in(const VmOptions& options, const std::vector<std::string>& kernels,
                                      std::string_view format, std::string_view doing) {
  std::vector<KernelResults> all(kernels.size());
  JobPool pool{kernels.size(), options.jobs,
               [&](std::size_t job) { return run_in(options, kernels[job], format); }};
  while (!pool.is_over()) {
    show_progress(pool, kernels, doing);
    for (const JobOutcome& outcome : pool.wait(1s))
      all[outcome.job] = results_from(outcome, kernels[outcome.job]);
  }
  clear_status();
  return all;
}

int tell_problems(const std::vector<KernelResults>& all) {
  int status = kExitYes;
  for (const KernelResults& one : all) {
    for (const std::string& line : {one.problem, one.remark})
      if (!line.empty()) complain(line);
    status = worse(status, one.status);
  }
  return status;
}

}  // namespace halfopen
