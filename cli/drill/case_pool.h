// Cases played in threads: a model host shares nothing with another.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "cli/drill/drill_run.h"

namespace halfopen {

class CasePool {
 public:
  // Begins to play; all arguments outlive it. `at_once`: threads, at least one.
  CasePool(const std::vector<DrillCase>& cases, const DrillOptions& options, std::size_t at_once);
  // Cases that have begun are played to their end.
  ~CasePool();
  CasePool(const CasePool&) = delete;
  CasePool& operator=(const CasePool&) = delete;

  // Waits for the result of a case, each asked for once; meanwhile `waiting` is called now and then with the
  // number of cases that are done. Throws what a thread has thrown.
  [[nodiscard]] DrillResult wait_for(std::size_t number, const std::function<void(std::size_t)>& waiting);

 private:
  void work();

  const std::vector<DrillCase>& cases_;
  const DrillOptions& options_;
  std::mutex mutex_;  // of all that follows
  std::condition_variable one_done_;
  std::vector<std::optional<DrillResult>> results_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  bool stops_ = false;
  std::exception_ptr error_;
  std::vector<std::jthread> threads_;
};

}  // namespace halfopen
