#include "cli/drill/case_threads.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace halfopen {

CaseThreads::CaseThreads(const std::vector<DrillCase>& cases, const DrillOptions& options,
                         std::size_t at_once)
    : cases_{cases}, options_{options}, results_(cases.size()) {
  // Signals are for the thread that writes: its handler finishes files.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(at_once, 1), cases.size()); ++i)
    threads_.emplace_back([this] { work(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

CaseThreads::~CaseThreads() {
  const std::lock_guard lock{mutex_};
  stops_ = true;
}  // the threads, which are destroyed after this body, are waited for

void CaseThreads::work() {
  Python python;
  std::unique_lock lock{mutex_};
  while (!stops_ && next_ < cases_.size()) {
    const std::size_t number = next_++;
    lock.unlock();
    std::optional<DrillResult> result;
    std::exception_ptr error;
    try {
      result = judge(play_case(cases_[number], options_), python);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    results_[number] = std::move(result);
    ++done_;
    if (error) {
      error_ = error;
      stops_ = true;
    }
    one_done_.notify_all();
  }
}

DrillResult CaseThreads::wait_for(std::size_t number, const std::function<void(std::size_t)>& waiting) {
  constexpr std::chrono::milliseconds kPatience{200};
  std::unique_lock lock{mutex_};
  while (!results_[number] && !error_) {
    one_done_.wait_for(lock, kPatience);
    const std::size_t done = done_;
    lock.unlock();
    waiting(done);
    lock.lock();
  }
  if (error_) std::rethrow_exception(error_);
  return *std::exchange(results_[number], std::nullopt);
}

}  // namespace halfopen
