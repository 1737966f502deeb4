// Cases on model hosts, in threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "cli/drill/case_pool.h"

namespace halfopen {

class CaseThreads final : public CasePool {
 public:
  // As play_cases() says.
  CaseThreads(const std::vector<DrillCase>& cases, const DrillOptions& options, std::size_t at_once);
  // Cases that have begun are played to their end.
  ~CaseThreads() override;
  CaseThreads(const CaseThreads&) = delete;
  CaseThreads& operator=(const CaseThreads&) = delete;

  [[nodiscard]] DrillResult wait_for(std::size_t number,
                                     const std::function<void(std::size_t)>& waiting) override;

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
