// A segment arrives: RFC 9293 section 3.10.7.4, step by step, with RFC 5961's defences and RFC 7323's PAWS.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

// RFC 7323 section 5.5: a TS.Recent older than 24 days says nothing.
constexpr Duration kTimestampIdle = std::chrono::hours{24 * 24};

}  // namespace

Endpoint::Verdict Endpoint::on_segment(TimePoint now, const Arrival& arrival) {
  state_before_ = state_;
  haste_ = Haste::usual;
  switch (state_) {
    case State::closed:
    case State::listen: return Verdict::done;
    case State::syn_sent: on_syn_sent(now, arrival); return Verdict::done;
    case State::time_wait: return on_time_wait(now, arrival.segment);
    default: return on_synchronized(now, arrival);
  }
}

Endpoint::Verdict Endpoint::on_synchronized(TimePoint now, const Arrival& arrival) {
  const Segment& segment = arrival.segment;
  if (acc_ecn_ != nullptr && segment.has(tcp_flag::syn)) note_syn_again(arrival);
  // The SYN again: our SYN-ACK was lost, or is late.
  if (state_ == State::syn_received && segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack) &&
      segment.seq == irs_) {
    if (!may_answer_again(now)) return Verdict::done;
    syn_pending_ = true;
    ack_.note_syn_again();
    arm(now, Timer::retransmit, rto());
    return Verdict::done;
  }
  // Simultaneous open: the peer's SYN-ACK repeats the SYN that is already counted; it is its ACK that
  // matters.
  const bool crossing = state_ == State::syn_received && segment.has(tcp_flag::syn) &&
                        segment.has(tcp_flag::ack) && segment.seq + 1 == rcv_nxt_;
  if (crossing && segment.ack == snd_nxt_) {
    if (os().check.dsack_of_crossing_syn && os().options.dsack && sack_ok_) dsack_ = {segment.seq, 1};
    take_ack(now, segment);
    ack_now(Cause::handshake_complete);
    return Verdict::done;
  }
  if (!passes_paws(now, segment) || !passes_sequence(now, segment)) return Verdict::done;
  if (segment.has(tcp_flag::rst)) {
    on_reset(now, segment);
    return Verdict::done;
  }
  if (segment.has(tcp_flag::syn)) {
    on_syn_in_window(now, arrival);
    return Verdict::done;
  }
  if (!segment.has(tcp_flag::ack) || !passes_ack(now, arrival)) return Verdict::done;
  if (state_ == State::syn_received && defers_accept(segment)) return Verdict::done;
  last_received_ = now;
  take_timestamp(now, segment);
  if (ecn_.agreed) take_ecn(arrival);
  if (acc_ecn_ != nullptr) take_acc_ecn(arrival);
  take_ack(now, segment);
  if (state_ == State::closed) return Verdict::done;
  if (segment.length() > 0) take_data(now, arrival);
  if (acc_ecn_ != nullptr && acc_ecn_->hurries && ack_.is_owed()) ack_now(Cause::ack_now);
  return Verdict::done;
}

// First of all, before the sequence check (RFC 7323 section 5.3); resets are exempt (section 5.2).
bool Endpoint::passes_paws(TimePoint now, const Segment& segment) {
  if (!ts_ok_ || !segment.options.has_timestamps() || segment.has(tcp_flag::rst)) return true;
  if (!segment.options.timestamps().value.before(ts_recent_)) return true;
  if (now - ts_recent_at_ > kTimestampIdle) return true;
  on_unacceptable(now, segment);
  return false;
}

