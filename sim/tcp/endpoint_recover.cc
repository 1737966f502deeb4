// Repair: fast retransmit and recovery (RFC 5681, 6582, 6675, 8985), timeouts (RFC 6298), and giving up
// (RFC 9293 section 3.8.3).
#include <algorithm>
#include <bit>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

constexpr Duration kReorderSlack = 2ms;  // net/ipv4/tcp_recovery.c tcp_rack_mark_lost: TCP_TIMEOUT_MIN_US

}  // namespace

// --- Detecting loss

void Endpoint::detect_loss(TimePoint now, const AckResult& result) {
  const Recovery kind = os().retransmit.recovery;
  if (sack_ok_ && kind == Recovery::rack) {
    if (board_.sacked() > 0 || phase_ != Phase::open) detect_by_rack(now);
    return;
  }
  if (sack_ok_ && kind == Recovery::sack_pipe) {
    if (result.sacked || result.advanced) detect_by_sack_count();
    return;
  }
  if (result.advanced) {
    dup_acks_ = 0;
    return;
  }
  if (!result.duplicate || board_.empty()) return;
  if (dup_acks_ < 255) ++dup_acks_;
  if (dup_acks_ == os().retransmit.dup_threshold && phase_ == Phase::open) board_.mark_lost(0);
}

// RFC 8985 section 6.2 step 5: lost is what was sent a reordering window before something that has arrived.
void Endpoint::detect_by_rack(TimePoint now) {
  if (rack_sent_ == TimePoint{}) return;
  Duration window{0};
  const bool many = board_.sacked() >= os().retransmit.dup_threshold * congestion_.mss();
  if (reordering_seen_ || (phase_ == Phase::open && !many)) {
    window = min_rtt_ == Duration::max() ? Duration{0} : min_rtt_ / 4;
  }
  Duration longest{0};
  for (std::uint32_t i = 0; i < board_.size(); ++i) {
    const SentSegment& sent = board_[i];
    if (sent.is(SentSegment::sacked) || sent.awaits_repair()) continue;
    const bool earlier_sent =
        sent.sent < rack_sent_ || (sent.sent == rack_sent_ && sent.end().before(rack_end_));
    if (!earlier_sent) {
      if (sent.start.at_or_after(rack_end_)) break;
      continue;
    }
    const Duration left = sent.sent + rack_rtt_ + window - now;
    if (left <= Duration{0}) {
      board_.mark_lost(i);
    } else {
      longest = std::max(longest, left);
    }
  }
  if (longest > Duration{0}) {
    stop(Timer::retransmit);
    stop(Timer::loss_probe);
    arm(now, Timer::reorder, env_->clock.round_up(longest + kReorderSlack));
  } else {
    stop(Timer::reorder);
  }
}

// RFC 6675 section 4, IsLost: three SACKed segments, or more than two segments' worth of bytes, above it.
void Endpoint::detect_by_sack_count() {
  const std::uint32_t threshold = os().retransmit.dup_threshold;
  std::uint32_t segments = 0;
  std::uint32_t bytes = 0;
  for (std::uint32_t i = board_.size(); i-- > 0;) {
    const SentSegment& sent = board_[i];
    if (sent.is(SentSegment::sacked)) {
      ++segments;
      bytes += sent.length;
    } else if (segments >= threshold || bytes > (threshold - 1) * send_mss()) {
      // What was retransmitted is not lost again by the old evidence.
      if (!sent.is(SentSegment::retransmitted)) board_.mark_lost(i);
    }
  }
}

// --- Recovery

void Endpoint::recover(TimePoint now, const AckResult& result) {
  if (phase_ != Phase::open && result.answers_original && os().retransmit.frto) return undo_recovery();
  if (phase_ == Phase::loss) return recover_from_timeout(now, result);
  if (phase_ == Phase::cwr) return recover_from_cwr(now, result);
  if (phase_ == Phase::open) {
    if (!board_.empty()) detect_loss(now, result);
    if (board_.has_repair()) return begin_recovery(now, result);
    if (ecn_.congested) enter_cwr(result);
    return;
  }
  const std::uint32_t lost_before = board_.lost();
  const bool counts_sack =
      sack_ok_ && os().retransmit.recovery != Recovery::reno && os().retransmit.recovery != Recovery::newreno;
  const bool over = snd_una_.at_or_after(high_seq_);
  if (over || (result.advanced && os().retransmit.recovery == Recovery::reno)) return leave_recovery();
  if (counts_sack) {
    detect_loss(now, result);
    if (result.advanced && !board_.empty() && !board_.front().is(SentSegment::sacked) && board_.lost() == 0) {
      board_.mark_lost(0);  // a partial ACK shows the next hole
    }
  } else if (result.advanced) {
    // RFC 6582 section 3.2 step 3: the next hole, and the window shrinks by what was acknowledged.
    if (!board_.empty()) board_.mark_lost(0);
    retransmit_cause_ = Cause::retransmit_partial_ack;
    force_retransmit_ = true;
    const std::uint32_t cwnd = congestion_.cwnd();
    congestion_.set_cwnd(cwnd > result.acked ? cwnd - result.acked + congestion_.mss() : congestion_.mss());
  } else if (result.duplicate) {
    congestion_.set_cwnd(congestion_.cwnd() + congestion_.mss());  // RFC 5681 section 3.2 step 4
  }
  if (counts_sack && os().congestion.prr) prr_update(result, board_.lost() > lost_before);
  if (board_.has_repair() && retransmit_cause_ != Cause::retransmit_partial_ack) {
    retransmit_cause_ = result.advanced ? Cause::retransmit_partial_ack : Cause::retransmit_fast;
  }
}

