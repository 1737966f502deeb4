#include "capture/compare/align.h"

#include <algorithm>
#include <iterator>

#include "capture/compare/edit_script.h"
#include "capture/compare/fields.h"

namespace halfopen::compare {
namespace {

constexpr std::size_t kEnough = 16;    // events on each side before a difference is judged
constexpr std::size_t kAgreement = 3;  // equal steps in a row after which two streams are together again
constexpr std::size_t kFirstWindow = 64;

// Where in the script the streams are together again; its size where they are not.
std::size_t agreement_in(const std::vector<Edit>& edits) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    run = edits[i].what == Edit::What::match && edits[i].is_exact ? run + 1 : 0;
    if (run == kAgreement) return i + 1 - kAgreement;
  }
  return edits.size();
}

// Before an event leaves: the one after it is still there to tell what it was.
void settle(std::deque<TraceEvent>& events) {
  const TraceEvent* next = events.size() > 1 ? &events[1] : nullptr;
  events.front().tlp = is_tail_loss_probe(events.front(), next);
  events.front().is_surely_probe =
      is_surely_probe(events.front(), next, events.size() > 2 ? &events[2] : nullptr);
}

void take(std::deque<TraceEvent>& from, std::size_t count, std::vector<TraceEvent>& to) {
  settle(from);
  to.assign(std::make_move_iterator(from.begin()),
            std::make_move_iterator(from.begin() + static_cast<std::ptrdiff_t>(count)));
  from.erase(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void StreamAligner::take_match(std::size_t count_a, std::size_t count_b, AlignmentListener& listener) {
  take(a_, count_a, taken_a_);
  take(b_, count_b, taken_b_);
  is_lost_ = false;
  listener.on_match(taken_a_, taken_b_);
}

void StreamAligner::take_missing(AlignmentListener& listener) {
  settle(a_);
  if (!is_lost_) listener.on_missing(a_.front());
  a_.pop_front();
}

void StreamAligner::take_extra(AlignmentListener& listener) {
  settle(b_);
  if (!is_lost_) listener.on_extra(b_.front());
  b_.pop_front();
}

void StreamAligner::pump(bool a_is_final, bool b_is_final, AlignmentListener& listener) {
  while (!is_empty() && advance({a_is_final, b_is_final}, listener) == Step::done) {
  }
}

// One side has nothing: the other's events have no partner, once that is certain.
StreamAligner::Step StreamAligner::drain(Finals finals, AlignmentListener& listener) {
  if (a_.empty() && finals.a) {
    take_extra(listener);
  } else if (b_.empty() && finals.b) {
    take_missing(listener);
  } else if (waiting() > kLookAhead) {
    lose_step(listener);
  } else {
    return Step::wait;
  }
  return Step::done;
}

StreamAligner::Step StreamAligner::advance(Finals finals, AlignmentListener& listener) {
  if (a_.empty() || b_.empty()) return drain(finals, listener);
  const TraceEvent* next_a = a_.size() > 1 ? &a_[1] : nullptr;
  const TraceEvent* next_b = b_.size() > 1 ? &b_[1] : nullptr;
  // Only what follows a first retransmission tells what it was.
  const auto needs_next = [](const TraceEvent& event, const TraceEvent* next, bool is_final) {
    return next == nullptr && !is_final && event.origin == Origin::timeout && event.sender.expiries == 1;
  };
  if (needs_next(a_.front(), next_a, finals.a) || needs_next(b_.front(), next_b, finals.b)) {
    if (waiting() <= kLookAhead) return Step::wait;
  }
  if (is_same_step(a_.front(), next_a, b_.front(), next_b)) {
    take_match(1, 1, listener);
    return Step::done;
  }
  bool handled = false;
  const Step pieces = match_pieces(finals, listener, handled);
  return handled ? pieces : resynchronise(finals, listener);
}

StreamAligner::Step StreamAligner::match_pieces(Finals finals, AlignmentListener& listener, bool& handled) {
  bool ran_out = false;
  const Pieces pieces = same_data(a_, 0, b_, 0, &ran_out);
  handled = pieces.a + pieces.b > 2 || (ran_out && !(finals.a && finals.b) && waiting() <= kLookAhead);
  if (pieces.a + pieces.b <= 2) return Step::wait;
  take_match(pieces.a, pieces.b, listener);
  return Step::done;
}

// The heads differ: finds out how, as far as the next agreement.
StreamAligner::Step StreamAligner::resynchronise(Finals finals, AlignmentListener& listener) {
  const bool all_here = finals.a && finals.b;
  const bool full = std::max(a_.size(), b_.size()) >= kLookAhead;
  const bool enough = (a_.size() >= kEnough || finals.a) && (b_.size() >= kEnough || finals.b);
  const std::size_t most = std::max(a_.size(), b_.size());
  if (!full && !all_here && (!enough || most < next_try_)) return Step::wait;
  std::vector<Edit> edits;
  std::size_t agreement = 0;
  for (std::size_t window = kFirstWindow;; window *= 4) {
    edits = cheapest_edits(a_, b_, std::min(window, kLookAhead), all_here);
    agreement = agreement_in(edits);
    if (agreement < edits.size() || window >= most || window >= kLookAhead) break;
  }
  const bool certain = agreement < edits.size() || all_here;
  next_try_ = certain ? 0 : 2 * most;  // what was tried in vain is not tried again for each new event
  if (!certain && !full) return Step::wait;
  if (!certain) {
    lose_step(listener);
    return Step::done;
  }
  edits.resize(std::max<std::size_t>(agreement, 1));
  apply(edits, listener);
  return Step::done;
}

void StreamAligner::apply(const std::vector<Edit>& edits, AlignmentListener& listener) {
  const std::vector<Move> moves = moves_in(edits);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const auto move =
        std::ranges::find_if(moves, [i](const Move& m) { return m.missing == i || m.extra == i; });
    if (move != moves.end()) {
      const bool is_first = i == std::min(move->missing, move->extra);
      if (is_first && !is_lost_) listener.on_moved(move->a, move->b);
      edits[i].what == Edit::What::missing ? a_.pop_front() : b_.pop_front();
      continue;
    }
    switch (edits[i].what) {
      case Edit::What::match: take_match(edits[i].a, edits[i].b, listener); break;
      case Edit::What::missing: take_missing(listener); break;
      case Edit::What::extra: take_extra(listener); break;
      case Edit::What::swapped: take_swapped(listener); break;
    }
  }
}

void StreamAligner::take_swapped(AlignmentListener& listener) {
  take(a_, 2, taken_a_);
  take(b_, 2, taken_b_);
  is_lost_ = false;
  const std::span<const TraceEvent> a{taken_a_};
  const std::span<const TraceEvent> b{taken_b_};
  listener.on_match(a.subspan(1, 1), b.subspan(0, 1));
  listener.on_moved(a[0], b[1]);
}

// A packet that one side lacks at one place of the script and has at another was moved.
std::vector<StreamAligner::Move> StreamAligner::moves_in(const std::vector<Edit>& edits) const {
  struct Lone {
    std::size_t edit;
    const TraceEvent* event;
    bool taken = false;
  };
  std::vector<Lone> missing;
  std::vector<Lone> extra;
  std::size_t at_a = 0;
  std::size_t at_b = 0;
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (edits[i].what == Edit::What::missing) missing.push_back({i, &a_[at_a]});
    if (edits[i].what == Edit::What::extra) extra.push_back({i, &b_[at_b]});
    at_a += edits[i].a;
    at_b += edits[i].b;
  }
  std::vector<Move> moves;
  for (const Lone& lone : missing) {
    const auto same = std::ranges::find_if(extra, [&](const Lone& other) {
      return !other.taken && is_same_step(*lone.event, nullptr, *other.event, nullptr);
    });
    if (same == extra.end()) continue;
    same->taken = true;
    moves.push_back({lone.edit, same->edit, *lone.event, *same->event});
  }
  return moves;
}

void StreamAligner::lose_step(AlignmentListener& listener) {
  if (!is_lost_) {
    listener.on_lost_step(a_.empty() ? nullptr : &a_.front(), a_.size(), b_.empty() ? nullptr : &b_.front(),
                          b_.size());
  }
  is_lost_ = true;
  a_.clear();
  b_.clear();
}

}  // namespace halfopen::compare
