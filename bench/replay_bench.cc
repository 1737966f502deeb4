// The model's server before the real kernel's client, over a TUN device. Needs what `halfopen doctor` looks
// for.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/ping.h"
#include "replay/base/errors.h"
#include "replay/run/kernel_run.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace bench {
namespace {

constexpr int kPings = 1500;

int connect_to(const char* where) {
  const std::string text{where};
  const std::size_t colon = text.rfind(':');
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.substr(colon + 1).c_str())));
  inet_pton(AF_INET, text.substr(0, colon).c_str(), &server.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 ? fd : -1;
}

}  // namespace

int ping() {
  const char* where = std::getenv("HALFOPEN_SERVER");
  const int fd = where == nullptr ? -1 : connect_to(where);
  if (fd < 0) return 1;
  std::array<char, 64> line{};
  for (int i = 0; i < kPings; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (write(fd, line.data(), 20) != 20 || read(fd, line.data(), line.size()) <= 0) return 1;
    const auto took = std::chrono::steady_clock::now() - start;
    std::printf("%lld\n", static_cast<long long>(std::chrono::nanoseconds{took}.count()));
  }
  return 0;
}

}  // namespace bench

namespace {

constexpr const char* kPing = R"(
title = "ping"
until = "1min"
[path]
delay = "1ms"
[client]
program = "line-client"
[server]
program = "echo-server"
)";

constexpr const char* kBulk = R"(
title = "100 MB"
until = "2min"
[path]
delay = "100us"
[client]
program = "bulk-client"
bytes = 100000000
[server]
program = "echo-server"
)";

// Runs `toml` with `command` as the client; what it wrote, or an empty text where this machine cannot.
std::string run(benchmark::State& state, const char* toml, std::vector<std::string> command) {
  const Scenario scenario = parse_scenario(toml, "bench");
  std::string written;
  try {
    KernelRunOptions options;
    options.kernel = {true, false};
    options.client_command = std::move(command);
    options.trace = false;
    options.output = [&written](std::string_view bytes, bool) { written += bytes; };
    KernelRun kernel{scenario, options};
    kernel.run();
  } catch (const Cannot& error) {
    state.SkipWithError(error.what());
  }
  return written;
}

// An echo of 20 bytes, as the client sees it, beyond the path's delay: its kernel, our loop and the model,
// both ways.
void BM_ReplayEcho(benchmark::State& state) {
  for (auto _ : state) {
    const std::string written =
        run(state, kPing, {std::filesystem::read_symlink("/proc/self/exe"), bench::kPingWord});
    std::vector<double> micros;
    const char* at = written.c_str();
    for (char* end = nullptr; *at != '\0'; at = end + 1) micros.push_back(std::strtod(at, &end) / 1e3 - 2000);
    if (micros.empty()) continue;
    std::ranges::sort(micros);
    state.counters["median_us"] = micros[micros.size() / 2];
    state.counters["p99_us"] = micros[micros.size() * 99 / 100];
  }
}
BENCHMARK(BM_ReplayEcho)->Iterations(1)->Unit(benchmark::kMillisecond);

// 100 MB there and back through the model.
void BM_ReplayBulkEcho(benchmark::State& state) {
  for (auto _ : state) {
    const std::string written =
        run(state, kBulk, {"sh", "-c", "head -c 100000000 /dev/zero | nc -N server 9998 | wc -c"});
    if (written != "100000000\n") return state.SkipWithError(("not all came back: " + written).c_str());
  }
  state.SetBytesProcessed(state.iterations() * 200'000'000);
}
BENCHMARK(BM_ReplayBulkEcho)->Iterations(3)->Unit(benchmark::kMillisecond);

// The processor's share of a run that waits for a retransmission timer.
void BM_ReplayWaiting(benchmark::State& state) {
  constexpr const char* kWaits =
      "title = \"waits\"\nuntil = \"4s\"\n[client]\nprogram = \"line-client\"\n[server]\nprogram = "
      "\"echo-server\"\n";
  const auto used = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  };
  for (auto _ : state) {
    const double before = used();
    run(state, kWaits, {"sleep", "3"});
    state.counters["percent_of_a_core"] = 100 * (used() - before) / 3;
  }
}
BENCHMARK(BM_ReplayWaiting)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace halfopen
