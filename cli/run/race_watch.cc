#include "cli/run/race_watch.h"

#include <algorithm>
#include <string_view>
#include <variant>

namespace halfopen {
namespace {

bool waits_by_itself(const ProgramConfig& program) {
  return program.read_timeout > Duration::zero() || program.read_delay > Duration::zero() ||
         !program.sockopts.empty();
}

bool is_by_chance(const LinkConfig& link) {
  const bool loses_some = link.loss > 0 && link.loss < 1;
  return link.jitter > Duration::zero() || loses_some || link.reorder > 0 || link.duplicate > 0 ||
         link.rate > 0;
}

// A kernel's timer sent it, or the path turned two round.
bool is_unasked(const FlowFacts& facts) {
  switch (facts.what) {
    case Sending::open_again:
    case Sending::repeated:
    case Sending::out_of_order:
    case Sending::keepalive:
    case Sending::window_probe: return true;
    case Sending::ack:
    case Sending::open:
    case Sending::data:
    case Sending::reset: break;
  }
  return false;
}

bool is_typing(const TimelineNote& note) {
  return note.verb == "client types" || note.verb == "client closes input";
}

}  // namespace

RaceWatch::RaceWatch(const Scenario& scenario, bool own_programs)
    : has_hidden_timers_{!own_programs || waits_by_itself(scenario.client.program) ||
                         waits_by_itself(scenario.server.program) || is_by_chance(scenario.path.to_server) ||
                         is_by_chance(scenario.path.to_client)} {}

bool RaceWatch::wants(NoteKind kind) const { return kind == NoteKind::process || kind == NoteKind::timeline; }

void RaceWatch::on_packet(const PacketNote& note) {
  server_spoke_ |= note.from == HostId::server;
  if (note.packet->segment() == nullptr) return;
  if (is_unasked(flows_.see(*note.packet, note.at))) first_ = std::min(first_, note.at);
}

void RaceWatch::on_note(const Note& note) {
  if (const auto* process = std::get_if<ProcessNote>(&note)) return on_process(*process);
  const auto* event = std::get_if<TimelineNote>(&note);
  if (event == nullptr) return;
  first_ = std::min(first_, event->at);
  if (!is_typing(*event)) first_act_ = std::min(first_act_, event->at);
}

void RaceWatch::on_process(const ProcessNote& note) {
  using What = ProcessNote::What;
  const std::size_t host = note.host == HostId::server ? 1 : 0;
  const bool is_born = note.what == What::started || note.what == What::forked;
  const bool is_over = note.what == What::exited || note.what == What::killed;
  if (is_born) ++processes_[host];
  if (is_over) --processes_[host];
  if (is_born || is_over) program_over_[host] = processes_[host] > 0 ? kNever : note.at;
}

Races RaceWatch::finish(TimePoint end) const {
  if (has_hidden_timers_) return {.first = kTimeZero, .program_over = program_over_};
  return {.first = std::min(server_spoke_ ? first_ : first_act_, end), .program_over = program_over_};
}

}  // namespace halfopen
