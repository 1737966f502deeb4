// Cases on kernel hosts, each in a process of its own: a sandbox is made by a process that has no other
// threads, and what a script does to the process that plays it harms no other.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "cli/drill/case_pool.h"
#include "cli/drill/python.h"
#include "cli/run/job_pool.h"

namespace halfopen {

class CaseProcesses final : public CasePool {
 public:
  // As play_cases() says.
  CaseProcesses(const std::vector<DrillCase>& cases, const DrillOptions& options, std::size_t at_once);

  [[nodiscard]] DrillResult wait_for(std::size_t number,
                                     const std::function<void(std::size_t)>& waiting) override;

 private:
  // Of the process that played case `number`.
  [[nodiscard]] DrillResult result_of(const JobOutcome& ended, std::size_t number);
  [[nodiscard]] DrillResult play_alone(std::size_t number, const std::function<void(std::size_t)>& waiting);

  const std::vector<DrillCase>& cases_;
  const DrillOptions& options_;
  std::vector<std::optional<DrillResult>> results_;  // that nobody asked for yet
  std::size_t done_ = 0;
  Python python_;  // one for all: starting it takes longer than most scripts
  JobPool pool_;
};

}  // namespace halfopen
