// halfopen vm: a command inside any kernel, in virtual time.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/guest_output.h"
#include "cli/progress.h"
#include "cli/prose.h"
#include "replay/errors.h"
#include "replay/guest/guest_run.h"
#include "replay/guest/kernel_image.h"

namespace halfopen {
namespace {

using guest::GuestConfig;
using guest::GuestOutcome;

constexpr int kConsoleLines = 12;

std::string seconds(Duration time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>{time}.count());
}

std::string ratio(Duration kernel, Duration wall) {
  return fmt::format("{} of kernel time in {}", seconds(kernel), seconds(wall));
}

// "-" among the words of a halfopen command: a capture or JSON goes to standard output, and bytes must stay
// as they are.
bool writes_data_to_stdout(const VmOptions& options) {
  const auto client = std::ranges::find(options.command, "--");
  return std::any_of(options.command.begin(), client, [](const std::string& word) {
    return word == "-" || word == "-w-" || word.ends_with("=-");
  });
}

GuestConfig config_for(const VmOptions& options, const std::string& kernel) {
  GuestConfig config;
  config.kernel = kernel;
  config.modules = options.modules;
  config.memory_mb = options.memory_mb;
  config.phase_ms = options.phase_ms;
  config.append = fmt::format("{}", fmt::join(options.append, " "));
  config.guest_limit = options.guest_limit;
  config.wall_limit = std::chrono::duration_cast<std::chrono::milliseconds>(options.wall_limit);
  config.command = {.words = options.command,
                    .any_program = options.any_program,
                    .with = options.with,
                    .halfopen = std::filesystem::read_symlink("/proc/self/exe").string(),
                    .directory = std::filesystem::current_path().string()};
  return config;
}

// Runs the command in one kernel and passes on what it writes.
GuestOutcome run_in(const VmOptions& options, const std::string& kernel) {
  GuestStream output{stdout, options.any_program || writes_data_to_stdout(options)};
  GuestStream error_output{stderr, options.any_program};
  bool shows_progress = false;
  const auto clear_progress = [&] {
    if (std::exchange(shows_progress, false)) std::fputs("\r\x1b[K", stderr);
  };
  guest::GuestListener listener;
  listener.output = [&](std::string_view bytes, bool error) {
    clear_progress();
    (error ? error_output : output).write(bytes);
  };
  listener.progress = [&](Duration kernel_time, Duration wall) {
    if (!Progress::is_wanted()) return;
    shows_progress = true;
    fmt::print(stderr, "\r\x1b[K{}", ratio(kernel_time, wall));
    std::fflush(stderr);
  };
  GuestOutcome outcome = guest::run_guest(config_for(options, kernel), listener);
  clear_progress();
  output.finish();
  error_output.finish();
  return outcome;
}

bool ran_out_of_memory(const GuestOutcome& outcome) {
  constexpr std::array<std::string_view, 3> kWords{"Out of memory", "System is deadlocked on memory",
                                                   "Initramfs unpacking failed: write error"};
  return std::ranges::any_of(
      kWords, [&](std::string_view words) { return outcome.console.find(words) != std::string::npos; });
}

// "Attempted to kill init! exitcode=0x00000100", where the kernel said so.
std::string panic_in(const std::string& console) {
  constexpr std::string_view kWords = "Kernel panic - not syncing: ";
  const std::size_t at = console.find(kWords);
  if (at == std::string::npos) return {};
  const std::size_t start = at + kWords.size();
  return console.substr(start, console.find('\n', start) - start);
}

// What went wrong, in a line; empty where the command ended by itself.
std::string problem_of(const GuestOutcome& outcome, const VmOptions& options) {
  using enum GuestOutcome::End;
  const std::string panic = panic_in(outcome.console);
  const std::string memory =
      fmt::format("the guest ran out of memory ({} MB); --memory M gives it more", options.memory_mb);
  switch (outcome.end) {
    case finished: return outcome.status > 128 && ran_out_of_memory(outcome) ? memory : "";
    case guest_limit:
      return fmt::format("the command did not end within {} of kernel time (--limit)",
                         seconds(options.guest_limit));
    case wall_limit:
      return fmt::format("the command did not end within {} of real time (--wall-limit)",
                         seconds(options.wall_limit));
    case interrupted: return "interrupted";
    case refused: return outcome.why;
    case died:
      if (ran_out_of_memory(outcome)) return memory;
      return panic.empty() ? "the kernel ended under the command" : "the kernel panicked: " + panic;
    case never_there: break;
  }
  if (ran_out_of_memory(outcome)) return memory;
  return fmt::format("the kernel never came to its first process, as a microvm and as a pc{}{} ({})",
                     panic.empty() ? "" : ": ", panic, guest::qemu_version());
}

int status_of(const GuestOutcome& outcome, bool has_problem) {
  using enum GuestOutcome::End;
  switch (outcome.end) {
    case finished: return !outcome.unwritten.empty() || has_problem ? kExitTrouble : outcome.status;
    case interrupted: return 128 + outcome.status;
    case refused:
    case never_there: return kExitCannot;
    case guest_limit:
    case wall_limit:
    case died: break;
  }
  return kExitTrouble;
}

void print_console(Prose& out, const std::string& console) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : console + "\n") {
    if (c != '\n') {
      line += c;
    } else if (!line.empty()) {
      lines.push_back(std::exchange(line, {}));
    }
  }
  const std::size_t first = lines.size() > kConsoleLines ? lines.size() - kConsoleLines : 0;
  if (lines.empty()) return out.line("  its console is empty");
  out.line("  the last lines of its console:");
  for (std::size_t i = first; i < lines.size(); ++i) out.line("  | " + lines[i]);
}

