#include "capture/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <list>
#include <memory>
#include <unordered_map>

#include "capture/compare/fields.h"
#include "capture/compare/outcomes.h"
#include "capture/compare/pair.h"
#include "capture/compare/pairing.h"
#include "capture/compare/report_text.h"
#include "capture/compare/side.h"
#include "capture/note/names.h"
#include "sim/base/input_error.h"
#include "sim/base/units.h"

namespace halfopen {

using namespace compare;

namespace {

// Closed pairs that are kept for stragglers, as FlowTable keeps those that are over.
constexpr std::size_t kClosedKept = 512;
// Events of connections that wait for a partner: so many of one, and so many in all.
constexpr std::size_t kWaitingOfOne = StreamAligner::kLookAhead;
constexpr std::size_t kWaitingInAll = 200'000;

std::vector<std::string_view> words_to_ignore() {
  std::vector<std::string_view> words{"config", "time", "outcomes"};
  for (std::size_t i = 0; i < kFields; ++i) words.push_back(to_string(static_cast<Field>(i)));
  return words;
}

class Engine {
 public:
  Engine(const std::string& file_a, const std::string& file_b, const CompareOptions& options,
         CompareListener* listener)
      : options_{options},
        listener_{listener},
        filter_{options.connection.empty() ? nullptr : std::make_unique<PacketFilter>(options.connection)},
        pairing_{[this](SideConnection& a, SideConnection& b) { join(a, b); }},
        ears_{Ear{*this, 0}, Ear{*this, 1}},
        sides_{std::make_unique<Side>(options.name_a, file_a, filter_.get(), ears_[0]),
               std::make_unique<Side>(options.name_b, file_b, filter_.get(), ears_[1])} {
    terms_.context = options.context;
    terms_.ignored.insert(options.ignored.begin(), options.ignored.end());
  }

  Comparison run() {
    start();
    while (Side* next = next_side()) {
      next->step();
      if (waiting_ > kWaitingInAll) pairing_.pair_endpoints_by_order();
    }
    finish();
    return std::move(result_);
  }

 private:
  struct Waiting {  // a connection that has no partner yet
    std::deque<TraceEvent> events;
  };
  struct Joined {
    std::unique_ptr<ConnectionPair> pair;
    SideConnection* a = nullptr;
    SideConnection* b = nullptr;
    std::list<std::unique_ptr<Joined>>::iterator self;  // in joined_
    std::list<Joined*>::iterator closed;                // in closed_, if is_closed
    bool is_closed = false;
  };
  class Ear final : public SideListener {
   public:
    Ear(Engine& engine, std::size_t side) : engine_{engine}, side_{side} {}
    void on_opened(SideConnection& connection) override { engine_.pairing_.add(side_, connection); }
    void on_event(SideConnection& connection, TraceEvent event) override {
      engine_.on_event(side_, connection, std::move(event));
    }
    void on_note(const Note& note) override { engine_.outcomes_.add(side_, note); }

   private:
    Engine& engine_;
    std::size_t side_;
  };

  void start();
  Side* next_side();
  void on_event(std::size_t side, SideConnection& connection, TraceEvent event);
  void join(SideConnection& a, SideConnection& b);
  void note_closed(Joined& joined);
  void end_pair(Joined& joined);
  void report(const ConnectionReport& report);
  void report_alone(std::size_t side, const SideConnection& connection);
  void finish();
  void note_first(std::string text);
  [[nodiscard]] Facts facts_of(std::size_t side, const SideConnection& connection) const {
    return {.connection = &connection,
            .profile = &sides_[side]->profile(),
            .knows_profile = sides_[side]->knows_profile(),
            .name = sides_[side]->name()};
  }

