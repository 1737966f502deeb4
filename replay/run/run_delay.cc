#include "replay/run/run_delay.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace halfopen {

RunDelay::RunDelay(pid_t pid) {
  const std::string path =
      pid == 0 ? std::string{"/proc/thread-self/schedstat"} : fmt::format("/proc/{}/schedstat", pid);
  file_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  static_cast<void>(more());
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

}  // namespace halfopen
