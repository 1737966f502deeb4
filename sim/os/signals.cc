#include "sim/os/signals.h"

#include <algorithm>
#include <array>

namespace halfopen {
namespace {

// Linux's numbers, the same on x86 and ARM.
constexpr std::array<std::string_view, 32> kNames{
    "",          "SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",
    "SIGFPE",    "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM",
    "SIGSTKFLT", "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",
    "SIGXCPU",   "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS",
};

}  // namespace

std::optional<int> signal_from(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (name.empty() || found == kNames.end()) return std::nullopt;
  return static_cast<int>(found - kNames.begin());
}

std::string signal_name(int signal) {
  if (signal > 0 && signal <= sig::last) return std::string{kNames[static_cast<std::size_t>(signal)]};
  return "signal " + std::to_string(signal);
}

}  // namespace halfopen
