// Work in processes of its own, several at a time: a run with kernel hosts wants a thread and SIGCHLD for
// itself, and what dies takes nobody along.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "replay/base/unique_fd.h"

namespace halfopen {

struct JobOutcome {
  std::size_t job = 0;  // counted from 0
  std::string output;   // what its work returned; cut short if the process died
  int wait_status = 0;  // of waitpid(2)
  std::chrono::milliseconds took{};
};

class JobPool {
 public:
  // Runs in the child; the child exits when it returns.
  using Work = std::function<std::string(std::size_t job)>;

  // `jobs` times `work`, at most `at_once` at a time.
  JobPool(std::size_t jobs, std::size_t at_once, Work work);
  // Ends, by their ids, those that still run. They also end when this process does, whatever ends it.
  ~JobPool();
  JobPool(const JobPool&) = delete;
  JobPool& operator=(const JobPool&) = delete;

  // Waits until something ends, or for `patience`; gives what has ended, in no order. Throws
  // std::system_error where a process cannot be had.
  [[nodiscard]] std::vector<JobOutcome> wait(std::chrono::milliseconds patience);
  [[nodiscard]] bool is_over() const { return running_.empty() && next_ == jobs_; }
  [[nodiscard]] std::vector<std::size_t> running() const;  // jobs, the oldest first

 private:
  struct Running {
    std::size_t job = 0;
    pid_t pid = -1;
    UniqueFd output;
    std::string text;
    std::chrono::steady_clock::time_point began;
  };
  void start();
  [[nodiscard]] bool is_finished(Running& one);
  [[nodiscard]] static JobOutcome reap(Running& one);

  std::size_t jobs_;
  std::size_t at_once_;
  Work work_;
  std::size_t next_ = 0;
  std::vector<Running> running_;
};

}  // namespace halfopen
