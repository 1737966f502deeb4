#include "capture/expect/expect.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <utility>

#include "capture/flow/flow_table.h"
#include "capture/note/note_text.h"
#include "capture/note/text.h"
#include "sim/os/signals.h"
#include "sim/scenario/trigger.h"

namespace halfopen {
namespace {

using Subject = Expectation::Subject;

// "545.5 s": short, for a sentence.
std::string moment_text(TimePoint t) {
  return fmt::format("{} s", std::round(static_cast<double>(nanos(t)) / 1e3) / 1e6);
}

std::string process_text(const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (note.what) {
    case What::started: return "a process started";
    case What::forked: return "a process forked";
    case What::signalled: return fmt::format("a process got {}", signal_name(note.signal));
    case What::output: return fmt::format("it printed \"{}\"", note.text.substr(0, note.text.find('\n')));
    case What::exited: return fmt::format("a process exited with {}", note.status);
    case What::killed: return fmt::format("{} killed a process", signal_name(note.signal));
    case What::frozen: return "a process was frozen";
    case What::thawed: return "a process thawed";
    case What::reaped: return "a process was reaped";
  }
  return {};
}

// What a process note is compared with; `number` decides only where the subject has one.
bool process_matches(const Expectation& expect, const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (expect.subject) {
    case Subject::signal:
      return (note.what == What::signalled || note.what == What::killed) && note.signal == expect.number;
    case Subject::exit_status: return note.what == What::exited && note.status == expect.number;
    case Subject::output:
      return note.what == What::output && note.text.find(expect.contains) != std::string::npos;
    case Subject::process: return note.what == expect.process;
    default: return false;
  }
}

// A note that did not match but shows what happened instead.
bool process_is_near(const Expectation& expect, const ProcessNote& note) {
  using What = ProcessNote::What;
  switch (expect.subject) {
    case Subject::signal: return note.what == What::signalled || note.what == What::killed;
    case Subject::exit_status: return note.what == What::exited || note.what == What::killed;
    case Subject::output: return note.what == What::output;
    default: return false;
  }
}

bool call_matches(const Expectation& expect, const CallNote& call) {
  if (expect.error && static_cast<Errno>(call.error) != *expect.error) return false;
  if (expect.result && !expect.result->contains(call.result)) return false;
  if (expect.waited && !expect.waited->contains((call.at - call.began).count())) return false;
  return expect.contains.empty() || call.args.find(expect.contains) != std::string::npos ||
         call.detail.find(expect.contains) != std::string::npos;
}

bool is_about_process(Subject subject) {
  return subject == Subject::signal || subject == Subject::exit_status || subject == Subject::output ||
         subject == Subject::process;
}

// Whose program an expectation is about, if it names what one does: its calls, what it prints, how it ends.
// States and packets are the kernel's or the model's, whoever runs there.
std::optional<HostId> program_of(const Expectation& expect) {
  if (expect.subject == Subject::call || is_about_process(expect.subject)) return expect.host;
  if (!expect.after) return std::nullopt;
  using When = Trigger::What;
  const When what = expect.after->what;
  if (what == When::line_answered) return HostId::client;
  const bool is_a_programs = what == When::call || what == When::exits || what == When::accepted;
  return is_a_programs ? std::optional{expect.after->host} : std::nullopt;
}

// The user's program that runs where another was expected; empty where none does.
std::string_view stand_in(const Expectation& expect, const RunFacts& facts) {
  const std::optional<HostId> host = program_of(expect);
  if (host == HostId::client) return facts.client_stand_in;
  if (host == HostId::server) return facts.server_stand_in;
  return {};
}

bool is_about_packets(Subject subject) {
  return subject == Subject::retransmissions || subject == Subject::packets || subject == Subject::rung;
}

// Two segments may be one, or be read at once.
bool is_fragile(const Expectation& expect) {
  const bool counts_bytes = expect.subject == Subject::call && expect.result && expect.result->high > 0;
  return is_about_packets(expect.subject) || counts_bytes || expect.waited || !expect.contains.empty();
}

template <class T>
bool fits(const std::optional<T>& wanted, const T& found) {
  return !wanted || *wanted == found;
}

bool rung_matches(const RungPattern& rung, const PacketNote& note, const FlowFacts& facts) {
  if (rung.from != note.from) return false;
  const Packet& packet = *note.packet;
  if (rung.is_icmp) {
    const IcmpMessage* icmp = packet.icmp();
    if (icmp == nullptr) return false;
    return !rung.icmp || kind_of({icmp->type, icmp->code}, packet.ip.source.is_v6()) == rung.icmp;
  }
  const Segment* segment = packet.segment();
  if (segment == nullptr) return false;
  if (rung.ack && !segment->has(tcp_flag::ack)) return false;
  return fits(rung.flags, segment->flags) && fits(rung.seq, facts.seq) && fits(rung.end, facts.end) &&
         fits(rung.len, segment->payload.size()) && fits(rung.ack, facts.ack) &&
         fits(rung.win, std::uint32_t{segment->window});
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

// What is known so far about one expectation.
struct Tracker {
  explicit Tracker(Expectation e) : expect{std::move(e)} {
    if (expect.after) {
      watch.emplace(*expect.after);
    } else {
      base = kTimeZero;
    }
  }

  Expectation expect;
  std::optional<TriggerWatch> watch;
  std::optional<TimePoint> base;    // from which the window counts; none before the trigger
  std::int64_t count = 0;           // occurrences in the window
  std::optional<TimePoint> first;   // of them
  std::optional<TimePoint> excess;  // the first that was one too many
  std::string miss;                 // the nearest thing that is not what was expected
  bool miss_is_out_of_window = false;
  TimePoint miss_at;                   // if it is
  std::optional<TimePoint> held_near;  // of states: when, outside the window, they were nearest to it

  [[nodiscard]] TimePoint opens() const { return *base + expect.from; }
  [[nodiscard]] TimePoint closes() const { return expect.to == Duration::max() ? kNever : *base + expect.to; }
  [[nodiscard]] bool in_window(TimePoint t) const { return base && t >= opens() && t <= closes(); }

  void occurred(TimePoint t, const std::string& what) {
    if (in_window(t)) {
      ++count;
      if (!first) first = t;
      const bool is_excess = expect.never || (expect.count && count > expect.count->high);
      if (is_excess && !excess) excess = t;
    } else if (!miss_is_out_of_window || is_nearer(t)) {
      miss = fmt::format("{} at {}", what, moment_text(t));
      miss_is_out_of_window = true;
      miss_at = t;
    }
  }
  // How far outside its window it came, of one that came there.
  [[nodiscard]] Duration miss_by() const { return distance(miss_at); }
  // How far inside, of one that must not come there.
  [[nodiscard]] Duration depth(TimePoint t) const {
    return closes() == kNever ? t - opens() : std::min(t - opens(), closes() - t);
  }
  void held_outside(TimePoint t) {
    if (!held_near || distance(t) < distance(*held_near)) held_near = t;
  }
  [[nodiscard]] Duration distance(TimePoint t) const {
    return t < opens() ? opens() - t : std::max(Duration::zero(), t - closes());
  }
  void missed(TimePoint t, const std::string& what) {
    if (!miss_is_out_of_window) miss = fmt::format("{} at {}", what, moment_text(t));
  }

 private:
  // To the window than the miss so far. Before the trigger the later one is; no window is known yet.
  [[nodiscard]] bool is_nearer(TimePoint t) const { return !base || distance(t) < distance(miss_at); }
};

std::string states_text(const Expectation& expect, State client, State server) {
  std::string text;
  if (expect.client_state) text += fmt::format("client in {}", to_string(client));
  if (expect.server_state)
    text += fmt::format("{}server in {}", text.empty() ? "" : " and ", to_string(server));
  return text;
}

// What happened, for a verdict: how often and when, or the nearest miss.
std::string found_text(const Tracker& tracker) {
  const bool counted = tracker.expect.count && tracker.expect.subject != Subject::state;
  if (tracker.count == 1) return fmt::format("{}at {}", counted ? "once, " : "", moment_text(*tracker.first));
  if (tracker.count > 1)
    return fmt::format("{} times, first at {}", tracker.count, moment_text(*tracker.first));
  if (tracker.expect.never) return {};
  if (tracker.expect.count) return "none" + (tracker.miss.empty() ? "" : "; nearest: " + tracker.miss);
  return tracker.miss.empty() ? "nothing of the kind" : tracker.miss;
}

Verdict verdict_of(const Tracker& tracker) {
  const Expectation& expect = tracker.expect;
  Verdict verdict{.what = Verdict::What::failed, .place = expect.place, .text = expect.text, .found = {}};
  verdict.is_fragile = is_fragile(expect);
  verdict.program = program_of(expect);
  if (tracker.base && !expect.at_end) verdict.decided_at = tracker.excess.value_or(tracker.closes());
  if (!tracker.base) {
    verdict.found = fmt::format("no \"{}\"", expect.after->text);
    return verdict;
  }
  bool passed = tracker.count > 0;
  if (expect.count) passed = expect.count->contains(tracker.count);
  if (expect.never) passed = tracker.count == 0;
  if (passed) verdict.what = Verdict::What::passed;
  verdict.found = found_text(tracker);
  if (passed) return verdict;
  if (expect.never && tracker.first) {
    verdict.missed_at = *tracker.first;
    verdict.missed_by = tracker.depth(*tracker.first);
  } else if (tracker.miss_is_out_of_window && !(expect.count && tracker.count > expect.count->high)) {
    verdict.missed_at = tracker.miss_at;
    verdict.missed_by = tracker.miss_by();
  } else if (tracker.held_near && !expect.count) {
    verdict.missed_at = *tracker.held_near;
    verdict.missed_by = tracker.distance(*tracker.held_near);
  }
  return verdict;
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
      const Expectation& expect = tracker.expect;
      bool hit = false;
      switch (expect.subject) {
        case Subject::retransmissions:
          hit = note.from == expect.host && note.packet->segment() != nullptr &&
                is_retransmission(*note.packet, facts);
          break;
        case Subject::packets: hit = matches(expect.match, note.from, *note.packet); break;
        case Subject::rung: hit = rung_matches(expect.rung, note, facts); break;
        default: break;
      }
      if (hit) tracker.occurred(note.at, "it");
    }
  }
};

std::string_view to_string(Verdict::What what) {
  switch (what) {
    case Verdict::What::passed: return "passed";
    case Verdict::What::failed: return "failed";
    case Verdict::What::unresolved: return "unresolved";
    case Verdict::What::not_applicable: return "not applicable";
    case Verdict::What::skipped: break;
  }
  return "skipped";
}

std::string line_of(const Verdict& verdict) {
  switch (verdict.what) {
    case Verdict::What::passed:
      return verdict.found.empty() ? fmt::format("passed   {}", verdict.text)
                                   : fmt::format("passed   {} ({})", verdict.text, verdict.found);
    case Verdict::What::failed:
      return fmt::format("FAILED   {}: expected {}, found {}", verdict.place, verdict.text, verdict.found);
    case Verdict::What::unresolved:
      return fmt::format("UNRESOLVED {}: expected {}, found {}", verdict.place, verdict.text, verdict.found);
    case Verdict::What::not_applicable:
      return fmt::format("not applicable: {} ({})", verdict.text, verdict.found);
    case Verdict::What::skipped: break;
  }
  return fmt::format("skipped  {} ({})", verdict.text, verdict.found);
}

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
