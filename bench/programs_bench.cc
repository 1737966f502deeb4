// Many connections with their programs: every line is typed, written, echoed by a child of the server's and
// read.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "capture/file/pcap_writer.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

// The capture that docs/scenario.md tells how to make: about 200 packets a connection.
Scenario crowd(std::int64_t connections) {
  return parse_scenario(
      fmt::format("title = 'a crowd'\n"
                  "[client]\nprogram = 'line-client'\nconnections = {}\n"
                  "addresses = '10.9.1.0-10.9.1.9'\nconnection_interval = '1ms'\n"
                  "[server]\nprogram = 'echo-server'\n"
                  "[[timeline]]\nat = '0s'\ndo = 'client types'\ntext = 'hello'\ntimes = 96\n"
                  "[[timeline]]\nat = '0s'\ndo = 'client closes input'\n",
                  connections),
      "crowd");
}

void BM_ProgramsPcap(benchmark::State& state) {
  const Scenario scenario = crowd(state.range(0));
  std::uint64_t packets = 0;
  for (auto _ : state) {
    PcapWriter pcap{"/dev/null", {}};
    World world{scenario, {.seed = std::nullopt, .observers = {&pcap}}};
    world.run();
    pcap.finish();
    packets = world.packets_sent();
  }
  state.counters["packets"] = static_cast<double>(packets);
  state.SetItemsProcessed(static_cast<std::int64_t>(packets) * state.iterations());
}
BENCHMARK(BM_ProgramsPcap)->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace halfopen
