#include "cli/drill/case_processes.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <chrono>
#include <utility>

#include "cli/drill/case_attempts.h"
#include "cli/drill/case_message.h"
#include "cli/drill/case_threads.h"
#include "cli/drill/rehearsal.h"
#include "cli/run/run_scenario.h"

namespace halfopen {
namespace {

constexpr std::chrono::milliseconds kPatience{200};

// What listens to a case wants its record; of one that passed nobody may.
bool wants_record(const PlayedCase& played, const DrillOptions& options) {
  return played.result.outcome != CaseOutcome::passed || !played.code.empty() || options.logs_passes ||
         !options.captures.empty();
}

PlayedCase in_trouble(const DrillCase& one, const std::string& reason) {
  PlayedCase played;
  played.result.outcome = CaseOutcome::trouble;
  played.result.reason = one.path + ": " + reason;
  return played;
}

// In a process of its own.
std::string play_and_tell(const DrillCase& one, const DrillOptions& options) {
  try {
    PlayedCase played = play_case(one, options);
    if (!wants_record(played, options)) played.result.record = {};  // a pass needs no excuse
    return message_of(played);
  } catch (const Cannot& error) {
    return message_of(error);
  } catch (const std::exception& error) {
    return message_of(in_trouble(one, error.what()));
  }
}

// Of a process that died before it could tell.
PlayedCase dead_case(const DrillCase& one, int wait_status) {
  const bool by_signal = WIFSIGNALED(wait_status);
  return in_trouble(one,
                    fmt::format("the process that plays it ended early{}",
                                by_signal ? fmt::format(" ({})", strsignal(WTERMSIG(wait_status))) : ""));
}

}  // namespace

CaseProcesses::CaseProcesses(const std::vector<DrillCase>& cases, const DrillOptions& options,
                             std::size_t at_once)
    : cases_{cases},
      options_{options},
      results_(cases.size()),
      pool_{cases.size(), at_once,
            [&](std::size_t number) { return play_and_tell(cases[number], options); }} {
  if (is_in_guest()) rehearse_on_kernel();
}

DrillResult CaseProcesses::result_of(const JobOutcome& ended, std::size_t number) {
  std::optional<PlayedCase> played = case_from_message(ended.output);
  if (!played) played = dead_case(cases_[number], ended.wait_status);
  return judge(*std::move(played), python_);
}

// Meanwhile no other case begins, since nobody waits for the pool.
DrillResult CaseProcesses::play_alone(std::size_t number, const std::function<void(std::size_t)>& waiting) {
  JobPool alone{1, 1, [&](std::size_t) { return play_and_tell(cases_[number], options_); }};
  while (true) {
    for (const JobOutcome& ended : alone.wait(kPatience)) return result_of(ended, number);
    waiting(done_);
  }
}

DrillResult CaseProcesses::wait_for(std::size_t number, const std::function<void(std::size_t)>& waiting) {
  while (!results_[number]) {
    for (const JobOutcome& ended : pool_.wait(kPatience)) {
      CaseAttempts attempts;
      attempts.add(result_of(ended, ended.job));
      while (!is_in_guest() && !attempts.is_settled()) attempts.add(play_alone(ended.job, waiting));
      results_[ended.job] = attempts.verdict();
      ++done_;
    }
    waiting(done_);
  }
  return *std::exchange(results_[number], std::nullopt);
}

std::unique_ptr<CasePool> play_cases(const std::vector<DrillCase>& cases, const DrillOptions& options,
                                     std::size_t at_once) {
  if (options.on == "kernel") return std::make_unique<CaseProcesses>(cases, options, at_once);
  return std::make_unique<CaseThreads>(cases, options, at_once);
}

}  // namespace halfopen
