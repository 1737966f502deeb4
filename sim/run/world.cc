#include "sim/run/world.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "sim/base/rng.h"

namespace halfopen {
namespace {

ModelHostConfig config_of(const HostScenario& host, HostId id, std::uint64_t seed) {
  return {
      .id = id,
      .address = host.address,
      .profile = host.profile,
      .timer_phase = host.timer_phase,
      .mtu = host.mtu,
      .seed = Rng{seed}.split(to_string(id)).next(),
      .program = host.program,
      .starts = host.starts,
  };
}

}  // namespace

World::World(const Scenario& scenario, const WorldOptions& options)
    : path_{scenario.path, options.seed.value_or(scenario.seed)},
      timeline_{scenario.timeline, trace_},
      tap_{options.tap},
      until_{scenario.until},
      max_rounds_{options.max_rounds_per_instant} {
  for (Observer* observer : options.observers) trace_.subscribe(*observer);
  trace_.subscribe(timeline_);
  const std::uint64_t seed = options.seed.value_or(scenario.seed);
  client_ = make(scenario.client, HostId::client, options, seed ^ scenario.salt);
  server_ = make(scenario.server, HostId::server, options, seed ^ scenario.salt);
  for (const std::string& text : scenario.remarks) remark(text);
  server_->boot(now_);
  run_host(*server_, HostId::server);  // it listens before the client's first call
  timeline_.run_start(*client_, *server_, path_);
  server_->settle(now_);
  client_->boot(now_);
  // Before the program's first call, whoever runs it: a real one needs a while to get there, the model's
  // none.
  timeline_.run_due(now_, *client_, *server_, path_);
}

std::unique_ptr<Host> World::make(const HostScenario& scenario, HostId id, const WorldOptions& options,
                                  std::uint64_t seed) {
  if (options.make_host) {
    if (std::unique_ptr<Host> host = options.make_host(id, pool_, trace_)) return host;
  }
  auto model = std::make_unique<ModelHost>(config_of(scenario, id, seed), pool_, &trace_);
  models_[id == HostId::server ? 1 : 0] = model.get();
  return model;
}

TimePoint World::next_event() const {
  TimePoint next = path_.next_arrival();
  next = std::min(next, client_->next_deadline());
  next = std::min(next, server_->next_deadline());
  return std::min(next, timeline_.next_due());
}

void World::tap(HostId from, PacketFate fate, const Packet& packet) {
  trace_.on_packet({now_, from, fate, &packet});
}

void World::remark(std::string text) {
  if (trace_.wants(NoteKind::remark)) trace_.on_note(RemarkNote{now_, std::move(text)});
}

// A path that delivers to a dead host loses the packet all the same.
PacketFate World::fate_at_tap(const Path::Passage& passage, HostId from) const {
  if (passage.fate != PacketFate::delivered) return passage.fate;
  const bool to_server = from == HostId::client;
  const Host& receiver = to_server ? *server_ : *client_;
  if (receiver.is_up()) return PacketFate::delivered;
  const TimePoint up = timeline_.next_boot(to_server ? HostId::server : HostId::client);
  return up <= passage.arrival ? PacketFate::delivered : PacketFate::nobody_there;
}

// Puts on the path what the host has to send.
void World::drain(Host& host, HostId id) {
  while (host.poll_packet(now_, path_.draft())) {
    const Packet& packet = path_.draft();
    const Path::Passage passage = path_.judge(now_, id, packet);
    if (id == tap_) tap(id, fate_at_tap(passage, id), packet);
    if (passage.fate == PacketFate::too_big && !passage.answer && !told_too_big_) {
      told_too_big_ = true;
      remark(fmt::format(
          "a packet of {} bytes from the {} is larger than the path's MTU and is lost without a word",
          wire_size(packet), to_string(id)));
    }
    path_.carry(passage);
    ++packets_sent_;
  }
}

bool World::run_host(Host& host, HostId id) {
  bool ran = false;
  while (host.run_programs(now_)) {
    ran = true;
    count_round();
    drain(host, id);
  }
  return ran;
}

bool World::deliver_due() {
  bool delivered = false;
  for (Path::Delivery due = path_.poll(now_); due.packet != nullptr; due = path_.poll(now_)) {
    const bool to_client = due.to == HostId::client;
    Host& host = to_client ? *client_ : *server_;
    if (due.to == tap_)
      tap(due.from, host.is_up() ? PacketFate::delivered : PacketFate::nobody_there, *due.packet);
    host.receive(now_, std::move(*due.packet));
    path_.done(due);
    drain(host, due.to);
    while (host.run_woken(now_)) drain(host, due.to);
    count_round();
    delivered = true;
  }
  return delivered;
}

bool World::fire_timers(Host& host, HostId id) {
  if (host.next_deadline() > now_) return false;
  host.fire_timers(now_);
  drain(host, id);
  return true;
}

void World::count_round() {
  if (++rounds_ <= max_rounds_) return;
  throw std::runtime_error{fmt::format("the run does not move on from {} s: {} steps at one instant",
                                       static_cast<double>(nanos(now_)) / 1e9, max_rounds_)};
}

// Everything that happens now, including what it causes at this same instant.
void World::run_instant() {
  rounds_ = 0;
  drain(*client_, HostId::client);  // a driver may have called between two instants
  drain(*server_, HostId::server);
  for (bool busy = true; busy;) {
    count_round();
    busy = deliver_due();
    busy |= fire_timers(*client_, HostId::client);
    busy |= fire_timers(*server_, HostId::server);
    busy |= run_host(*client_, HostId::client);
    busy |= run_host(*server_, HostId::server);
    if (busy || timeline_.next_due() > now_) continue;
    timeline_.run_due(now_, *client_, *server_, path_);
    drain(*client_, HostId::client);
    drain(*server_, HostId::server);
    busy = true;
  }
}

void World::advance(TimePoint end) {
  run_instant();
  for (TimePoint next = next_event(); next <= end && next != kNever; next = next_event()) {
    now_ = next;
    run_instant();
  }
}

TimePoint World::run() {
  advance(until_);
  if (!is_quiet()) now_ = until_;
  tell_what_never_came();
  return now_;
}

void World::tell_what_never_came() {
  for (std::string& sentence : timeline_.waiting()) remark(std::move(sentence));
}

void World::run_at(TimePoint now) {
  now_ = std::max(now_, now);
  run_instant();
}

void World::run_until(TimePoint end) {
  advance(end);
  now_ = end;
}

}  // namespace halfopen