bool Endpoint::passes_sequence(TimePoint now, const Segment& segment) {
  // A SYN that was counted long ago is old, whatever was acknowledged since.
  const bool old_syn = segment.has(tcp_flag::syn) && segment.seq.before(rcv_nxt_);
  const bool not_old = segment.end().at_or_after(window_.acknowledged()) && !old_syn;
  const bool not_beyond = segment.seq.at_or_before(rcv_nxt_ + acceptable_window());
  if (not_old && not_beyond) return true;
  if (segment.has(tcp_flag::rst)) {
    // A reset for the byte before: the peer counted our FIN, or sent it before its own (Linux,
    // tcp_reset_check).
    const bool after_fin =
        state_ == State::close_wait || state_ == State::closing || state_ == State::last_ack;
    const bool one_before = os().check.rst.value == RstCheck::exact && segment.seq + 1 == rcv_nxt_;
    if (after_fin && one_before) {
      finish(now, Cause::rst_received, os().socket.rst_error.value[static_cast<std::size_t>(state_)]);
    }
    return false;
  }
  on_unacceptable(now, segment);
  return false;
}

// An old, repeated or out-of-window segment is answered with an ACK, which tells a half-open peer the truth.
void Endpoint::on_unacceptable(TimePoint now, const Segment& segment) {
  if (segment.has(tcp_flag::syn)) {
    if (os().check.syn.value != SynCheck::reset) return challenge(now);
    return ack_now(Cause::ack_duplicate);
  }
  if (segment.length() > 0) {
    if (segment.has(tcp_flag::ack) && segment.ack.at_or_before(snd_nxt_)) last_received_ = now;
    return on_repetition(segment);
  }
  if (!may_answer_again(now)) return;
  const bool probes_us = segment.seq + 1 == rcv_nxt_;
  if (probes_us) last_received_ = now;
  ack_now(probes_us ? Cause::keepalive_reply : Cause::ack_duplicate);
}

// Sequence space that is not new: the sender missed our ACK, or asks whether we live. RFC 2883 section 4.1.
void Endpoint::on_repetition(const Segment& segment) {
  const bool old = segment.end().at_or_before(rcv_nxt_);
  if (old && os().options.dsack && sack_ok_) dsack_ = SeqSpan{segment.seq, segment.length()};
  ack_.on_repetition(os().ack);
  const bool probes_us = segment.seq + 1 == rcv_nxt_ && segment.length() == 1;
  ack_now(probes_us ? Cause::keepalive_reply : Cause::ack_duplicate);
}

// Segments without data are answered once in a while, lest two ends answer each other for ever (Linux,
// tcp_oow_rate_limited).
bool Endpoint::may_answer_again(TimePoint now) {
  const Duration quiet = os().check.out_of_window_interval;
  if (quiet == Duration{0}) return true;
  if (out_of_window_ack_ != TimePoint{} && now - out_of_window_ack_ < quiet) return false;
  out_of_window_ack_ = now;
  return true;
}

// RFC 5961 section 7: at most so many in a time, so that an attacker cannot make us talk.
void Endpoint::challenge(TimePoint now) {
  const CheckProfile& check = os().check;
  if (check.challenge_count == 0)
    return ack_now(Cause::ack_duplicate);  // older than RFC 5961: each is answered
  if (challenges_ == 0 || now - challenge_since_ >= check.challenge_interval.value) {
    challenge_since_ = now;
    challenges_ = 0;
  }
  if (challenges_ >= check.challenge_count) return;
  ++challenges_;
  ack_now(Cause::challenge_ack);
}

void Endpoint::on_reset(TimePoint now, const Segment& segment) {
  const bool embryo = state_ == State::syn_received && passive_ && !is_early();
  // FreeBSD's check (netinet/tcp_input.c tcp_do_segment, netinet/tcp_syncache.c syncache_chkrst).
  const bool near = segment.seq.at_or_after(window_.acknowledged() - (embryo ? 0u : 1u)) &&
                    segment.seq.before(window_.acknowledged() + std::max(acceptable_window(), 1u));
  bool exact = true;
  switch (os().check.rst.value) {
    case RstCheck::in_window:
      if (segment.seq.before(rcv_nxt_)) return;
      break;
    case RstCheck::exact:
      exact =
          segment.seq == rcv_nxt_ || (sack_ok_ && receive_.has_holes() && segment.seq == receive_.highest());
      break;
    case RstCheck::last_ack_sent:
      if (!near) return;
      exact = segment.seq == window_.acknowledged();
      break;
    case RstCheck::after_last_ack:
      if (!near) return;
      break;
  }
  if (!exact) return challenge(now);
  if (embryo) {
    return finish(now, Cause::rst_received, Errno::none);  // back to LISTEN: nobody was told of it yet
  }
  finish(now, Cause::rst_received, os().socket.rst_error.value[static_cast<std::size_t>(state_)]);
}

