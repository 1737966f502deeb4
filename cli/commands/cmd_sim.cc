// halfopen sim: a scenario in virtual time, told as it happens.
#include "cli/commands/commands.h"
#include "cli/run/run_scenario.h"
#include "cli/run/telling.h"

namespace halfopen {

int run_sim(const RunOptions& options) {
  const PreparedRun run = prepare_run(options);
  Telling telling{run, options};
  telling.print_head();
  return telling.finish(run_scenario(run, telling.observers()));
}

}  // namespace halfopen
