// A bulk transfer: 200 MB at 1 Gbit/s, 20 ms RTT, 4 MB windows. Packets are counted in both directions.
#include <benchmark/benchmark.h>

#include <memory>

#include "bench/allocations.h"
#include "capture/file/pcap_writer.h"
#include "capture/file/pcapng_writer.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/observe.h"

namespace halfopen {
namespace {

constexpr const char* kBulk = R"(
title = "200 MB"
[path]
delay = "10ms"
rate = "1Gbit/s"
[client]
program = "bulk-client"
bytes = 200000000
[client.sysctl]
tcp_wmem = "4096 4194304 4194304"
[server]
program = "sink"
[server.sysctl]
tcp_rmem = "4096 4194304 4194304"
)";

// Runs the transfer with an observer of `make(scenario)`; a null one sees nothing.
template <class Make>
void run_bulk(benchmark::State& state, Make make) {
  const Scenario scenario = parse_scenario(kBulk, "bulk");
  std::uint64_t packets = 0;
  TimePoint end = kTimeZero;
  for (auto _ : state) {
    const std::unique_ptr<CaptureSink> sink = make();
    const Observers observers = sink ? Observers{sink.get()} : Observers{};
    World world{scenario, {.seed = std::nullopt, .tap = HostId::client, .observers = observers}};
    end = world.run();
    if (sink) sink->finish();
    packets += world.packets_sent();
  }
  state.counters["packets/s"] = benchmark::Counter(static_cast<double>(packets), benchmark::Counter::kIsRate);
  state.counters["packets"] = static_cast<double>(packets) / static_cast<double>(state.iterations());
  state.counters["virtual_s"] = static_cast<double>(nanos(end)) / 1e9;
}

void BM_Bulk(benchmark::State& state) {
  run_bulk(state, [] { return std::unique_ptr<CaptureSink>{}; });
}
BENCHMARK(BM_Bulk)->Unit(benchmark::kMillisecond);

// With the first 96 bytes of every packet in a capture; the device takes it, so that no disk is measured.
constexpr CaptureOptions kHeadersOnly{.epoch = kDefaultEpoch, .snap_length = 96};

void BM_BulkPcap(benchmark::State& state) {
  run_bulk(state, [] { return std::make_unique<PcapWriter>("/dev/null", kHeadersOnly); });
}
BENCHMARK(BM_BulkPcap)->Unit(benchmark::kMillisecond);

void BM_BulkPcapng(benchmark::State& state) {
  run_bulk(state, [] { return std::make_unique<PcapngWriter>("/dev/null", RunInfo{}, kHeadersOnly); });
}
BENCHMARK(BM_BulkPcapng)->Unit(benchmark::kMillisecond);

// Heap allocations in the second second of the transfer, when everything has its size: there must be none.
void BM_BulkAllocations(benchmark::State& state) {
  const Scenario scenario = parse_scenario(kBulk, "bulk");
  std::uint64_t count = 0;
  std::uint64_t packets = 0;
  for (auto _ : state) {
    World world{scenario, {}};
    world.run_until(kTimeZero + 1s);
    const std::uint64_t before = world.packets_sent();
    bench::reset_allocations();
    world.run_until(kTimeZero + 1500ms);
    count = bench::allocations().count;
    packets = world.packets_sent() - before;
  }
  if (packets < 10'000) return state.SkipWithError("the transfer was not under way");
  if (count != 0) state.SkipWithError("packets allocate");
  state.counters["allocations"] = static_cast<double>(count);
  state.counters["packets"] = static_cast<double>(packets);
}
BENCHMARK(BM_BulkAllocations)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace halfopen