void Endpoint::on_syn_in_window(TimePoint now, const Arrival& arrival) {
  if (os().check.syn.value == SynCheck::challenge) return challenge(now);
  // RFC 793: a SYN in the window ends the connection.
  if (os().check.syn.value == SynCheck::abort) {
    if (arrival.segment.seq == rcv_nxt_ + acceptable_window()) return challenge(now);
    send_active_reset(Cause::rst_syn_in_window);
  } else {
    reply_reset(arrival, Cause::rst_syn_in_window);
  }
  finish(now, Cause::rst_syn_in_window, Errno::connreset);
}

bool Endpoint::passes_ack(TimePoint now, const Arrival& arrival) {
  const Seq ack = arrival.segment.ack;
  if (state_ == State::syn_received) {
    if (ack.after(snd_una_) && ack.at_or_before(snd_nxt_)) return true;
    reply_reset(arrival, Cause::rst_bad_ack);
    return false;
  }
  // A byte sent as a window probe lies beyond SND.NXT.
  const Seq limit = window_probe_byte_ ? later(window_probe_end_, snd_nxt_) : snd_nxt_;
  if (ack.after(limit)) {
    challenge(now);
    return false;
  }
  if (os().check.ack_range && ack.before(snd_una_ - std::max(max_snd_wnd_, 1u))) {
    challenge(now);
    return false;
  }
  return true;
}

// TCP_DEFER_ACCEPT: for so many timeouts of the SYN-ACK an ACK without data does not complete the handshake
// (net/ipv4/tcp_minisocks.c tcp_check_req).
bool Endpoint::defers_accept(const Segment& segment) {
  const bool is_bare = segment.length() == 0 && segment.seq == rcv_nxt_;
  if (!passive_ || is_early() || !is_bare || retransmits_ >= options_.defer_accept) return false;
  accept_deferred_ = true;
  ++env_->counters.deferred_accepts;
  return true;
}

// RFC 7323 section 4.3: only from a segment that covers the last ACK sent.
void Endpoint::take_timestamp(TimePoint now, const Segment& segment) {
  if (!ts_ok_ || !segment.options.has_timestamps()) return;
  if (segment.seq.after(window_.acknowledged())) return;
  if (segment.options.timestamps().value.before(ts_recent_)) return;
  if (acc_ecn_ != nullptr) acc_ecn_->ts_advanced = segment.options.timestamps().value != ts_recent_;
  ts_recent_ = segment.options.timestamps().value;
  ts_recent_at_ = now;
}

