// halfopen replay, live and run: a scenario with a real kernel at one end or both.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/run/repeated.h"
#include "cli/run/run_scenario.h"
#include "cli/run/telling.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/progress.h"
#include "cli/tell/status_line.h"
#include "cli/tell/stream.h"

namespace halfopen {
namespace {

// The user's program speaks for itself, beside the ladder.
void pass_on(std::string_view bytes, bool error_output) {
  std::FILE* stream = error_output ? stderr : stdout;
  if (put(stream, bytes)) flush(stream);
}

int run_once(const RunOptions& options, Repeated& repeated) {
  const PreparedRun run = prepare_run(options);
  Telling telling{run, options};
  Progress progress{run.named.scenario};
  telling.observers().push_back(&progress);
  if (options.repeat > 1) telling.observers().push_back(&repeated);
  telling.print_head();
  RunHooks hooks;
  if (!options.command.empty() && !takes_standard_output(options)) hooks.output = pass_on;
  hooks.on_wait = [&](TimePoint now) {
    telling.flush();
    if (is_status_wanted()) show_status(progress.text(now));
  };
  const RunEnd end = run_scenario(run, telling.observers(), hooks);
  clear_status();
  repeated.end_run();
  return telling.finish(end);
}

}  // namespace

int run_kernel(const RunOptions& options) {
  std::setvbuf(stdout, nullptr, _IOLBF,
               0);  // whoever follows a run in real time sees each line when it happens
  Repeated repeated;
  int worst = kExitYes;
  for (std::uint32_t i = 0; i < options.repeat; ++i) worst = worse_of(worst, run_once(options, repeated));
  if (options.repeat > 1) {
    Prose out{takes_standard_output(options) ? stderr : stdout};
    for (const std::string& line : repeated.summary()) out.line(line);
    out.flush();
  }
  return worst;
}

}  // namespace halfopen
