#include "capture/expect/expect.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "capture/expect/subject.h"
#include "capture/expect/tracker.h"
#include "capture/flow/flow_table.h"
#include "capture/note/note_text.h"
#include "sim/scenario/trigger.h"

namespace halfopen {
namespace {

using Subject = Expectation::Subject;

// The user's program that runs where another was expected; empty where none does.
std::string_view stand_in(const Expectation& expect, const RunFacts& facts) {
  const std::optional<HostId> host = program_of(expect);
  if (host == HostId::client) return facts.client_stand_in;
  if (host == HostId::server) return facts.server_stand_in;
  return {};
}

// The state of a host's latest connection.
struct Latest {
  FourTuple connection;
  State state = State::closed;

  void on_change(const StateNote& note) {
    const bool unborn = note.from == State::closed || note.from == State::listen;
    if (note.to == State::listen) return;
    const bool born = (unborn || state == State::closed) && note.to != State::closed;
    if (born) connection = note.connection;
    if (note.connection == connection) state = note.to;
  }
};

std::string states_text(const Expectation& expect, State client, State server) {
  std::string text;
  if (expect.client_state) text += fmt::format("client in {}", to_string(client));
  if (expect.server_state)
    text += fmt::format("{}server in {}", text.empty() ? "" : " and ", to_string(server));
  return text;
}

}  // namespace

struct Expectations::Impl {
  std::vector<Tracker> trackers;      // those whose `when` holds
  std::vector<Verdict> verdicts;      // of all; to be filled in for the trackers
  std::vector<std::size_t> place_of;  // a tracker's place among the verdicts
  FlowTable flows;
  Latest client;
  Latest server;
  TimePoint now = kTimeZero;
  bool about_packets = false;
  bool about_states = false;

  [[nodiscard]] bool states_hold(const Expectation& expect) const {
    return (!expect.client_state || *expect.client_state == client.state) &&
           (!expect.server_state || *expect.server_state == server.state);
  }

  // The present states have held from `now` up to, not including, `until`.
  void held_until(TimePoint until) {
    for (Tracker& tracker : trackers) {
      const Expectation& expect = tracker.expect;
      if (expect.subject != Subject::state || expect.at_end || !tracker.base || tracker.count > 0) continue;
      const bool is_outside = tracker.opens() >= until || tracker.closes() < now;
      if (is_outside && states_hold(expect)) tracker.held_outside(tracker.closes() < now ? now : until);
      if (is_outside) continue;
      const TimePoint t = std::max(now, tracker.opens());
      if (states_hold(expect)) {
        tracker.occurred(t, {});
      } else {
        // Of a state that lasts, the moment at which it began tells most.
        const std::string text = states_text(expect, client.state, server.state);
        if (!tracker.miss.starts_with(text + " at ")) tracker.missed(t, text);
      }
    }
  }

  void advance(TimePoint t) {
    if (t <= now) return;
    if (about_states) held_until(t);
    now = t;
  }

  void on_state(const StateNote& note) {
    (note.host == HostId::client ? client : server).on_change(note);
    // A state may be left at the instant at which it was entered; a window still sees it, a point in time
    // does not.
    for (Tracker& tracker : trackers) {
      const Expectation& expect = tracker.expect;
      const bool window = expect.subject == Subject::state && !expect.at_end && expect.from != expect.to;
      if (window && tracker.count == 0 && tracker.in_window(note.at) && states_hold(expect)) {
        tracker.occurred(note.at, {});
      }
    }
  }

  void on_call(const CallNote& call) {
    for (Tracker& tracker : trackers) {
      const Expectation& expect = tracker.expect;
      if (expect.subject != Subject::call || expect.host != call.host || is_terminal_call(call)) continue;
      if (family_of_call(call.call) != expect.call) continue;
      if (call_matches(expect, call)) {
        tracker.occurred(call.at, call_text(call));
      } else if (tracker.in_window(call.at)) {
        tracker.missed(call.at, call_text(call));
      }
    }
  }

  void on_process(const ProcessNote& note) {
    for (Tracker& tracker : trackers) {
      const Expectation& expect = tracker.expect;
      if (!is_about_process(expect.subject) || expect.host != note.host) continue;
      if (process_matches(expect, note)) {
        tracker.occurred(note.at, process_text(note));
      } else if (process_is_near(expect, note)) {
        tracker.missed(note.at, process_text(note));
      }
    }
  }

  void on_packet(const PacketNote& note) {
    FlowFacts facts;
    if (note.packet->segment() != nullptr) facts = flows.see(*note.packet, note.at);
    for (Tracker& tracker : trackers) {
      if (packet_matches(tracker.expect, note, facts)) tracker.occurred(note.at, "it");
    }
  }
};

Expectations::Expectations(std::vector<Expectation> expectations, const RunFacts& facts)
    : impl_{std::make_unique<Impl>()} {
  for (Expectation& expect : expectations) {
    impl_->verdicts.push_back(
        {Verdict::What::skipped, expect.place, expect.text, "only when " + expect.when.text});
    if (!holds(expect.when, facts)) continue;
    if (const std::string_view other = stand_in(expect, facts); !other.empty()) {
      impl_->verdicts.back().what = Verdict::What::not_applicable;
      impl_->verdicts.back().found =
          fmt::format("it is about the scenario's own program, and {} runs there", other);
      continue;
    }
    impl_->about_packets |= is_about_packets(expect.subject);
    impl_->about_states |= expect.subject == Subject::state;
    impl_->place_of.push_back(impl_->verdicts.size() - 1);
    impl_->trackers.emplace_back(std::move(expect));
  }
}

Expectations::~Expectations() = default;

bool Expectations::wants_packets() const { return impl_->about_packets; }

bool Expectations::wants(NoteKind kind) const {
  for (const Tracker& tracker : impl_->trackers) {
    const Subject subject = tracker.expect.subject;
    if (subject == Subject::state && kind == NoteKind::state) return true;
    if (subject == Subject::call && kind == NoteKind::call) return true;
    if (is_about_process(subject) && kind == NoteKind::process) return true;
    if (tracker.watch && tracker.watch->wants(kind)) return true;
  }
  return false;
}

void Expectations::on_packet(const PacketNote& note) {
  impl_->advance(note.at);
  if (impl_->about_packets) impl_->on_packet(note);
}

void Expectations::on_note(const Note& note) {
  impl_->advance(time_of(note));
  if (const auto* change = std::get_if<StateNote>(&note)) impl_->on_state(*change);
  if (const auto* call = std::get_if<CallNote>(&note)) impl_->on_call(*call);
  if (const auto* process = std::get_if<ProcessNote>(&note)) impl_->on_process(*process);
  // What sets a window going is itself before it.
  for (Tracker& tracker : impl_->trackers) {
    if (tracker.watch && tracker.watch->on_note(note)) tracker.base = time_of(note);
  }
}

std::vector<Verdict> Expectations::finish(TimePoint end) {
  impl_->advance(end);
  impl_->held_until(kNever);
  for (std::size_t i = 0; i < impl_->trackers.size(); ++i) {
    Tracker& tracker = impl_->trackers[i];
    if (tracker.expect.at_end) {
      const bool holds_now = impl_->states_hold(tracker.expect);
      if (holds_now) tracker.occurred(std::max(end, tracker.opens()), {});
      if (!holds_now)
        tracker.missed(end, states_text(tracker.expect, impl_->client.state, impl_->server.state));
    }
    impl_->verdicts[impl_->place_of[i]] = verdict_of(tracker);
  }
  return impl_->verdicts;
}

}  // namespace halfopen