void Endpoint::take_data(TimePoint now, const Arrival& arrival) {
  const Segment& segment = arrival.segment;
  if (segment.end().at_or_before(rcv_nxt_)) return on_repetition(segment);
  const bool may_receive =
      state_ == State::established || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
  if (!may_receive) return;  // after the peer's FIN there is nothing to come
  const std::uint32_t skip = segment.seq.before(rcv_nxt_) ? distance(segment.seq, rcv_nxt_) : 0;
  const std::uint32_t window = acceptable_window();
  Payload payload = segment.payload;
  bool fin = segment.has(tcp_flag::fin) && skip <= payload.size();
  Seq seq = segment.seq + skip;
  const std::uint32_t bytes = payload.size();
  const std::uint32_t kept_from = std::min(skip, bytes);
  const std::uint32_t ahead = distance(rcv_nxt_, seq);
  const std::uint32_t room = window > ahead ? window - ahead : 0;
  const std::uint32_t kept = std::min(bytes - kept_from, room);
  if (kept < bytes - kept_from) fin = false;
  if (kept < bytes) payload.trim(kept_from, kept);

  const bool keeps = !receive_shut_ || os().socket.keeps_after_shut;
  const bool nobody_reads = orphan_ || (receive_shut_ && fin_queued_ && keeps);
  if (bytes > skip && nobody_reads && os().close.rst_on_data_after_close) {
    // RFC 9293 section 3.6.1 and RFC 1122 section 4.2.2.13.
    reply_reset(arrival, Cause::rst_after_close);
    return finish(now, Cause::rst_after_close, orphan_ ? Errno::none : Errno::connreset);
  }
  if (os().options.dsack && sack_ok_) {
    // What came again: before the edge, or the first of what lies beyond holes (RFC 2883 section 4;
    // net/ipv4/tcp_input.c tcp_data_queue_ofo and tcp_ofo_queue, netinet/tcp_reass.c).
    const SeqSpan again =
        kept_from > 0 ? SeqSpan{segment.seq, kept_from} : receive_.held_of({seq, kept + (fin ? 1u : 0u)});
    if (again.length > 0) dsack_ = again;
  }
  if (bytes > 0 && kept == 0 && !fin) {
    // Nothing fits: a closed window's probe, or data all old.
    return ack_now(window == 0 ? Cause::keepalive_reply : Cause::ack_duplicate);
  }
  const std::uint32_t truesize = charged_truesize(arrival);
  if (seq != rcv_nxt_) {
    // Without SACK it would hide that the ACK is a duplicate (net/ipv4/tcp_input.c tcp_data_queue_ofo).
    if (sack_ok_) window_.grow(os().window, {.length = kept, .truesize = truesize}, held(), adv_mss());
    receive_.insert(seq, std::move(payload), fin, truesize);
    ack_.on_out_of_order(os().ack);
    return ack_now(Cause::ack_out_of_order);
  }
  if (segment.has(tcp_flag::urg)) take_urgent(segment);
  const bool had_hole = receive_.has_holes();
  bool window_grew = false;
  if (kept > 0) {
    if (keeps) receive_.append(std::move(payload), truesize);
    rcv_nxt_ += kept;
    const std::uint32_t length = arrival.merged_of != 0 ? arrival.merged_of : kept;
    window_grew = window_.grow(os().window, {.length = kept, .truesize = truesize, .segment = length}, held(),
                               adv_mss());
  }
  if (had_hole) rcv_nxt_ = receive_.pull(rcv_nxt_, fin);
  ever_received_data_ = ever_received_data_ || kept > 0;
  if (kept > 0 && (is_readable() || !keeps)) ++news_.in;
  if (kept > 0) owe_ack(now, segment, kept, window_grew);
  if (dsack_.length > 0 && os().options.dsack_at_once) ack_now(Cause::ack_duplicate);
  if (had_hole) ack_now(Cause::ack_out_of_order);  // RFC 5681 section 4.2: at once when a hole is filled
  if (fin && !fin_received_) take_fin(now);
}

void Endpoint::take_fin(TimePoint now) {
  fin_received_ = true;
  rcv_nxt_ += 1;
  switch (state_) {
    case State::established: set_state(now, State::close_wait, Cause::fin_received); break;
    case State::fin_wait_1:
      // Our FIN is still out, else its ACK had led to FIN_WAIT_2 before this step.
      set_state(now, State::closing, Cause::fin_received);
      break;
    case State::fin_wait_2: enter_time_wait(now, Cause::fin_received); break;
    default: break;
  }
  const bool is_quickack = os().ack.style.value == AckStyle::quickack;
  if (is_quickack) dsack_.length = 0;  // with all SACK blocks (net/ipv4/tcp_input.c tcp_fin: tcp_sack_reset)
  const bool lazy = is_quickack && state_ == State::close_wait;
  if (!lazy) return ack_now(Cause::ack_of_fin);
  arm_delayed_ack(now, ack_.on_lazy_fin(os().ack, !ever_received_data_, ack_clock(now)));
}

void Endpoint::reply_reset(const Arrival& offender, Cause why) {
  const auto reset = reset_for(offender.segment, offender.traffic_class, env_->resets, &options_);
  if (!reset.has_value()) return;
  reset_pending_ = true;
  reset_is_reply_ = true;
  reset_ = *reset;
  reset_cause_ = why;
}

}  // namespace halfopen
