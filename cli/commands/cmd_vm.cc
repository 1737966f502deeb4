// halfopen vm: a command inside any kernel, in virtual time.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/tell/status_line.h"
#include "cli/tell/stream.h"
#include "cli/vm/guest_command.h"
#include "cli/vm/guest_output.h"
#include "cli/vm/vm_checks.h"
#include "replay/base/errors.h"
#include "replay/guest/guest_run.h"
#include "replay/guest/kernel_image.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

using guest::GuestOutcome;

// "-" among the words of a halfopen command: a capture or JSON goes to standard output, and bytes must stay
// as they are.
bool writes_data_to_stdout(const VmOptions& options) {
  const auto client = std::ranges::find(options.command, "--");
  return std::any_of(options.command.begin(), client, [](const std::string& word) {
    return word == "-" || word == "-w-" || word.ends_with("=-");
  });
}

bool is_command(const VmOptions& options, std::string_view name) {
  return !options.any_program && !options.command.empty() && options.command.front() == name;
}

// Runs the command in one kernel and passes on what it writes.
GuestOutcome run_in(const VmOptions& options, const std::string& kernel) {
  GuestStream output{stdout, options.any_program || writes_data_to_stdout(options)};
  GuestStream error_output{stderr, options.any_program};
  guest::GuestListener listener;
  listener.output = [&](std::string_view bytes, bool error) { (error ? error_output : output).write(bytes); };
  listener.progress = [&](Duration kernel_time, Duration wall) {
    show_status(ratio_text(kernel_time, wall));
  };
  GuestOutcome outcome = guest::run_guest(config_for(options, kernel), listener);
  clear_status();
  output.finish();
  error_output.finish();
  return outcome;
}

// Tells the outcome on standard error; gives the exit status.
int tell(const GuestOutcome& outcome, const VmOptions& options) {
  Prose out{stderr};
  const GuestEnd end = end_of(outcome, options);
  for (const std::string& line : end.lines) out.line(line);
  out.flush();
  return end.status;
}

}  // namespace

int run_vm(const VmOptions& options) {
  std::vector<std::string> kernels = options.kernels;
  if (kernels.empty()) kernels.push_back(guest::newest_kernel());
  if (kernels.size() > 1 && !options.any_program && guest::names_outputs(options.command)) {
    throw Trouble{
        "every kernel would write each file again: leave out -w and --json, or run vm once for each kernel"};
  }
  if (kernels.size() > 1 && is_command(options, "check")) return run_vm_checks(options, kernels);
  const bool has_table = std::ranges::find(options.command, "--table") != options.command.end();
  if (kernels.size() > 1 && is_command(options, "packetdrill") && has_table)
    return run_vm_scripts(options, kernels);
  if (options.jobs > 1)
    throw Trouble{
        "--jobs is for 'check' and 'packetdrill --table' in several kernels: vm --kernel A --kernel B -- "
        "check"};
  int status = kExitYes;
  for (const std::string& kernel : kernels) {
    if (kernels.size() > 1) {
      Prose head{stdout};
      head.line("== " + kernel);
      head.flush();
    }
    try {
      status = worse(status, tell(run_in(options, kernel), options));
    } catch (const Cannot& error) {
      if (kernels.size() == 1) throw;
      complain(error.what());
      status = worse(status, kExitCannot);
    }
    if (status == kExitInterrupted) break;
  }
  return status;
}

}  // namespace halfopen
