// The phases of a repair, and what ends them.
#include "sim/tcp/repair.h"

#include <algorithm>

namespace halfopen {
namespace {

// Congestion that is told, not found by loss (net/ipv4/tcp_input.c tcp_enter_cwr, tcp_cwnd_reduction).
bool falls_bit_by_bit(const OsProfile& os) {
  return os.congestion.unit.value == CwndUnit::segments && os.congestion.prr;
}

// What a loss halves (netinet/tcp_input.c, netinet/tcp_timer.c: min(snd_wnd, snd_cwnd) / 2).
std::uint32_t in_use(const Repair::Around& around) {
  const bool by_windows = around.os.congestion.algorithm == CongestionAlgorithm::net3;
  return by_windows ? std::min(around.window, around.congestion.cwnd()) : around.board.out();
}

bool counts_anew(const Repair::Around& around, const AckResult& ack) {
  return around.os.congestion.algorithm == CongestionAlgorithm::net3 && !ack.advanced && !ack.duplicate;
}

}  // namespace

void Repair::start(const OsProfile& os, Seq una) {
  rack_.start(una, os.retransmit.dup_threshold);
  high_seq_ = probe_end_ = una;
  stamp_ = kNever;
}

Repair::Step Repair::on_ack(const Around& around, AckResult& ack, bool congested) {
  Step step;
  if (by_supposition(around)) suppose(around, ack);
  const Scoreboard& board = around.board;
  if (ack.late) see_reordering(around, *ack.late);
  switch (phase_) {
    case Phase::open: on_ack_open(around, ack, congested, step); break;
    case Phase::cwr: on_ack_cwr(around, ack, step); break;
    case Phase::recovery: on_ack_recovery(around, ack, step); break;
    case Phase::loss: on_ack_loss(around, ack, step); break;
  }
  if (board.empty()) rack_.reset();
  return step;
}

// net/ipv4/tcp_input.c tcp_check_sack_reordering.
void Repair::see_reordering(const Around& around, Seq late) {
  const Seq top = around.board.sacked_end().value_or(around.una);
  if (!top.after(late)) return;
  if (reorderings_ < 0xffff) ++reorderings_;
  rack_.on_reordering(distance(late, top), around.mss, around.os.retransmit.most_reordering);
}

void Repair::on_ack_open(const Around& around, const AckResult& ack, bool congested, Step& step) {
  if (can_undo_ && undo_repairs_ == 0 && around.os.retransmit.undo) undo(around, false);
  if (!around.board.empty()) detect(around, ack, step);
  if (around.board.has_repair()) return begin_recovery(around, ack, step);
  if (!congested) return;
  enter_cwr(around, ack.acked);
  step.reduced = true;
  if (falls_bit_by_bit(around.os)) reduce(around, ack, false);
}

void Repair::enter_cwr(const Around& around, std::uint32_t acked) {
  const bool segments = around.os.congestion.unit.value == CwndUnit::segments;
  prr_.begin(segments ? around.congestion.cwnd() : around.board.out());
  high_seq_ = around.nxt;
  around.congestion.on_loss(around.os.congestion, around.board.out() + acked);
  if (!falls_bit_by_bit(around.os)) around.congestion.set_cwnd(around.congestion.ssthresh());
  can_undo_ = false;
  phase_ = Phase::cwr;
}

void Repair::on_ack_cwr(const Around& around, const AckResult& ack, Step& step) {
  detect(around, ack, step);
  if (around.board.has_repair()) return begin_recovery(around, ack, step);
  if (around.una.at_or_after(high_seq_)) {
    around.congestion.set_cwnd(around.congestion.ssthresh());
    phase_ = Phase::open;
    return;
  }
  if (falls_bit_by_bit(around.os)) reduce(around, ack, false);
}

// --- Recovery

// `ack` showed the loss. What it delivered lets segments go, as later ACKs do (net/ipv4/tcp_input.c
// tcp_cong_control).
void Repair::begin_recovery(const Around& around, const AckResult& ack, Step& step) {
  const OsProfile& os = around.os;
  const bool segments = os.congestion.unit.value == CwndUnit::segments;
  prr_.begin(segments ? around.congestion.cwnd() : around.board.out());
  high_seq_ = around.nxt;
  if (phase_ != Phase::cwr) {  // once a window
    around.congestion.on_loss(os.congestion, in_use(around));
    arm_undo(around);
  }
  step.reduced = true;
  phase_ = Phase::recovery;
  forced_ = true;
  cause_ = Cause::retransmit_fast;
  frto_ = asks_ = false;
  stamp(around);
  const bool by_duplicates = !by_time(around) && !by_sack(around) && !by_supposition(around);
  const std::uint32_t inflation = by_duplicates ? os.retransmit.dup_threshold * around.congestion.mss() : 0;
  around.congestion.set_cwnd(around.congestion.ssthresh() + inflation);
  if (!by_duplicates && os.congestion.prr) reduce(around, ack, true);
}

void Repair::on_ack_recovery(const Around& around, const AckResult& ack, Step& step) {
  const OsProfile& os = around.os;
  Scoreboard& board = around.board;
  const bool undoes = os.retransmit.undo;
  // Without SACK old duplicates would look like a new loss: it is over with the first ACK beyond (RFC 6582
  // section 4; net/ipv4/tcp_input.c tcp_is_non_sack_preventing_reopen).
  if (by_supposition(around) && around.una == high_seq_) {
    stamp_ = kNever;
    return reduce(around, ack, false);
  }
  // An ACK that changes the window, or brings data, makes 4.4BSD count anew (netinet/tcp_input.c tcp_input:
  // t_dupacks = 0).
  if (counts_anew(around, ack)) {
    duplicates_ = 0;
    phase_ = Phase::open;
    return board.forgive_all();
  }
  const bool over = around.una.at_or_after(high_seq_);
  if (over || (ack.advanced && os.retransmit.recovery == Recovery::reno)) {
    if (undoes && may_undo(ack))
      undo(around, false);
    else
      leave_recovery(around);
    if (by_time(around)) on_ack_open(around, ack, false, step);
    return;
  }
  if (undoes && ack.advanced && can_undo_ && ack.answers_original) {
    // A late original: while repairs are on the way, they are waited for (net/ipv4/tcp_input.c
    // tcp_try_undo_partial).
    see_reordering(around, ack.una);
    if (board.retransmitted() > 0) return reduce(around, ack, false);
    return undo(around, true);
  }
  if (undoes && can_undo_ && undo_repairs_ == 0) return undo(around, false);
  const std::uint32_t lost_before = board.lost();
  if (by_time(around) || by_sack(around) || by_supposition(around)) {
    detect(around, ack, step);
    if (ack.advanced && !board.empty() && !board.front().is(SentSegment::sacked) && board.lost() == 0)
      board.mark_lost(0);  // a partial ACK shows the next hole
    if (os.congestion.prr) reduce(around, ack, board.lost() > lost_before);
  } else {
    repair_by_partial_acks(around, ack);
  }
  if (board.has_repair() && cause_ != Cause::retransmit_partial_ack)
    cause_ = ack.advanced ? Cause::retransmit_partial_ack : Cause::retransmit_fast;
}

// RFC 6582 section 3.2 step 3: the next hole, and the window shrinks by what was acknowledged. RFC 5681
// section 3.2 step 4: a duplicate lets a segment go.
void Repair::repair_by_partial_acks(const Around& around, const AckResult& ack) {
  CongestionControl& congestion = around.congestion;
  if (ack.advanced) {
    if (!around.board.empty()) around.board.mark_lost(0);
    repeat(Cause::retransmit_partial_ack, true);
    const std::uint32_t cwnd = congestion.cwnd();
    congestion.set_cwnd(cwnd > ack.acked ? cwnd - ack.acked + congestion.mss() : congestion.mss());
  } else if (ack.duplicate) {
    if (duplicates_ < 255) ++duplicates_;
    congestion.set_cwnd(congestion.cwnd() + congestion.mss());
  }
}

void Repair::reduce(const Around& around, const AckResult& ack, bool newly_lost) {
  if (ack.delivered == 0) return;
  const std::uint32_t flight = around.board.in_flight();
  const std::uint32_t send = prr_.allow({.delivered = ack.delivered,
                                         .in_flight = flight,
                                         .ssthresh = around.congestion.ssthresh(),
                                         .segment = around.congestion.mss(),
                                         .advanced_clean = ack.advanced && !newly_lost});
  around.congestion.set_cwnd(flight + send);
}

void Repair::leave_recovery(const Around& around) {
  const std::uint32_t mss = around.congestion.mss();
  std::uint32_t cwnd = around.congestion.ssthresh();
  if (around.os.retransmit.recovery == Recovery::newreno)
    cwnd = std::min(cwnd, std::max(around.board.in_flight(), mss) + mss);  // RFC 6582
  // 4.4BSD takes back what duplicates added only where there were more than the three.
  const bool keeps = around.os.congestion.algorithm == CongestionAlgorithm::net3 &&
                     duplicates_ <= around.os.retransmit.dup_threshold;
  if (!keeps) around.congestion.set_cwnd(cwnd);
  phase_ = Phase::open;
  duplicates_ = 0;
  stamp_ = kNever;
  rack_.on_recovered();
  // Reno leaves with holes unfilled: they are no longer known to be lost.
  if (!by_time(around)) around.board.forgive_all();
}

// --- Timeouts

// RFC 5681 section 3.1, RFC 6298 section 5.4: everything is taken for lost, the window is one segment.
void Repair::on_timeout(const Around& around, std::uint8_t expiries) {
  const OsProfile& os = around.os;
  Scoreboard& board = around.board;
  const bool was_open = phase_ == Phase::open;
  const bool is_over = !high_seq_.after(around.una);
  const bool each = os.congestion.algorithm == CongestionAlgorithm::net3;
  const bool fresh = each || was_open || is_over || (expiries == 0 && phase_ == Phase::loss) ||
                     (!os.retransmit.undo && phase_ != Phase::loss);
  if (fresh) {
    around.congestion.on_loss(os.congestion, in_use(around));
    arm_undo(around);
  }
  if (board.sacked() >= board.units(1) * os.retransmit.dup_threshold && was_open)
    rack_.forget_reordering(os.retransmit.dup_threshold);
  frto_ = os.retransmit.frto && (was_open || phase_ == Phase::cwr || expiries > 0);
  asks_ = false;
  if (fresh || os.retransmit.undo) high_seq_ = around.nxt;
  stamp(around);
  if (by_supposition(around)) board.suppose_sacked(0);
  phase_ = Phase::loss;
  duplicates_ = 0;
  probe_out_ = false;
  // A peer that reneged on its first block (RFC 2018 section 8) lost what it had SACKed.
  const bool reneged = board.front().is(SentSegment::sacked);
  for (std::uint32_t i = 0; i < board.size(); ++i) {
    if (board[i].is(SentSegment::sacked)) {
      if (!reneged) continue;
      board.unmark_sacked(i);
    } else if (i > 0 && by_time(around) && rack_.is_recent(board[i], around.now)) {
      continue;
    }
    board.mark_lost(i);
  }
  around.congestion.on_timeout();
  around.congestion.set_cwnd(board.in_flight() + around.congestion.mss());
  repeat(Cause::retransmit_timeout, true);
}

void Repair::on_ack_loss(const Around& around, const AckResult& ack, Step& step) {
  const bool undoes = around.os.retransmit.undo;
  asks_ = false;
  if (undoes && ack.advanced && may_undo(ack)) return undo(around, true);
  if (frto_) {
    // RFC 5682 section 3.1: what was sent before the timeout, and once only, arrived.
    if (ack.acked_original && (ack.advanced || ack.sacked)) return undo(around, true);
    if (ask_by_new_data(around, ack)) return;
  }
  if (by_supposition(around) && around.una == high_seq_ && !around.board.empty()) {
    stamp_ = kNever;
    return;
  }
  if (around.una.at_or_after(high_seq_) || around.board.empty()) {
    phase_ = Phase::open;
    duplicates_ = 0;
    stamp_ = kNever;
    frto_ = false;
    rack_.on_recovered();
    if (by_time(around)) on_ack_open(around, ack, false, step);
    return;
  }
  const std::uint32_t repairs = around.board.retransmitted();
  if (around.sack) detect(around, ack, step);
  // A repair was lost, too: from here on it is a recovery (net/ipv4/tcp_input.c tcp_fastretrans_alert).
  if (by_time(around) && around.board.retransmitted() < repairs) return begin_recovery(around, ack, step);
  if (around.board.has_repair()) cause_ = Cause::retransmit_partial_ack;
}

// Steps 2 and 3 of F-RTO: the first ACK that moves on lets new data go in place of repairs, and what that
// meets decides (net/ipv4/tcp_input.c tcp_process_loss). True if new data is to tell.
bool Repair::ask_by_new_data(const Around& around, const AckResult& ack) {
  if (around.nxt.after(high_seq_)) {
    if (ack.sacked || ack.duplicate) frto_ = false;
    return false;
  }
  if (!ack.advanced || around.una.at_or_after(high_seq_)) return false;
  high_seq_ = around.nxt;
  asks_ = frto_ = around.may_send_new;
  return asks_;
}

void Repair::on_syn_data_lost(const Around& around) {
  for (std::uint32_t i = 0; i < around.board.size(); ++i) around.board.mark_lost(i);
  high_seq_ = around.nxt;
  phase_ = Phase::loss;
  cause_ = Cause::retransmit_syn_data;
}

Repair::Step Repair::on_reorder_timer(const Around& around) {
  Step step;
  step.reorder_wait = rack_.mark_lost(around.board, path(around), true);
  // net/ipv4/tcp_recovery.c tcp_rack_reo_timeout: as if one had been delivered.
  if (around.board.has_repair() && phase_ == Phase::open) {
    AckResult one;
    one.delivered = around.congestion.mss();
    begin_recovery(around, one, step);
  }
  return step;
}

void Repair::stamp(const Around& around) {
  if (stamp_ != kNever) return;
  stamp_ = around.now;
  stamp_ts_ = around.ts_now;
}

// --- Undoing (net/ipv4/tcp_input.c tcp_init_undo, tcp_may_undo, tcp_undo_cwnd_reduction)

void Repair::arm_undo(const Around& around) {
  can_undo_ = true;
  undo_from_ = around.una;
  undo_repairs_ =
      around.board.retransmitted() > 0 ? static_cast<std::int32_t>(around.board.retransmitted()) : -1;
}

bool Repair::may_undo(const AckResult& ack) const {
  return can_undo_ && (undo_repairs_ == 0 || ack.answers_original);
}

// `losses`: what was taken for lost was not, either.
void Repair::undo(const Around& around, bool losses) {
  if (losses) {
    around.board.forgive_all();
    rack_.look_again(around.una);
  }
  around.congestion.undo();
  phase_ = Phase::open;
  frto_ = can_undo_ = false;
  stamp_ = kNever;
}

// --- Sending again

bool Repair::may_send(const Around& around) {
  if (!around.board.has_repair()) {
    forced_ = false;
    return false;
  }
  if (forced_) return true;
  if (around.board.in_flight() >= around.congestion.cwnd()) return false;
  if (!asks_) return true;
  if (around.may_send_new || around.nxt.after(high_seq_)) return false;
  asks_ = frto_ = false;
  return true;
}

void Repair::on_repaired(const SentSegment& sent, std::uint32_t units) {
  forced_ = false;
  rack_.on_resent(sent);
  prr_.on_sent(units);
  undo_repairs_ = std::max(undo_repairs_, 0) + 1;
}

// --- The tail loss probe

bool Repair::begin_probe() {
  if (probe_out_) return false;
  probe_out_ = true;
  return true;
}

void Repair::on_probe_sent(Seq nxt, bool is_new) {
  probe_end_ = nxt;
  probe_is_new_ = is_new;
}

// RFC 8985 section 7.4.
void Repair::look_for_probe(const Around& around, const Segment& segment, const AckResult& ack) {
  if (!probe_out_ || segment.ack.before(probe_end_)) return;
  if (probe_is_new_ || phase_ != Phase::open) {
    probe_out_ = false;
    return;
  }
  for (const SeqSpan& block : segment.options.sack()) {
    if (!block.end().at_or_before(segment.ack)) continue;
    probe_out_ = false;  // DSACK: the original had arrived
    return;
  }
  if (!segment.ack.after(probe_end_)) {
    // The probe's own ACK may still come: only a second one like this shows that both arrived.
    if (!ack.advanced && segment.length() == 0) probe_out_ = false;
    return;
  }
  // The probe repaired a loss: the window pays for it once.
  probe_out_ = false;
  around.congestion.on_loss(around.os.congestion, around.board.in_flight());
  around.congestion.set_cwnd(around.congestion.ssthresh());
}

}  // namespace halfopen
