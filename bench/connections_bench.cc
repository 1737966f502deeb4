// Many connections of two model hosts, through their plain socket calls: no program, no process.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "bench/allocations.h"
#include "sim/os/sockets.h"
#include "sim/run/model_host.h"
#include "sim/run/world.h"
#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

constexpr std::uint16_t kPort = 9998;

// Two hosts and the sockets of both ends; every call is made at the instant at which its answer is there.
class Crowd {
 public:
  explicit Crowd(std::size_t size) : world_{with_backlog(size), {}}, size_{size} {}

  // All at once, at time zero; afterwards every connection is established and accepted.
  void connect() {
    Sockets& server = world_.server().sockets();
    Sockets& client = world_.client().sockets();
    const SocketAddress local{world_.server().config().address, kPort};
    if (listener_ == nullptr) {
      listener_ = &server.create();
      server.bind(*listener_, local);
      server.listen(*listener_, static_cast<std::uint32_t>(size_));
    }
    for (std::size_t i = 0; i < size_; ++i) {
      callers_.push_back(&client.create());
      const CallResult result = client.connect(world_.now(), *callers_.back(), local);
      if (result.failed()) throw std::runtime_error{"connect"};
    }
    step();  // SYN, SYN-ACK, ACK
    step();
    step();
    for (Socket* caller : callers_) expect(client.connect(world_.now(), *caller, local), 0);
    for (std::size_t i = 0; i < size_; ++i) {
      Socket* accepted = nullptr;
      if (server.accept(*listener_, accepted).failed() || accepted == nullptr)
        throw std::runtime_error{"accept"};
      accepted_.push_back(accepted);
    }
  }

  void echo() {
    const std::array<std::uint8_t, 100> line{};
    transfer(world_.client().sockets(), callers_, line);
    step();
    receive(world_.server().sockets(), accepted_, line.size());
    transfer(world_.server().sockets(), accepted_, line);
    step();
    receive(world_.client().sockets(), callers_, line.size());
  }

  void close() {
    for (Socket* caller : callers_) world_.client().sockets().close(world_.now(), *caller, CloseBy::exit);
    step();
    receive(world_.server().sockets(), accepted_, 0);
    for (Socket* accepted : accepted_)
      world_.server().sockets().close(world_.now(), *accepted, CloseBy::exit);
    world_.run();
  }

  // Keeps the connections and forgets how to reach them.
  void leave_idle() {
    callers_.clear();
    accepted_.clear();
  }

  [[nodiscard]] World& world() { return world_; }

 private:
  static Scenario with_backlog(std::size_t size) {
    Scenario scenario;
    scenario.server.profile.socket.somaxconn.value = static_cast<std::uint32_t>(size);
    return scenario;
  }
  void step() { world_.run_until(world_.now() + 10ms); }  // one way

  static void expect(const CallResult& result, std::size_t value) {
    if (result.failed() || result.blocked || result.value != static_cast<std::int64_t>(value)) {
      throw std::runtime_error{"a socket call did not give what the benchmark needs"};
    }
  }
  void transfer(Sockets& sockets, const std::vector<Socket*>& all, std::span<const std::uint8_t> bytes) {
    for (Socket* socket : all) expect(sockets.write(world_.now(), *socket, bytes), bytes.size());
  }
  void receive(Sockets& sockets, const std::vector<Socket*>& all, std::size_t size) {
    std::array<std::uint8_t, 1024> buffer{};
    for (Socket* socket : all) expect(sockets.read(world_.now(), *socket, buffer), size);
  }

  World world_;
  std::size_t size_;
  Socket* listener_ = nullptr;
  std::vector<Socket*> callers_;
  std::vector<Socket*> accepted_;
};

void BM_Connections(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::uint64_t packets = 0;
  std::int64_t peak = 0;
  for (auto _ : state) {
    bench::reset_allocations();
    const std::int64_t before = bench::allocations().live_bytes;
    Crowd crowd{size};
    crowd.connect();
    crowd.echo();
    crowd.close();
    packets = crowd.world().packets_sent();
    peak = bench::allocations().peak_bytes - before;
  }
  state.counters["connections/s"] =
      benchmark::Counter(static_cast<double>(size), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["packets_each"] = static_cast<double>(packets) / static_cast<double>(size);
  state.counters["peak_MiB"] = static_cast<double>(peak) / (1 << 20);
}
BENCHMARK(BM_Connections)->Arg(10'000)->Arg(20'000)->Unit(benchmark::kMillisecond);

// Bytes of heap for one end of an established connection that has been used and is idle. They come a hundred
// at a time, so that what the path and the buffer pool keep for packets in flight does not count.
void BM_IdleMemory(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    Crowd crowd{100};
    const std::int64_t before = bench::allocations().live_bytes;
    for (std::size_t made = 0; made < size; made += 100) {
      crowd.connect();
      crowd.echo();
      crowd.world().run_until(crowd.world().now() + 1s);  // the last ACKs
      crowd.leave_idle();
    }
    bytes = static_cast<double>(bench::allocations().live_bytes - before) / static_cast<double>(2 * size);
  }
  state.counters["bytes_per_end"] = bytes;
}
BENCHMARK(BM_IdleMemory)->Arg(10'000)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace halfopen
