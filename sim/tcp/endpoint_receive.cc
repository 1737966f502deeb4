// A segment arrives: RFC 9293 section 3.10.7.4, step by step, with RFC 5961's defences and RFC 7323's PAWS.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {
Endpoint::Verdict Endpoint::on_segment(TimePoint now, const Arrival& arrival) {
  state_before_ = state_;
  input_ = Input::packet;
  haste_ = Haste::usual;
  repairs_first_ = false;
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
    if (!gate_.may_answer(os().check, now)) return Verdict::done;
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
  if (!admits(now, arrival)) return Verdict::done;
  if (state_ == State::syn_received && defers_accept(segment)) return Verdict::done;
  last_received_ = now;
  const bool renews = os().check.recent_of_bare_ack || segment.end().after(window_.acknowledged());
  if (ts_ok_ && segment.options.has_timestamps() && renews) {
    const bool is_newer = gate_.take_timestamp(segment, window_.acknowledged(), now);
    if (acc_ecn_ != nullptr) acc_ecn_->ts_advanced = is_newer;
  }
  // Only where tcp_rcv_established comes by (net/ipv4/tcp_input.c tcp_rcv_rtt_measure_ts).
  if (ts_ok_ && segment.options.has_timestamps() && state_ == State::established &&
      (segment.payload.size() > 0 || !is_predicted(segment)))
    window_.on_echo(os().window, segment.options.timestamps().echo, ts_now(now), os().options.ts_clock,
                    segment.payload.size());
  if (ecn_.agreed) take_ecn(arrival);
  if (acc_ecn_ != nullptr) take_acc_ecn(arrival);
  const bool repairs_first =
      os().retransmit.repairs_before_data && segment.payload.size() > 0 && !is_predicted(segment);
  take_ack(now, segment);
  if (state_ == State::closed) return Verdict::done;
  if (repairs_first) let_repairs_go(now);
  if (segment.length() > 0) take_data(now, arrival);
  if (acc_ecn_ != nullptr && acc_ecn_->hurries && ack_.is_owed()) ack_now(Cause::ack_now);
  return Verdict::done;
}

// How far an ACK may lie before SND.UNA and be an old one. What was acknowledged is counted by the sequence
// numbers, which begin anew after 4 GB.
std::optional<std::uint32_t> Endpoint::ack_reach() const {
  const std::uint32_t first = passive_ ? 1 : 0;  // the peer's last ACK brings a passive end's SYN home
  switch (os().check.ack_range.value) {
    case AckRange::any: break;
    case AckRange::within_largest_window: return max_snd_wnd_;
    case AckRange::within_acknowledged: return std::min(max_snd_wnd_, distance(iss_ + first, snd_una_));
  }
  return std::nullopt;
}

Gatekeeper::Guarded Endpoint::guarded(TimePoint now) const {
  const bool tells_holes = sack_ok_ && receive_.has_holes();
  return {.os = os(),
          .now = now,
          .state = state_,
          .rcv_nxt = rcv_nxt_,
          .acknowledged = window_.acknowledged(),
          .window = acceptable_window(),
          .held_to = tells_holes ? std::optional{receive_.highest()} : std::nullopt,
          .una = snd_una_,
          // A byte sent as a window probe lies beyond SND.NXT.
          .highest = window_probe_byte_ ? later(window_probe_end_, snd_nxt_) : snd_nxt_,
          .unread = receive_.readable() > 0,
          .ack_reach = ack_reach(),
          .timestamps = ts_ok_,
          .embryo = state_ == State::syn_received && passive_ && !is_early()};
}

// True if the segment's data and its ACK count; else what follows from it was done.
bool Endpoint::admits(TimePoint now, const Arrival& arrival) {
  using enum Gatekeeper::Ruling;
  const Segment& segment = arrival.segment;
  const Gatekeeper::Guarded here = guarded(now);
  Gatekeeper::Ruling ruling = gate_.judge(here, segment);
  if (ruling == pass) ruling = segment.has(tcp_flag::ack) ? Gatekeeper::judge_ack(here, segment.ack) : drop;
  switch (ruling) {
    case pass: return true;
    case drop: break;
    case acknowledge: acknowledge_stray(now, segment); break;
    case repetition:
      if (segment.has(tcp_flag::ack) && segment.ack.at_or_before(snd_nxt_)) last_received_ = now;
      on_repetition(segment);
      break;
    case challenge: this->challenge(now); break;
    case reset: {
      // An embryo goes back to LISTEN: nobody was told of it yet.
      const Errno error = os().socket.rst_error.value[static_cast<std::size_t>(state_)];
      finish(now, Cause::rst_received, here.embryo ? Errno::none : error);
      break;
    }
    case abort:
      send_active_reset(Cause::rst_syn_in_window);
      finish(now, Cause::rst_syn_in_window, Errno::connreset);
      break;
    case refuse:
      reply_reset(arrival, Cause::rst_syn_in_window);
      finish(now, Cause::rst_syn_in_window, Errno::connreset);
      break;
    case bad_ack: reply_reset(arrival, Cause::rst_bad_ack); break;
  }
  return false;
}

