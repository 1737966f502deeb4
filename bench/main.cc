#include <benchmark/benchmark.h>

#include <string_view>

#include "bench/ping.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == halfopen::bench::kPingWord) return halfopen::bench::ping();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
