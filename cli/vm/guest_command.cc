#include "cli/vm/guest_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "cli/run/own_programs.h"
#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

using guest::GuestConfig;
using guest::GuestOutcome;

constexpr std::size_t kConsoleLines = 12;

std::string seconds(Duration time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>{time}.count());
}

// What the kernel says of an image for which it has no room; it goes on with what it has, and the command
// finds half of its files.
constexpr std::string_view kNoRoomForImage = "Initramfs unpacking failed: write error";

bool ran_out_of_memory(const GuestOutcome& outcome) {
  constexpr std::array<std::string_view, 3> kWords{"Out of memory", "System is deadlocked on memory",
                                                   kNoRoomForImage};
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
      fmt::format("the guest ran out of memory ({} MB); --memory M gives it more", outcome.memory_mb);
  switch (outcome.end) {
    case finished: {
      const bool had_no_room = outcome.console.find(kNoRoomForImage) != std::string::npos;
      return had_no_room || (outcome.status > 128 && ran_out_of_memory(outcome)) ? memory : "";
    }
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

void add_console(std::vector<std::string>& out, const std::string& console) {
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
  out.emplace_back(lines.empty() ? "  its console is empty" : "  the last lines of its console:");
  for (std::size_t i = first; i < lines.size(); ++i) out.push_back("  | " + lines[i]);
}

}  // namespace

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
                    .out = options.out,
                    .halfopen = own_path(),
                    .programs = own_programs(),
                    .directory = std::filesystem::current_path().string()};
  return config;
}

std::string ratio_text(Duration kernel_time, Duration wall_time) {
  return fmt::format("{} of kernel time in {}", seconds(kernel_time), seconds(wall_time));
}

GuestEnd end_of(const GuestOutcome& outcome, const VmOptions& options) {
  GuestEnd end;
  end.problem = problem_of(outcome, options);
  end.status = status_of(outcome, !end.problem.empty());
  if (!end.problem.empty()) {
    if (!outcome.release.empty()) end.problem = outcome.release + ": " + end.problem;
    end.lines.push_back("halfopen: " + end.problem);
    if (outcome.end != GuestOutcome::End::interrupted) add_console(end.lines, outcome.console);
  }
  if (!outcome.remark.empty()) {
    end.remark = fmt::format("{}: {}", outcome.release, outcome.remark);
    end.lines.push_back("halfopen: " + end.remark);
  }
  for (const std::string& line : outcome.unwritten) end.lines.push_back("halfopen: " + line);
  if (outcome.guest_time.count() > 0) {
    end.lines.push_back(
        fmt::format("{}: {}", outcome.release, ratio_text(outcome.guest_time, outcome.wall_time)));
  }
  return end;
}

int worse(int a, int b) {
  constexpr std::array kOrder{kExitYes, kExitNo, kExitCannot, kExitTrouble};
  const auto rank = [&](int status) { return std::ranges::find(kOrder, status) - kOrder.begin(); };
  return rank(b) > rank(a) ? b : a;
}

}  // namespace halfopen
