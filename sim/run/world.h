// A run: two hosts, the path between them and the timeline. Events of one instant go in the order packets,
// timers, programs' calls, timeline; within each, insertion. Only at time zero the timeline comes before the
// programs' calls. With two model hosts, time is virtual; with
// others, whoever owns the clock says what time it is.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "sim/base/time.h"
#include "sim/os/host.h"
#include "sim/run/model_host.h"
#include "sim/run/path.h"
#include "sim/run/timeline.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/observe.h"
#include "sim/trace/trace.h"
#include "sim/wire/payload.h"

namespace halfopen {

// Makes a host; null where a model host will do. What it is given outlives the host.
using HostMaker = std::function<std::unique_ptr<Host>(HostId id, BlockPool& pool, Observer& observer)>;

struct WorldOptions {
  std::optional<std::uint64_t> seed = std::nullopt;   // instead of the scenario's
  HostId tap = HostId::client;                        // at whose device packets are seen: client or server
  Observers observers = {};                           // hear packets and notes before the timeline does
  std::uint64_t max_rounds_per_instant = 10'000'000;  // beyond it the run is stuck: std::runtime_error
  HostMaker make_host = {};                           // empty: both are models
};

class World {
 public:
  // At time zero, in this order: boots the server, which listens then; does what the timeline has at "start";
  // boots the client; does what the timeline has at 0 s. The scenario need not outlive the world.
  World(const Scenario& scenario, const WorldOptions& options);

  // Runs until nothing can happen any more or until the scenario's end, and notes what the timeline still
  // waits for. Returns now(): the time of the last event, or the scenario's end.
  TimePoint run();
  // Runs everything up to and including `end`; then now() == end. The scenario's own end is not looked at.
  void run_until(TimePoint end);
  // In real time: it is `now`; does what is due, and takes what the hosts have to send. now() never runs
  // back.
  void run_at(TimePoint now);
  // Notes what the timeline still waits for; once, when a run in real time is over. run() does it by itself.
  void tell_what_never_came();

  [[nodiscard]] TimePoint now() const { return now_; }
  // No packet in flight, no timer, no event to come: nothing will ever happen again.
  [[nodiscard]] bool is_quiet() const { return next_event() == kNever; }
  // The earliest of packets in flight, hosts' timers and the timeline's events that are known; kNever for
  // none.
  [[nodiscard]] TimePoint next_event() const;
  [[nodiscard]] Host& host(HostId id) { return id == HostId::server ? *server_ : *client_; }
  // Only of a model host.
  [[nodiscard]] ModelHost& client() { return *models_[0]; }
  [[nodiscard]] ModelHost& server() { return *models_[1]; }
  [[nodiscard]] ModelHost* model(HostId id) { return models_[id == HostId::server ? 1 : 0]; }  // or null
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }
  // The road that packets and notes take to the observers and the timeline's triggers: for notes of others.
  [[nodiscard]] Observer& notes() { return trace_; }
  [[nodiscard]] Path& path() { return path_; }
  [[nodiscard]] std::uint64_t packets_sent() const { return packets_sent_; }  // by both hosts

 private:
  [[nodiscard]] std::unique_ptr<Host> make(const HostScenario& scenario, HostId id,
                                           const WorldOptions& options, std::uint64_t seed);
  void advance(TimePoint end);
  void run_instant();
  bool deliver_due();
  bool fire_timers(Host& host, HostId id);
  bool run_host(Host& host, HostId id);
  void drain(Host& host, HostId id);
  void count_round();
  void tap(HostId from, PacketFate fate, const Packet& packet);
  [[nodiscard]] PacketFate fate_at_tap(const Path::Passage& passage, HostId from) const;
  void remark(std::string text);

  BlockPool pool_;  // outlives everything that holds payload
  Trace trace_;
  Path path_;
  Timeline timeline_;
  std::unique_ptr<Host> client_;
  std::unique_ptr<Host> server_;
  std::array<ModelHost*, 2> models_{};  // client, server; null for another kind
  HostId tap_;
  TimePoint until_;
  TimePoint now_ = kTimeZero;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t max_rounds_;
  std::uint64_t rounds_ = 0;  // at this instant
  bool told_too_big_ = false;
};

}  // namespace halfopen