// Tells the outcome on standard error; gives the exit status.
int tell(const GuestOutcome& outcome, const VmOptions& options) {
  Prose out{stderr};
  const std::string problem = problem_of(outcome, options);
  if (!problem.empty()) {
    out.line(fmt::format("halfopen: {}{}", outcome.release.empty() ? "" : outcome.release + ": ", problem));
    if (outcome.end != GuestOutcome::End::interrupted) print_console(out, outcome.console);
  }
  for (const std::string& line : outcome.unwritten) out.line("halfopen: " + line);
  if (outcome.guest_time.count() > 0) {
    out.line(fmt::format("{}: {}", outcome.release, ratio(outcome.guest_time, outcome.wall_time)));
  }
  out.flush();
  return status_of(outcome, !problem.empty());
}

// Of several kernels: trouble before a kernel that cannot, that before an expectation that failed.
int worse(int a, int b) {
  constexpr std::array kOrder{kExitYes, kExitNo, kExitCannot, kExitTrouble};
  const auto rank = [&](int status) { return std::ranges::find(kOrder, status) - kOrder.begin(); };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace

int run_vm(const VmOptions& options) {
  std::vector<std::string> kernels = options.kernels;
  if (kernels.empty()) kernels.push_back(guest::newest_kernel());
  if (kernels.size() > 1 && !options.any_program && guest::names_outputs(options.command)) {
    throw Trouble{
        "every kernel would write each file again: leave out -w and --json, or run vm once for each kernel"};
  }
  int status = kExitYes;
  for (const std::string& kernel : kernels) {
    if (kernels.size() > 1) {
      fmt::print("== {}\n", kernel);
      std::fflush(stdout);
    }
    try {
      status = worse(status, tell(run_in(options, kernel), options));
    } catch (const Cannot& error) {
      if (kernels.size() == 1) throw;
      fmt::print(stderr, "halfopen: {}\n", error.what());
      status = worse(status, kExitCannot);
    }
    if (status == kExitInterrupted) break;
  }
  return status;
}

}  // namespace halfopen
