// halfopen check: scenarios, each in a process of its own, held against their expectations and references.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <thread>

#include "cli/check/check_attempts.h"
#include "cli/check/check_case.h"
#include "cli/check/check_plan.h"
#include "cli/check/check_report.h"
#include "cli/commands/commands.h"
#include "cli/run/job_pool.h"
#include "cli/run/outputs.h"
#include "cli/run/run_scenario.h"
#include "cli/tell/status_line.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

// Runs in real time mostly wait: four on a core still leave each packet its turn in time. In a guest nobody
// waits for real, and what one computes makes the others late.
constexpr std::size_t kKernelRunsPerCore = 4;

std::size_t jobs_of(const CheckOptions& options) {
  if (options.jobs > 0) return options.jobs;
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  return options.hosts.is_simulated() || is_in_guest() ? cores : cores * kKernelRunsPerCore;
}

std::string compact(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

CheckResult result_of(const JobOutcome& outcome, const CheckCase& one) {
  CheckResult result;
  const int status = outcome.wait_status;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    result = result_from(Json::parse(outcome.output));
  } else {
    result.name = one.name;
    result.what = CheckResult::What::trouble;
    result.reason = WIFSIGNALED(status) ? fmt::format("the run died of signal {} ({})", WTERMSIG(status),
                                                      strsignal(WTERMSIG(status)))
                                        : fmt::format("the run ended with status {}", WEXITSTATUS(status));
  }
  result.took = outcome.took;
  return result;
}

// "12 of 32 done; running: host-crash, host-reboot".
std::string progress_text(const CheckPlan& plan, std::size_t done, const std::vector<std::size_t>& running) {
  constexpr std::size_t kMostNames = 3;  // a line has room for
  std::string names;
  for (std::size_t i = 0; i < std::min(running.size(), kMostNames); ++i) {
    names += (i == 0 ? "" : ", ") + plan.cases[running[i]].name;
  }
  if (running.size() > kMostNames) names += fmt::format(" and {} more", running.size() - kMostNames);
  return fmt::format("{} of {} done; running: {}", done, plan.cases.size(), names);
}

// The runs of a plan, several at a time, and again, alone, those of which a busy machine let nothing be told.
class PlanRunner {
 public:
  PlanRunner(const CheckPlan& plan, CheckTelling& telling, std::size_t retries)
      : plan_{plan}, telling_{telling}, retries_{retries}, attempts_(plan.cases.size()) {}

  // Results in the order of their cases, each told as soon as those before it are.
  std::vector<CheckResult> run(std::size_t at_once) {
    std::vector<std::size_t> all(plan_.cases.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    run_some(all, at_once);
    for (std::size_t retry = 0; retry < retries_; ++retry) {
      std::vector<std::size_t> again;
      for (const std::size_t one : all) {
        if (is_open(one)) again.push_back(one);
      }
      if (!again.empty()) run_some(again, 1);
    }
    return std::move(results_);
  }

 private:
  // It was run, and has another attempt to come.
  [[nodiscard]] bool is_open(std::size_t one) const {
    return !attempts_[one].empty() && attempts_[one].size() <= retries_ &&
           attempts_[one].back().what == CheckResult::What::unresolved;
  }

  void run_some(const std::vector<std::size_t>& cases, std::size_t at_once) {
    JobPool pool{cases.size(), at_once,
                 [&](std::size_t job) { return compact(json_of(run_case(plan_.cases[cases[job]]))); }};
    while (!pool.is_over()) {
      const std::vector<JobOutcome> ended = pool.wait(500ms);
      for (const JobOutcome& outcome : ended) {
        const std::size_t one = cases[outcome.job];
        attempts_[one].push_back(result_of(outcome, plan_.cases[one]));
      }
      clear_status();
      tell_what_is_known();
      std::vector<std::size_t> running = pool.running();
      for (std::size_t& job : running) job = cases[job];
      const auto waiting = std::ranges::count_if(attempts_, [](const auto& some) { return !some.empty(); });
      const std::size_t done = results_.size() + static_cast<std::size_t>(waiting);
      if (!pool.is_over()) show_status(progress_text(plan_, done, running));
    }
  }

  void tell_what_is_known() {
    for (std::size_t one = results_.size(); one < attempts_.size(); ++one) {
      if (attempts_[one].empty() || is_open(one)) return;
      results_.push_back(settle(std::move(attempts_[one])));
      attempts_[one].clear();
      telling_.tell(results_.back());
    }
  }

  const CheckPlan& plan_;
  CheckTelling& telling_;
  std::size_t retries_;
  std::vector<std::vector<CheckResult>> attempts_;  // of what was not told yet
  std::vector<CheckResult> results_;
};

// Into the manifests goes what was written; what is the same to the byte keeps its entry.
void write_manifests(CheckPlan& plan, const std::vector<CheckResult>& results) {
  std::vector<std::string> changed;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::string& directory = plan.cases[i].directory;
    for (ManifestEntry entry : results[i].blessed) {
      Manifest& manifest = plan.manifests.at(directory);
      const ManifestEntry* old = manifest.find(entry.file);
      const bool unchanged =
          std::ranges::find(results[i].unchanged, entry.file) != results[i].unchanged.end();
      if (old != nullptr && !old->date.empty() && unchanged) continue;
      if (old != nullptr) {
        // What people wrote stays. Where nobody did, what the run itself asks for goes in: one in a guest, a
        // tolerance.
        if (!old->tolerance.empty()) entry.tolerance = old->tolerance;
        entry.declared = old->declared;
        entry.varying = old->varying;
      }
      manifest.put(std::move(entry));
      changed.push_back(directory);
    }
  }
  for (auto& [directory, manifest] : plan.manifests) {
    // Those that were planned, and came to nothing.
    std::erase_if(manifest.entries, [](const ManifestEntry& entry) { return entry.date.empty(); });
    if (std::ranges::find(changed, directory) != changed.end()) write_manifest(manifest);
  }
}

// A directory that --against names may be a new one.
void try_manifest(const Manifest& manifest) {
  std::error_code told_by_the_file;
  std::filesystem::create_directories(manifest.directory, told_by_the_file);
  try_output(manifest.path().string());
}

std::vector<std::string> outputs_of(const CheckOptions& options) {
  std::vector<std::string> names;
  if (options.ktap) names.emplace_back("-");
  for (const std::string* name : {&options.junit, &options.json}) {
    if (!name->empty()) names.push_back(*name);
  }
  return names;
}

}  // namespace

int run_check(const CheckOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const bool taken = takes_standard_output(outputs_of(options)) && !options.ktap;
  CheckPlan plan = plan_check(options);
  try_output(options.junit);
  try_output(options.json);
  for (const auto& [directory, manifest] : plan.manifests) {
    if (options.bless) try_manifest(manifest);
  }
  Prose out{taken ? stderr : stdout};
  CheckTelling telling{out, plan, options};
  telling.begin();
  const std::vector<CheckResult> results = PlanRunner{plan, telling, options.retries}.run(jobs_of(options));
  if (options.bless) write_manifests(plan, results);
  CaseTotals totals;
  for (const CheckResult& result : results) totals.add(result.what);
  const auto took = std::chrono::steady_clock::now() - began;
  totals.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  std::vector<CaseReport> reports;
  for (const CheckResult& result : results) reports.push_back(report_of(result, options));
  write_output(options.junit,
               junit_of(fmt::format("halfopen check {}", to_string(options.hosts)), reports, totals));
  write_output(options.json,
               json_of(results, totals, options).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  telling.end(totals);
  return totals.exit_code();
}

}  // namespace halfopen