  const CompareOptions& options_;
  CompareListener* listener_;
  std::unique_ptr<PacketFilter> filter_;
  Terms terms_;
  Outcomes outcomes_{terms_};
  Pairing pairing_;
  std::array<Ear, 2> ears_;
  std::array<std::unique_ptr<Side>, 2> sides_;  // outlive the events in what follows
  std::unordered_map<const SideConnection*, Waiting> lone_;
  std::size_t waiting_ = 0;  // events in lone_
  std::unordered_map<const SideConnection*, Joined*> by_connection_;
  std::list<std::unique_ptr<Joined>> joined_;
  std::list<Joined*> closed_;  // most recent first
  Comparison result_;
};

// The tolerance depends on what the captures say of themselves, at their beginning.
void Engine::start() {
  for (const auto& side : sides_) side->peek();
  if (!options_.tolerance.empty()) {
    terms_.tolerance = tolerance_from(options_.tolerance);
  } else if (sides_[0]->clock() != sides_[1]->clock() || sides_[0]->clock() == Side::Clock::real) {
    const Side& kernels = sides_[1]->clock() == Side::Clock::model ? *sides_[0] : *sides_[1];
    terms_.tolerance = default_tolerance(kernels.profile());
  }
  terms_.both_are_runs = sides_[0]->run() && sides_[1]->run();
  terms_.tolerance.absolute += options_.slack;
  terms_.tolerance.relative += options_.stretch;
  result_.tolerance = terms_.tolerance.text();
}

// The trace that is behind, so that partners are met soon.
Side* Engine::next_side() {
  Side& a = *sides_[0];
  Side& b = *sides_[1];
  if (a.is_over() && b.is_over()) return nullptr;
  if (a.is_over() || b.is_over()) return a.is_over() ? &b : &a;
  return a.progress() <= b.progress() ? &a : &b;
}

void Engine::on_event(std::size_t side, SideConnection& connection, TraceEvent event) {
  const auto found = by_connection_.find(&connection);
  if (found == by_connection_.end()) {
    Waiting& waiting = lone_[&connection];
    const bool room = waiting.events.size() < kWaitingOfOne && waiting_ <= kWaitingInAll;
    if (waiting.events.size() == kWaitingOfOne) pairing_.pair_endpoints_by_order();
    if (by_connection_.contains(&connection)) return on_event(side, connection, std::move(event));
    if (!room) return;  // a connection without a partner is one line; its packets do not matter
    ++waiting_;
    waiting.events.push_back(std::move(event));
    return;
  }
  Joined& joined = *found->second;
  side == 0 ? joined.pair->add_a(std::move(event)) : joined.pair->add_b(std::move(event));
  joined.pair->pump(sides_[0]->is_over(), sides_[1]->is_over());
  if (joined.pair->is_settled()) note_closed(joined);
}

void Engine::join(SideConnection& a, SideConnection& b) {
  auto joined = std::make_unique<Joined>();
  joined->pair = std::make_unique<ConnectionPair>(terms_, facts_of(0, a), facts_of(1, b));
  joined->a = &a;
  joined->b = &b;
  by_connection_[&a] = by_connection_[&b] = joined.get();
  const auto feed = [&](const SideConnection& connection, bool is_a) {
    const auto found = lone_.find(&connection);
    if (found == lone_.end()) return;
    for (TraceEvent& event : found->second.events) {
      is_a ? joined->pair->add_a(std::move(event)) : joined->pair->add_b(std::move(event));
    }
    waiting_ -= found->second.events.size();
    lone_.erase(found);
  };
  feed(a, true);
  feed(b, false);
  joined->pair->pump(sides_[0]->is_over(), sides_[1]->is_over());
  joined_.push_back(std::move(joined));
  joined_.back()->self = std::prev(joined_.end());
}

void Engine::note_closed(Joined& joined) {
  if (joined.is_closed) {
    closed_.splice(closed_.begin(), closed_, joined.closed);
    return;
  }
  joined.is_closed = true;
  closed_.push_front(&joined);
  joined.closed = closed_.begin();
  while (closed_.size() > kClosedKept) {
    Joined& oldest = *closed_.back();
    closed_.pop_back();
    oldest.is_closed = false;
    end_pair(oldest);
  }
}

void Engine::end_pair(Joined& joined) {
  report(joined.pair->finish());
  by_connection_.erase(joined.a);
  by_connection_.erase(joined.b);
  sides_[0]->forget(*joined.a);
  sides_[1]->forget(*joined.b);
  joined_.erase(joined.self);
}

void Engine::report(const ConnectionReport& report) {
  ++result_.connections;
  result_.equal += report.equal;
  result_.differences += report.differences + report.config.size();
  for (const std::string& remark : report.remarks) {
    result_.remarks.push_back(fmt::format("connection {}: {}", report.number_a, remark));
  }
  if (!report.is_same) note_first(first_line(report));
  if (listener_ != nullptr) listener_->on_connection(report);
}

void Engine::note_first(std::string text) {
  if (result_.first.empty()) result_.first = std::move(text);
}

void Engine::report_alone(std::size_t side, const SideConnection& connection) {
  ConnectionReport report;
  (side == 0 ? report.number_a : report.number_b) = connection.number;
  (side == 0 ? report.ends_a : report.ends_b) =
      to_string(connection.client) + " > " + to_string(connection.server);
  report.is_same = false;
  report.remarks.push_back(fmt::format("{} has this connection ({} packets), {} has not",
                                       sides_[side]->name(), connection.events, sides_[1 - side]->name()));
  ++result_.differences;
  note_first(report.remarks.front() + ": " + (side == 0 ? report.ends_a : report.ends_b));
  if (listener_ != nullptr) listener_->on_connection(report);
}

void Engine::finish() {
  pairing_.finish();
  while (!joined_.empty()) end_pair(*joined_.front());
  for (const std::size_t side : {0u, 1u}) {
    for (const SideConnection* connection : pairing_.alone(side)) report_alone(side, *connection);
  }
  result_.outcomes = outcomes_.finish();
  result_.differences += result_.outcomes.size();
  if (!result_.outcomes.empty()) {
    const OutcomeDifference& first = result_.outcomes.front();
    note_first(
        fmt::format("{}: {} {}, {} {}", first.subject, options_.name_a, first.a, options_.name_b, first.b));
  }
  for (const std::size_t side : {0u, 1u}) {
    for (const std::string& remark : sides_[side]->remarks()) result_.remarks.push_back(remark);
    for (const std::string& fault :
         sides_[side]->faults(std::max(terms_.tolerance.absolute, Duration{1ms}))) {
      result_.faults.push_back(fault);
    }
    if (!pairing_.unpairable(side).empty()) {
      std::string list;
      for (const SideConnection* lost : pairing_.unpairable(side)) {
        list += fmt::format("{}{} and {}", list.empty() ? "" : ", ", to_string(lost->client),
                            to_string(lost->server));
      }
      result_.faults.push_back(
          fmt::format("{}: no handshake, port or order tells the partner of {}", sides_[side]->name(), list));
    }
  }
  if (!terms_.ignores("outcomes") && outcomes_.has_calls(0) != outcomes_.has_calls(1)) {
    result_.remarks.push_back(fmt::format("outcomes are not recorded in {}: only packets were compared",
                                          sides_[outcomes_.has_calls(0) ? 1 : 0]->name()));
  }
}

}  // namespace

void check_options(const CompareOptions& options) {
  const std::vector<std::string_view> words = words_to_ignore();
  for (const std::string& word : options.ignored) {
    if (std::ranges::find(words, word) != words.end()) continue;
    throw InputError{"--ignore", fmt::format("one of {}", fmt::join(words, ", ")), word};
  }
  if (!options.tolerance.empty()) static_cast<void>(tolerance_from(options.tolerance));
  if (!options.connection.empty()) static_cast<void>(PacketFilter{options.connection});
}

Comparison compare_captures(const std::string& file_a, const std::string& file_b,
                            const CompareOptions& options, CompareListener* listener) {
  check_options(options);
  if (file_a == "-" && file_b == "-") {
    throw InputError{"standard input", "one capture from it", "both"};
  }
  return Engine{file_a, file_b, options, listener}.run();
}

}  // namespace halfopen
