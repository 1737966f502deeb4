// One scenario end to end: read, run, told.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "capture/expect/expect.h"
#include "cli/run/shipped.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

void BM_Scenario(benchmark::State& state, const std::string& name) {
  const auto& all = shipped_scenarios();
  const auto found = std::ranges::find(all, name, &ShippedScenario::name);
  if (found == all.end()) return state.SkipWithError("no such scenario");
  for (auto _ : state) {
    const Scenario scenario = parse_scenario(found->toml, name);
    Expectations expectations{scenario.expect, scenario.facts()};
    World world{scenario, {.seed = std::nullopt, .observers = {&expectations}}};
    const TimePoint end = world.run();
    benchmark::DoNotOptimize(expectations.finish(end));
  }
}
BENCHMARK_CAPTURE(BM_Scenario, host_crash, std::string{"host-crash"})->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_Scenario, process_killed, std::string{"process-killed"})->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace halfopen
