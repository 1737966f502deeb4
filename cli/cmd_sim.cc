// halfopen sim: a scenario in virtual time, told as it happens.
#include "cli/commands.h"
#include "cli/telling.h"
#include "sim/world.h"

namespace halfopen {

int run_sim(const SimOptions& options) {
  const NamedScenario named = find_scenario(options.scenario, options.sets, options.quick);
  const Scenario& scenario = named.scenario;
  Telling telling{named, options, describe_run(scenario, options), scenario.facts()};
  telling.print_head();
  World world{scenario, {.seed = options.seed, .tap = options.tap, .observer = &telling.trace()}};
  const TimePoint end = world.run();
  return telling.finish(end, world.is_quiet());
}

}  // namespace halfopen
