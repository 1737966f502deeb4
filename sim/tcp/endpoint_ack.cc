// What an ACK acknowledges: the scoreboard, the round-trip sample, the window, and what follows from them.
#include <algorithm>
#include <span>

#include "sim/tcp/endpoint.h"

namespace halfopen {

void Endpoint::take_ack(TimePoint now, const Segment& segment) {
  const std::uint32_t before = board_.in_flight();
  const bool outstanding = !board_.empty();
  const Seq una = snd_una_;
  const std::optional<Seq> fack = board_.sacked_end();
  AckResult result = clean_scoreboard(now, segment, fack);
  result.una = una;
  take_sack(now, segment, result, fack);
  take_rtt(now, segment, result);
  if (acc_ecn_ != nullptr) take_ace(segment, result);
  if (state_ == State::syn_received && result.advanced) {
    establish(now);
    if (!passive_ && receive_.has_holes()) take_text_of_syn(now, segment);
  }

  const std::uint32_t scaled = std::uint32_t{segment.window} << snd_scale_;
  result.duplicate = !result.advanced && outstanding && segment.ack == snd_una_ && segment.length() == 0 &&
                     (scaled == snd_wnd_ || result.sacked);
  const std::uint32_t cwnd = congestion_.cwnd();
  const bool half = congestion_.in_slow_start() && cwnd < 2 * before;
  result.limited = sends_bursts() ? congestion_.is_in_the_way() : before + congestion_.mss() > cwnd || half;
  update_send_window(now, segment, outstanding);

  patience_.on_ack(snd_wnd_ > 0 && !running(Timer::persist));
  if (result.advanced) {
    patience_.on_progress();
    soft_error_ = Errno::none;
    if (repair_.is_open()) repair_.forget_stamp();
  }
  const Repair::Around after = around(now);
  repair_.look_for_probe(after, segment, result);
  const bool was_recovering = repair_.phase() == Repair::Phase::recovery;  // its end sets the window, no more
  follow(now, repair_.on_ack(after, result, ecn_.congested));
  const bool by_acks = os().congestion.algorithm == CongestionAlgorithm::net3;
  const bool grows = repair_.is_open() || repair_.phase() == Repair::Phase::loss;
  // Where reordering is usual a SACK is progress, too (net/ipv4/tcp_input.c tcp_may_raise_cwnd).
  const bool counts_sacks = repair_.rack().reordering() > os().retransmit.dup_threshold;
  const bool progress =
      result.acked > 0 || (by_acks && result.advanced) || (result.sacked && sends_bursts() && counts_sacks);
  if (progress && grows && (!was_recovering || by_acks)) {
    congestion_.on_ack(os().congestion, {.now = now,
                                         .acked = sends_bursts() ? result.delivered : result.acked,
                                         .limited = result.limited,
                                         .rtt = result.rtt,
                                         .most = 0xffffU << snd_scale_,
                                         .una = snd_una_,
                                         .nxt = snd_nxt_});
  }
  rearm_after_ack(now, result);
  if (result.fin_acked) on_fin_acked(now, segment);
  if (state_ == State::closed) return;
  start_persist_if_stuck(now);
  looks_for_space_ = wants_space_;
}

// Counts one segment as arrived.
void Endpoint::note_delivered(const Repair::Around& around, const SentSegment& sent, AckResult& result,
                              std::optional<Seq> fack) {
  ++delivered_;
  if (ecn_.congested) ++delivered_marked_;
  repair_.on_delivered(around, sent, fack, result);
}

AckResult Endpoint::clean_scoreboard(TimePoint now, const Segment& segment, std::optional<Seq> fack) {
  AckResult result;
  const Seq ack = segment.ack;
  if (!ack.after(snd_una_)) return result;
  const bool had_syn = board_.has_syn();
  result.advanced = true;
  TimePoint oldest_sent = kNever;
  const Repair::Around before = around(now);
  while (!board_.empty() && board_.front().start.before(ack)) {
    const SentSegment& sent = board_.front();
    const bool part = sent.end().after(ack);
    if (!sent.is(SentSegment::sacked)) {
      if (sent.transmissions == 1) oldest_sent = std::min(oldest_sent, sent.sent);
      if (!part) note_delivered(before, sent, result, fack);
    }
    if (part) {
      // The peer took a piece (a closed window, or segments cut elsewhere): the rest stays outstanding.
      result.acked += board_.trim_front(distance(sent.start, ack));
      break;
    }
    if (sent.is(SentSegment::fin)) result.fin_acked = true;
    result.acked += board_.pop_front();
  }
  // Bytes leave the send buffer; SYN and FIN were never in it.
  const std::uint32_t control = (had_syn ? 1u : 0u) + (result.fin_acked ? 1u : 0u);
  const std::uint32_t advance = distance(snd_una_, ack);
  send_.drop_front(std::min(advance - std::min(control, advance), send_.size()));
  if (snd_up_.at_or_before(ack)) snd_up_ = ack;
  snd_una_ = ack;
  if (marks_ != nullptr && marks_->on_acked(now, ack)) ++news_.errors;
  if (snd_nxt_.before(ack)) snd_nxt_ = ack;  // a window probe's byte was taken
  if (window_probe_end_.at_or_before(ack)) window_probe_byte_ = false;
  if (oldest_sent != kNever && !result.acked_retransmitted) result.rtt = now - oldest_sent;
  return result;
}

// RFC 2018 section 5.1. Blocks are checked against what is outstanding; others (DSACK, lies) are passed over.
// `fack`: what had been SACKed before ended there.
void Endpoint::take_sack(TimePoint now, const Segment& segment, AckResult& result, std::optional<Seq> fack) {
  if (!sack_ok_ || segment.options.sack().empty()) return;
  const Repair::Around here = around(now);
  look_for_repetition(here, segment);
  for (const SeqSpan& block : segment.options.sack()) {
    if (block.length == 0 || !block.start.at_or_after(snd_una_) || block.end().after(snd_nxt_)) continue;
    if (block.length > distance(snd_una_, snd_nxt_)) continue;
    std::uint32_t i = board_.first_from(block.start);
    for (; i < board_.size() && board_[i].end().at_or_before(block.end()); ++i) {
      const SentSegment& sent = board_[i];
      if (sent.is(SentSegment::sacked)) continue;
      if (sent.transmissions == 1 && result.rtt == Duration{0} && !result.acked_retransmitted) {
        result.rtt = now - sent.sent;
      }
      note_delivered(here, sent, result, fack);
      board_.mark_sacked(i);
      result.sacked = true;
    }
  }
}

// RFC 2883: the first block lies below what is acknowledged, or inside the second.
void Endpoint::look_for_repetition(const Repair::Around& here, const Segment& segment) {
  const std::span<const SeqSpan> blocks = segment.options.sack();
  const SeqSpan first = blocks.front();
  const bool is_old = first.start.before(segment.ack);
  const bool is_inside = blocks.size() > 1 && first.start.at_or_after(blocks[1].start) &&
                         first.end().at_or_before(blocks[1].end());
  if (is_old || is_inside) repair_.on_repeated(here, first);
}

// RFC 6298 section 3 (Karn): a retransmitted segment gives no sample, unless timestamps tell the two apart.
void Endpoint::take_rtt(TimePoint now, const Segment& segment, AckResult& result) {
  RttSample sample{.exact = result.rtt};
  bool have = result.rtt > Duration{0};
  if (have) {
    sample.ticks = env_->clock.ticks(counted(now)) - env_->clock.ticks(now - result.rtt);
    min_rtt_ = std::min(min_rtt_, result.rtt);
  }
  const bool ticks_by_echo =
      os().rtt.estimator == RttEstimatorKind::bsd_ticks || os().rtt.estimator == RttEstimatorKind::freebsd;
  const bool echoed = ts_ok_ && result.advanced && segment.options.has_timestamps() &&
                      segment.options.timestamps().echo.wire() != 0;
  result.answers_original =
      echoed && repair_.stamp() != kNever && segment.options.timestamps().echo.before(repair_.stamp_ts());
  if (echoed && (ticks_by_echo || !have)) {
    const std::uint32_t steps = distance(segment.options.timestamps().echo, ts_now(now));
    const Duration step = os().options.ts_clock;
    if (steps <= RttEstimator::kLongestSample / step) {
      sample.ticks = steps;
      if (!have) {
        sample.exact = std::max<Duration>(steps * step, step);
      }
      have = true;
    }
  }
  if (!have) return;
  rtt_.sample(os().rtt, sample, snd_una_, snd_nxt_);
  patience_.on_sample();
}

// RFC 9293 section 3.10.7.4: an old segment must not change the window; and one that brings nothing new may
// do so only as far as the OS lets it. `outstanding`: something was, before the ACK counted.
void Endpoint::update_send_window(TimePoint now, const Segment& segment, bool outstanding) {
  const bool syn = segment.has(tcp_flag::syn);
  const std::uint32_t window = std::uint32_t{segment.window} << (syn ? 0 : snd_scale_);
  const bool has_news =
      snd_wl1_.before(segment.seq) || (snd_wl1_ == segment.seq && snd_wl2_.before(segment.ack));
  const bool is_repeated = snd_wl1_ == segment.seq && snd_wl2_ == segment.ack;
  const WindowUpdate rule = os().check.window_update;
  const bool counts =
      window > snd_wnd_ || rule == WindowUpdate::any || (window == 0 && rule == WindowUpdate::larger_or_none);
  if (!has_news && !(is_repeated && counts)) return;
  // What waited for the window waited long (net/ipv4/tcp_input.c tcp_ack_update_window).
  if (window != snd_wnd_ && !outstanding && unsent() > 0 && restarts_at_write()) restart_after_idle(now);
  snd_wnd_ = window;
  max_snd_wnd_ = std::max(max_snd_wnd_, snd_wnd_);
  snd_wl1_ = segment.seq;
  snd_wl2_ = segment.ack;
  if (snd_wnd_ == 0 || unsent() == 0) return;
  // The window is open: what waited for it goes out, and probing starts from the beginning next time.
  if (!running(Timer::persist)) return;
  const std::uint32_t usable = usable_window();
  if (usable >= std::min(send_mss(), unsent()) || usable >= max_snd_wnd_ / 2) {
    stop(Timer::persist);
    patience_.on_window_open();
  }
}

void Endpoint::rearm_after_ack(TimePoint now, const AckResult& result) {
  if (board_.empty()) {
    stop(Timer::retransmit);
    stop(Timer::loss_probe);
    stop(Timer::reorder);
    stop(Timer::user_timeout);
    return;
  }
  if (result.advanced) {
    stop(Timer::user_timeout);
    arm_user_timeout(now);
  }
  if (running(Timer::reorder)) return;
  if (result.advanced) {
    arm_retransmit_or_probe(now, true);
  } else if (result.sacked && running(Timer::loss_probe)) {
    arm_retransmit_or_probe(now, false);
  } else if (!running(Timer::retransmit) && !running(Timer::loss_probe)) {
    arm_retransmit(now);  // RACK's timer held the slot until now
  }
}

void Endpoint::on_fin_acked(TimePoint now, const Segment& segment) {
  switch (state_) {
    case State::fin_wait_1:
      if (!orphan_ || options_.fin_wait_2 >= 0) return enter_fin_wait_2(now);
      // TCP_LINGER2 (net/ipv4/tcp_input.c tcp_rcv_state_process).
      reply_reset(Arrival{.segment = segment}, Cause::rst_abort);
      return finish(now, Cause::rst_abort, Errno::none);
    case State::closing: return enter_time_wait(now, Cause::fin_acked);
    case State::last_ack: return finish(now, Cause::fin_acked, Errno::none);
    default: return;
  }
}

}  // namespace halfopen