// A SYN, or a segment without sequence space; a keepalive probe is one for the byte before.
void Endpoint::acknowledge_stray(TimePoint now, const Segment& segment) {
  const bool probes_us = segment.length() == 0 && segment.seq + 1 == rcv_nxt_;
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

void Endpoint::challenge(TimePoint now) {
  // Older than RFC 5961: each is answered.
  if (os().check.challenge_count == 0) return ack_now(Cause::ack_duplicate);
  if (gate_.may_challenge(os().check, now)) ack_now(Cause::challenge_ack);
}

// TCP_DEFER_ACCEPT: for so many timeouts of the SYN-ACK an ACK without data does not complete the handshake
// (net/ipv4/tcp_minisocks.c tcp_check_req).
bool Endpoint::defers_accept(const Segment& segment) {
  const bool is_bare = segment.length() == 0 && segment.seq == rcv_nxt_;
  if (!passive_ || is_early() || !is_bare || patience_.expiries() >= options_.defer_accept) return false;
  accept_deferred_ = true;
  ++env_->counters.deferred_accepts;
  return true;
}

// The next segment of a stream, in whose header nothing is new but numbers (net/ipv4/tcp_input.c
// tcp_rcv_established: pred_flags).
bool Endpoint::is_predicted(const Segment& segment) const {
  constexpr std::uint8_t kPlain = tcp_flag::ack | tcp_flag::psh;
  return segment.seq == rcv_nxt_ && (segment.flags & ~kPlain) == 0 &&
         std::uint32_t{segment.window} << snd_scale_ == snd_wnd_ && segment.options.sack().empty() &&
         !receive_.has_holes() && window_.visible(rcv_nxt_) > 0;
}

// What goes again tells what was received until now; what the segment in hand brings is not among it.
void Endpoint::let_repairs_go(TimePoint now) {
  if (env_->device_is_full || !board_.has_repair() || !repair_.may_send(around(now))) return;
  window_.advertise(choose_window());
  window_.acknowledge(rcv_nxt_);
  after_ack_sent();
  repairs_first_ = true;
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
  const bool whole = room > 0 && os().check.right_edge != RightEdge::cuts;
  const std::uint32_t kept = whole ? bytes - kept_from : std::min(bytes - kept_from, room);
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
    const ReceiveWindow::Data counts{.length = kept, .truesize = truesize};
    if (sack_ok_ && window_.grow(os().window, counts, held(), adv_mss())) ack_.on_window_growth();
    receive_.insert(seq, std::move(payload), fin, truesize);
    const auto wait = ack_.on_out_of_order(os().ack, sack_ok_, rcv_nxt_, ack_clock(now));
    if (wait) arm_at(Timer::delayed_ack, std::min(timers_.due(Timer::delayed_ack), now + *wait));
    return;
  }
  if (segment.has(tcp_flag::urg)) take_urgent(segment);
  const bool had_hole = receive_.has_holes();
  bool window_grew = false;
  if (kept > 0) {
    if (keeps) receive_.append(std::move(payload), truesize);
    rcv_nxt_ += kept;
    const std::uint32_t length = arrival.merged_of != 0 ? arrival.merged_of : kept;
    window_.on_in_order(os().window, now, rcv_nxt_);
    window_grew = window_.grow(os().window, {.length = kept, .truesize = truesize, .segment = length}, held(),
                               adv_mss());
  }
  if (had_hole) rcv_nxt_ = receive_.pull(rcv_nxt_, fin);
  ever_received_data_ = ever_received_data_ || kept > 0;
  if (kept > 0 && (is_readable() || !keeps)) ++news_.in;
  if (kept > 0) owe_ack(now, segment, kept, window_grew, fin && !fin_received_);
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
