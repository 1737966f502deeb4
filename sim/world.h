// A run in virtual time: two model hosts, the path between them and the timeline. Events of one instant go in
// the order packets, timers, programs' calls, timeline; within each, insertion.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/observe.h"
#include "sim/os/model_host.h"
#include "sim/path.h"
#include "sim/scenario.h"
#include "sim/time.h"
#include "sim/timeline.h"
#include "sim/wire/payload.h"

namespace halfopen {

struct WorldOptions {
  std::optional<std::uint64_t> seed = std::nullopt;   // instead of the scenario's
  HostId tap = HostId::client;                        // at whose device packets are seen: client or server
  Observer* observer = nullptr;                       // outlives the world; null: nobody listens
  std::uint64_t max_rounds_per_instant = 10'000'000;  // beyond it the run is stuck: std::runtime_error
};

class World {
 public:
  // Boots the server, then the client, at time zero. The scenario need not outlive the world.
  World(const Scenario& scenario, const WorldOptions& options);
  ~World();

  // Runs until nothing can happen any more or until the scenario's end, and notes what the timeline still
  // waits for. Returns now(): the time of the last event, or the scenario's end.
  TimePoint run();
  // Runs everything up to and including `end`; then now() == end. The scenario's own end is not looked at.
  void run_until(TimePoint end);

  [[nodiscard]] TimePoint now() const { return now_; }
  // No packet in flight, no timer, no event to come: nothing will ever happen again.
  [[nodiscard]] bool is_quiet() const { return next_event() == kNever; }
  [[nodiscard]] ModelHost& client() { return *client_; }
  [[nodiscard]] ModelHost& server() { return *server_; }
  [[nodiscard]] Path& path() { return path_; }
  [[nodiscard]] std::uint64_t packets_sent() const { return packets_sent_; }  // by both hosts

 private:
  class Ears;  // hands notes to the timeline and to the observer
  [[nodiscard]] TimePoint next_event() const;
  void advance(TimePoint end);
  void run_instant();
  bool deliver_due();
  bool fire_timers(ModelHost& host, HostId id);
  bool run_host(ModelHost& host, HostId id);
  void drain(ModelHost& host, HostId id);
  void count_round();
  void tap(HostId from, PacketFate fate, const Packet& packet);
  void remark(std::string text);

  BlockPool pool_;  // outlives everything that holds payload
  std::unique_ptr<Ears> ears_;
  Path path_;
  Timeline timeline_;
  std::unique_ptr<ModelHost> client_;
  std::unique_ptr<ModelHost> server_;
  Observer* observer_;
  HostId tap_;
  bool wants_packets_;
  TimePoint until_;
  TimePoint now_ = kTimeZero;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t max_rounds_;
  std::uint64_t rounds_ = 0;  // at this instant
  bool told_too_big_ = false;
};

}  // namespace halfopen
