#include "replay/run/run_delay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace halfopen {
namespace {

// Each costs two microseconds at every step of a run.
constexpr std::size_t kMostThreads = 64;

}  // namespace

// A thread has a directory in /proc as a process has, though no listing shows it (proc_tid_*(5)).
RunDelay::RunDelay(pid_t tid) {
  const std::string path =
      tid == 0 ? std::string{"/proc/thread-self/schedstat"} : fmt::format("/proc/{}/schedstat", tid);
  file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

Duration RunDelay::more() {
  std::array<char, 96> text{};
  const ssize_t size = file_ ? ::pread(file_.get(), text.data(), text.size(), 0) : 0;
  if (size <= 0) return Duration::zero();
  std::string_view rest{text.data(), static_cast<std::size_t>(size)};
  rest.remove_prefix(std::min(rest.size(), rest.find(' ') + 1));
  std::int64_t ns = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), ns).ec != std::errc{}) return Duration::zero();
  return Duration{ns} - std::exchange(known_, Duration{ns});
}

Duration ProgramDelays::more(std::span<const pid_t> threads) {
  std::erase_if(delays_, [threads](const auto& known) {
    return std::ranges::find(threads, known.first) == threads.end();
  });
  Duration longest{};
  for (const pid_t tid : threads) {
    if (delays_.size() >= kMostThreads && !delays_.contains(tid)) continue;
    longest = std::max(longest, delays_.try_emplace(tid, tid).first->second.more());
  }
  return longest;
}

}  // namespace halfopen
