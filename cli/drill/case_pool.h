// Cases played several at a time, and their results in any order that is asked for.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "cli/drill/drill_run.h"

namespace halfopen {

class CasePool {
 public:
  virtual ~CasePool() = default;

  // Waits for the result of a case, each asked for once; meanwhile `waiting` is called now and then with the
  // number of cases that are done. Throws what its play has thrown.
  [[nodiscard]] virtual DrillResult wait_for(std::size_t number,
                                             const std::function<void(std::size_t)>& waiting) = 0;
};

// Begins to play, `at_once` at a time (at least one); both lists outlive it. Models are played in threads,
// since a model host shares nothing with another; kernels in processes. What plays when the pool goes is
// played to its end by a thread, and ended in a process.
[[nodiscard]] std::unique_ptr<CasePool> play_cases(const std::vector<DrillCase>& cases,
                                                   const DrillOptions& options, std::size_t at_once);

}  // namespace halfopen
