#include "cli/run/job_pool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "replay/base/errors.h"

namespace halfopen {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// In the child. SIGTERM when the parent dies: its handler leaves nothing half-written.
[[noreturn]] void work_and_exit(const JobPool::Work& work, std::size_t job, int output, pid_t parent) {
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent) _exit(1);  // it died in between
  try {
    _exit(write_all(output, work(job)) ? 0 : 1);
  } catch (...) {
    _exit(1);
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

JobPool::JobPool(std::size_t jobs, std::size_t at_once, Work work)
    : jobs_{jobs}, at_once_{std::max<std::size_t>(at_once, 1)}, work_{std::move(work)} {}

JobPool::~JobPool() {
  for (const Running& one : running_) ::kill(one.pid, SIGTERM);
  for (const Running& one : running_) wait_for(one.pid);
}

void JobPool::start() {
  std::array<int, 2> ends{};
  check(pipe2(ends.data(), O_CLOEXEC), "pipe");
  UniqueFd reading{ends[0]};
  const UniqueFd writing{ends[1]};
  std::fflush(nullptr);  // or the child would have it too
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw_system("start a process for a run");
  if (pid == 0) work_and_exit(work_, next_, writing.get(), parent);
  running_.push_back({next_++, pid, std::move(reading), {}, std::chrono::steady_clock::now()});
}

// Reads what there is.
bool JobPool::is_finished(Running& one) {
  std::array<char, 65'536> buffer;
  const ssize_t got = ::read(one.output.get(), buffer.data(), buffer.size());
  if (got > 0) one.text.append(buffer.data(), static_cast<std::size_t>(got));
  return got == 0 || (got < 0 && errno != EINTR);
}

JobOutcome JobPool::reap(Running& one) {
  const int status = wait_for(one.pid);
  const auto took = std::chrono::steady_clock::now() - one.began;
  return {.job = one.job,
          .output = std::move(one.text),
          .wait_status = status,
          .took = std::chrono::duration_cast<std::chrono::milliseconds>(took)};
}

std::vector<JobOutcome> JobPool::wait(std::chrono::milliseconds patience) {
  while (next_ < jobs_ && running_.size() < at_once_) start();
  std::vector<pollfd> watched;
  for (const Running& one : running_)
    watched.push_back({.fd = one.output.get(), .events = POLLIN, .revents = 0});
  if (::poll(watched.data(), watched.size(), static_cast<int>(patience.count())) < 0 && errno != EINTR) {
    throw_system("poll");
  }
  std::vector<JobOutcome> ended;
  std::vector<Running> going;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    if (watched[i].revents != 0 && is_finished(running_[i])) {
      ended.push_back(reap(running_[i]));
    } else {
      going.push_back(std::move(running_[i]));
    }
  }
  running_ = std::move(going);
  return ended;
}

std::vector<std::size_t> JobPool::running() const {
  std::vector<std::size_t> jobs;
  for (const Running& one : running_) jobs.push_back(one.job);
  return jobs;
}

}  // namespace halfopen
