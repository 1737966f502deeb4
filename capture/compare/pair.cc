#include "capture/compare/pair.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/compare/fields.h"
#include "capture/note/names.h"
#include "capture/note/text.h"

namespace halfopen::compare {
namespace {

constexpr std::size_t kCuts = 64;

std::string ends_text(const SideConnection& connection) {
  return to_string(connection.client) + " > " + to_string(connection.server);
}

// Rows are told stream by stream; people read them by time.
void sort_by_time(std::vector<Row>& rows) {
  const auto time_of = [](const Row& row) { return row.at_a ? *row.at_a : row.at_b.value_or(kTimeZero); };
  std::ranges::stable_sort(rows, {}, time_of);
}

Row row_of(What what, const TraceEvent* a, const TraceEvent* b) {
  Row row;
  row.what = what;
  if (a != nullptr) {
    row.at_a = a->at;
    row.number_a = a->number;
  }
  if (b != nullptr) {
    row.at_b = b->at;
    row.number_b = b->number;
  }
  const TraceEvent* shown = a != nullptr ? a : b;
  if (shown != nullptr) {
    row.text = rung_text({shown, 1});
    row.is_bare_ack = shown->packet.segment() != nullptr && shown->flow.what == Sending::ack;
  }
  return row;
}

}  // namespace

ConnectionPair::ConnectionPair(const Terms& terms, Facts a, Facts b)
    : terms_{terms}, a_{std::move(a)}, b_{std::move(b)}, gaps_{terms.tolerance} {}

void ConnectionPair::add_a(TraceEvent event) {
  note_silence(event, silence_[0]);
  streams_[static_cast<std::size_t>(event.stream)].add_a(std::move(event));
}

void ConnectionPair::add_b(TraceEvent event) {
  note_silence(event, silence_[1]);
  streams_[static_cast<std::size_t>(event.stream)].add_b(std::move(event));
}

void ConnectionPair::pump(bool a_is_over, bool b_is_over) {
  for (StreamAligner& stream : streams_) stream.pump(a_is_over, b_is_over, *this);
}

bool ConnectionPair::is_settled() const {
  return a_.connection->is_quiet && b_.connection->is_quiet &&
         std::ranges::all_of(streams_, &StreamAligner::is_empty);
}

// The client's unanswered retransmissions so far.
void ConnectionPair::note_silence(const TraceEvent& event, Silence& silence) const {
  if (event.stream != Stream::from_client) return;
  if (event.origin != Origin::timeout && event.origin != Origin::open_again) {
    if (event.packet.segment()->length() > 0) silence = {};
    return;
  }
  if (event.sender.expiries == 1) silence = {};
  silence.expiries = event.sender.expiries;
  silence.is_open = event.origin == Origin::open_again;
  silence.unreachable += event.sender.unreachable;
  if (event.sender.silence) silence.lasted = event.at - *event.sender.silence;
  if (event.before_same) silence.last_gap = event.at - *event.before_same;
  if (silence.expiries == 1) silence.first_gap = silence.last_gap;
}

void ConnectionPair::note_pieces(std::span<const TraceEvent> a, std::span<const TraceEvent> b) {
  if (a.size() + b.size() <= 2) return;
  cuts_.push_back({a.front().stream, a.front().flow.seq, a.back().flow.seq + a.back().payload()});
  if (cuts_.size() > kCuts) cuts_.pop_front();
}

// It acknowledges up to a point inside data that the two sides cut differently.
bool ConnectionPair::is_at_a_cut(const TraceEvent& ack) const {
  if (ack.origin != Origin::ack || ack.has(tcp_flag::fin)) return false;
  const Stream data = ack.stream == Stream::from_client ? Stream::from_server : Stream::from_client;
  return std::ranges::any_of(cuts_, [&](const Cut& cut) {
    return cut.stream == data && ack.flow.ack > cut.from && ack.flow.ack < cut.to;
  });
}

void ConnectionPair::on_match(std::span<const TraceEvent> a, std::span<const TraceEvent> b) {
  note_pieces(a, b);
  Row row = row_of(What::equal, &a.front(), &b.front());
  if (a.size() > 1) row.text = rung_text(a);
  for (const FieldChange& change : changed_fields(a, b)) {
    if (terms_.ignores(to_string(change.field))) continue;
    row.what = What::changed;
    row.changes.push_back(change);
    if (row.explanation.empty()) row.explanation = explain_field(change, a.front(), b.front(), a_, b_);
  }
  if (!terms_.ignores("time")) row.gap = gaps_.judge(a.front(), b.front(), terms_.both_are_runs);
  if (row.gap) {
    row.what = What::late;
    row.explanation = explain_gap(a.front(), b.front(), *row.gap, a_, b_);
  }
  gaps_.note_matched(a.front(), b.front());
  add_row(std::move(row));
}

void ConnectionPair::on_missing(const TraceEvent& a) { add_lone(a, true); }
void ConnectionPair::on_extra(const TraceEvent& b) { add_lone(b, false); }

void ConnectionPair::add_lone(const TraceEvent& event, bool in_a) {
  if (is_at_a_cut(event)) return;
  Row row = in_a ? row_of(What::missing, &event, nullptr) : row_of(What::extra, nullptr, &event);
  row.explanation = in_a ? explain_lone(event, a_, b_) : explain_lone(event, b_, a_);
  const bool repeats = event.origin == Origin::timeout || event.origin == Origin::open_again;
  add_row(std::move(row));
  if (event.stream != Stream::from_client) return;
  if (!repeats) {
    if (event.packet.segment()->length() > 0) first_lone_repeat_.reset();
  } else if (event.tlp != Tlp::yes && !first_lone_repeat_ && report_.rows.size() < terms_.most_rows) {
    first_lone_repeat_ = report_.rows.size() - 1;
  }
}

void ConnectionPair::on_moved(const TraceEvent& a, const TraceEvent& b) {
  Row row = row_of(What::moved, &a, &b);
  row.explanation = fmt::format("the same packet in another order: {}'s packet {}, {}'s packet {}", a_.name,
                                a.number, b_.name, b.number);
  add_row(std::move(row));
}

void ConnectionPair::on_lost_step(const TraceEvent* a, std::size_t count_a, const TraceEvent* b,
                                  std::size_t count_b) {
  Row row = row_of(What::lost_step, a, b);
  row.explanation =
      fmt::format("lost step: {} packets of {} and {} of {} are left out up to the next agreement", count_a,
                  a_.name, count_b, b_.name);
  add_row(std::move(row));
}

// Keeps differences and the equal steps around them.
void ConnectionPair::add_row(Row row) {
  if (row.what == What::equal) {
    ++report_.equal;
    if (after_ > 0) {
      --after_;
      report_.rows.push_back(std::move(row));
      return;
    }
    before_.push_back(std::move(row));
    if (before_.size() > terms_.context) {
      before_.pop_front();
      skipped_ = true;
    }
    return;
  }
  ++report_.differences;
  report_.is_same = false;
  if (report_.rows.size() >= terms_.most_rows) return;
  bool after_gap = std::exchange(skipped_, false);
  for (Row& context : before_) {
    context.after_gap = std::exchange(after_gap, false);
    report_.rows.push_back(std::move(context));
  }
  before_.clear();
  row.after_gap = after_gap;
  report_.rows.push_back(std::move(row));
  after_ = terms_.context;
}

void ConnectionPair::compare_config() {
  const auto both = [](const auto& x, const auto& y) { return x && y && *x != *y; };
  constexpr std::array<std::string_view, 2> kEnds{"client", "server"};
  for (std::size_t i = 0; i < kEnds.size(); ++i) {
    const EndConfig& a = a_.connection->config[i];
    const EndConfig& b = b_.connection->config[i];
    if (both(a.window_scale, b.window_scale)) {
      report_.config.push_back({fmt::format("window scale of the {}", kEnds[i]),
                                fmt::format("{}", *a.window_scale), fmt::format("{}", *b.window_scale),
                                explain_scale(*a.window_scale, *b.window_scale)});
    }
    if (both(a.mss, b.mss)) {
      report_.config.push_back({fmt::format("MSS of the {}", kEnds[i]), fmt::format("{}", *a.mss),
                                fmt::format("{}", *b.mss),
                                explain_mss(*a.mss, *b.mss, a_.connection->client.ip.is_v6())});
    }
  }
  if (terms_.ignores("config")) report_.config.clear();
  report_.is_same &= report_.config.empty();
}

// Retransmissions that only one side has, at the end of a silence: where each gave up is the reason.
void ConnectionPair::compare_limits() {
  const bool both = silence_[0].expiries > 0 && silence_[1].expiries > 0;
  if (!first_lone_repeat_ || !both || silence_[0].expiries == silence_[1].expiries) return;
  report_.rows[*first_lone_repeat_].explanation = explain_give_up(silence_[0], silence_[1], a_, b_);
}

// A reason that holds for several steps in a row is told once.
void ConnectionPair::tell_reasons_once() {
  std::string last;
  for (std::size_t i = 0; i < report_.rows.size(); ++i) {
    Row& row = report_.rows[i];
    if (row.explanation.empty()) continue;
    const bool is_lone = row.what == What::missing || row.what == What::extra;
    const bool in_silence = first_lone_repeat_ && *first_lone_repeat_ < i && is_lone;
    if (row.explanation == last || in_silence) {
      row.explanation.clear();
    } else {
      last = row.explanation;
    }
  }
}

ConnectionReport ConnectionPair::finish() {
  pump(true, true);
  report_.number_a = a_.connection->number;
  report_.number_b = b_.connection->number;
  report_.ends_a = ends_text(*a_.connection);
  report_.ends_b = ends_text(*b_.connection);
  for (const Facts* facts : {&a_, &b_}) {
    if (facts->connection->has_handshake) continue;
    report_.remarks.push_back(fmt::format(
        "{}: the handshake is not in the capture: its numbers are relative to the first packet seen, and "
        "windows whose scale is not known are not compared",
        facts->name));
  }
  compare_config();
  compare_limits();
  tell_reasons_once();
  sort_by_time(report_.rows);
  return std::move(report_);
}

}  // namespace halfopen::compare