// `result`: of what showed the loss. What it delivered lets segments go, as later ACKs do
// (net/ipv4/tcp_input.c tcp_cong_control).
void Endpoint::begin_recovery(TimePoint now, const AckResult& result) {
  enter_recovery(now, Cause::retransmit_fast);
  if (sack_ok_ && os().congestion.prr) prr_update(result, true);
}

void Endpoint::enter_recovery(TimePoint now, Cause why) {
  const bool segments = os().congestion.unit.value == CwndUnit::segments;
  prr_prior_ =
      std::max(segments ? congestion_.cwnd() : board_.out(), 1u);  // Linux: prior_cwnd; RFC 6937: RecoverFS
  high_seq_ = snd_nxt_;
  if (phase_ != Phase::cwr) congestion_.on_loss(os().congestion, board_.out());  // once a window
  ecn_.owes_cwr = ecn_.agreed;
  prr_delivered_ = prr_out_ = 0;
  phase_ = Phase::recovery;
  force_retransmit_ = true;
  retransmit_cause_ = why;
  frto_ = false;
  if (retrans_stamp_ == kNever) {
    retrans_stamp_ = now;
    first_retransmit_ts_ = ts_now(now);
  }
  const bool inflates = !sack_ok_ || os().retransmit.recovery == Recovery::reno ||
                        os().retransmit.recovery == Recovery::newreno;
  const std::uint32_t inflation = inflates ? os().retransmit.dup_threshold * congestion_.mss() : 0;
  congestion_.set_cwnd(congestion_.ssthresh() + inflation);
}

// RFC 6937 section 3, with a first repair whatever is allowed. `newly_lost`: this ACK showed another loss.
void Endpoint::prr_update(const AckResult& result, bool newly_lost) {
  if (result.delivered == 0) return;
  prr_delivered_ += result.delivered;
  const std::uint32_t target = congestion_.ssthresh();
  std::uint32_t send = 0;
  if (board_.in_flight() > target) {
    const std::uint64_t share = (std::uint64_t{prr_delivered_} * target + prr_prior_ - 1) / prr_prior_;
    send = share > prr_out_ ? static_cast<std::uint32_t>(share) - prr_out_ : 0;
  } else {
    std::uint32_t limit =
        std::max(prr_delivered_ > prr_out_ ? prr_delivered_ - prr_out_ : 0, result.delivered);
    if (result.advanced && !newly_lost) limit += congestion_.mss();
    send = std::min(target - board_.in_flight(), limit);
  }
  if (prr_out_ == 0) send = std::max(send, congestion_.mss());
  congestion_.set_cwnd(board_.in_flight() + send);
}

void Endpoint::leave_recovery() {
  const std::uint32_t flight = board_.in_flight();
  const std::uint32_t mss = congestion_.mss();
  std::uint32_t cwnd = congestion_.ssthresh();
  if (os().retransmit.recovery == Recovery::newreno)
    cwnd = std::min(cwnd, std::max(flight, mss) + mss);  // RFC 6582
  congestion_.set_cwnd(cwnd);
  phase_ = Phase::open;
  dup_acks_ = 0;
  retrans_stamp_ = kNever;
  // Reno leaves with holes unfilled: they are no longer known to be lost.
  board_.forgive_all();
}

// The retransmission was for nothing: RFC 5682 section 3.1, RFC 4015 section 3.
void Endpoint::undo_recovery() {
  board_.forgive_all();
  congestion_.undo();
  phase_ = Phase::open;
  frto_ = false;
  retrans_stamp_ = kNever;
}

void Endpoint::recover_from_timeout(TimePoint now, const AckResult& result) {
  if (frto_) {
    if (result.acked_original && (result.advanced || result.sacked)) return undo_recovery();
    if (!result.advanced || unsent() == 0) frto_ = false;  // conventional recovery
  }
  if (snd_una_.at_or_after(high_seq_) || board_.empty()) {
    phase_ = Phase::open;
    dup_acks_ = 0;
    retrans_stamp_ = kNever;
    frto_ = false;
    return;
  }
  if (sack_ok_) detect_loss(now, result);
  if (board_.has_repair()) retransmit_cause_ = Cause::retransmit_partial_ack;
}

// RFC 8985 section 7.4: what the probe's ACK says.
void Endpoint::tail_loss_acked(const Segment& segment, const AckResult& result) {
  if (!tail_probe_out_ || segment.ack.before(tail_probe_end_)) return;
  if (tail_probe_new_ || phase_ != Phase::open) {
    tail_probe_out_ = false;
    return;
  }
  for (const SeqSpan& block : segment.options.sack()) {
    if (!block.end().at_or_before(segment.ack)) continue;
    tail_probe_out_ = false;  // DSACK: the original had arrived
    return;
  }
  if (!segment.ack.after(tail_probe_end_)) {
    // The probe's own ACK may still come: only a second one like this shows that both arrived.
    if (!result.advanced && segment.length() == 0) tail_probe_out_ = false;
    return;
  }
  // The probe repaired a loss: the window pays for it once.
  tail_probe_out_ = false;
  congestion_.on_loss(os().congestion, board_.in_flight());
  congestion_.set_cwnd(congestion_.ssthresh());
}

}  // namespace halfopen
