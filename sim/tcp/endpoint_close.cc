// Closing: FIN, half-close, abort, linger's reset, FIN_WAIT_2 and TIME_WAIT (RFC 9293 sections 3.6
// and 3.10.4).
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

void Endpoint::shutdown_write(TimePoint now) {
  state_before_ = state_;
  input_ = Input::process;
  if (fin_queued_) return;
  if (state_ == State::established || state_ == State::close_wait || state_ == State::syn_received) {
    queue_fin(now, Cause::shutdown);
  }
}

void Endpoint::shutdown_read() {
  state_before_ = state_;
  input_ = Input::process;
  receive_shut_ = true;
}

void Endpoint::close(TimePoint now) {
  state_before_ = state_;
  input_ = Input::process;
  if (orphan_) return;
  orphan_ = true;
  const bool unread = receive_.readable() > 0;
  receive_.clear();
  switch (state_) {
    case State::closed:
    case State::listen:
    case State::time_wait: return;
    case State::syn_sent: return finish(now, Cause::close, Errno::none);
    default: break;
  }
  const bool lingers_not = options_.linger && options_.linger_time == Duration{0};
  const bool may_reset = state_ != State::closing && state_ != State::last_ack;
  if ((unread && os().close.rst_on_unread) || (lingers_not && may_reset)) {
    const Cause why = lingers_not ? Cause::rst_linger : Cause::rst_unread_data;
    send_active_reset(why);
    return finish(now, why, Errno::none);
  }
  if (!fin_queued_) return queue_fin(now, Cause::close);
  // shutdown(SHUT_WR) had sent the FIN: now the time in FIN_WAIT_2 is limited.
  if (state_ != State::fin_wait_2) return;
  if (options_.fin_wait_2 >= 0) return enter_fin_wait_2(now);
  send_active_reset(Cause::rst_abort);
  finish(now, Cause::rst_abort, Errno::none);
}

void Endpoint::abort(TimePoint now) {
  state_before_ = state_;
  input_ = Input::process;
  orphan_ = true;
  receive_.clear();
  if (state_ == State::closed) return;
  const bool synchronized = state_ >= State::syn_received && state_ <= State::close_wait;
  if (synchronized) send_active_reset(Cause::rst_abort);  // RFC 9293 section 3.10.5
  finish(now, Cause::rst_abort, Errno::none);
}

// net/ipv4/tcp.c tcp_disconnect.
void Endpoint::disconnect(TimePoint now) {
  state_before_ = state_;
  input_ = Input::process;
  finish(now, Cause::shutdown, Errno::connreset);
}

void Endpoint::send_active_reset(Cause why) {
  reset_pending_ = true;
  reset_is_reply_ = false;
  // Beyond what was sent, a window probe's byte included (netinet/tcp_output.c: snd_max).
  reset_.seq = window_probe_byte_ && os().ack.takes_data ? later(window_probe_end_, snd_nxt_) : snd_nxt_;
  reset_cause_ = why;
}

void Endpoint::queue_fin(TimePoint now, Cause why) {
  fin_queued_ = true;
  fin_cause_ = why;
  if (state_ == State::established || is_early()) {
    set_state(now, State::fin_wait_1, why);
  } else if (state_ == State::close_wait) {
    set_state(now, State::last_ack, why);
  }
}

void Endpoint::enter_fin_wait_2(TimePoint now) {
  set_state(now, State::fin_wait_2, Cause::fin_acked);
  const Duration limit =
      options_.fin_wait_2 > 0 ? std::chrono::seconds{options_.fin_wait_2} : os().close.fin_wait_2.value;
  if (!orphan_ || limit == Duration{0}) return;
  stop(Timer::keepalive);
  // Long enough for a few retransmissions of the peer's (net/ipv4/tcp.c: 3.5 RTO).
  const bool rechecks = os().close.fin_wait_2_recheck.value > Duration{0};
  arm(now, Timer::fin_wait_2, rechecks ? limit : std::max<Duration>(limit, rto() * 7 / 2));
}

void Endpoint::on_fin_wait_2_timer(TimePoint now) {
  const Duration again = os().close.fin_wait_2_recheck;
  const Duration silence = now - last_received_;
  if (again > Duration{0} && silence <= os().close.fin_wait_2_idle.value)
    return arm(now, Timer::fin_wait_2, again);
  finish(now, Cause::fin_wait_2_over, Errno::none);
}

void Endpoint::enter_time_wait(TimePoint now, Cause why) {
  set_state(now, State::time_wait, why);
  gate_.forget_answers();
  arm(now, Timer::time_wait, os().close.time_wait);
}

// RFC 9293 section 3.10.7.4 for TIME-WAIT; RFC 6191 on reusing it.
Endpoint::Verdict Endpoint::on_time_wait(TimePoint now, const Segment& segment) {
  if (os().check.time_wait.value == TimeWaitCheck::acks_only) return on_time_wait_acks_only(now, segment);
  const bool restarts = os().check.time_wait.value == TimeWaitCheck::restarts;
  const bool ts_told = ts_ok_ && segment.options.has_timestamps();
  const bool ts_newer = ts_told && segment.options.timestamps().value.after(gate_.recent());
  const bool ts_older = ts_told && segment.options.timestamps().value.before(gate_.recent());
  if (segment.has(tcp_flag::rst)) {
    const bool in_window = SeqSpan{rcv_nxt_, std::max(receive_window(), 1u)}.contains(segment.seq);
    const bool kills = os().check.rst.value == RstCheck::in_window ? in_window : segment.seq == rcv_nxt_;
    if (kills) finish(now, Cause::rst_received, Errno::none);
    return Verdict::done;
  }
  if (segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack)) {
    if ((segment.seq.after(rcv_nxt_) && !ts_older) || ts_newer) {
      finish(now, Cause::reopened, Errno::none);
      return Verdict::reopen;
    }
    if (ts_older && restarts) arm(now, Timer::time_wait, os().close.time_wait);
    if (!restarts || gate_.may_answer(os().check, now)) ack_now(Cause::challenge_ack);
    return Verdict::done;
  }
  if (segment.length() == 0 && segment.seq == rcv_nxt_ && !(restarts && ts_older)) {
    if (restarts) arm(now, Timer::time_wait, os().close.time_wait);
    return Verdict::done;
  }
  // The peer has not had our last ACK: once more, and the time starts again.
  const bool is_limited = restarts && (segment.length() == 0 || segment.has(tcp_flag::syn));
  if (!is_limited || gate_.may_answer(os().check, now)) ack_now(Cause::ack_of_fin);
  if (os().check.time_wait != TimeWaitCheck::ends) arm(now, Timer::time_wait, os().close.time_wait);
  return Verdict::done;
}

// netinet/tcp_timewait.c tcp_twcheck.
Endpoint::Verdict Endpoint::on_time_wait_acks_only(TimePoint now, const Segment& segment) {
  const bool acks = segment.has(tcp_flag::ack);
  if (segment.has(tcp_flag::syn) && !acks && segment.seq.after(rcv_nxt_)) {
    finish(now, Cause::reopened, Errno::none);
    return Verdict::reopen;
  }
  if (segment.has(tcp_flag::rst) || !acks) return Verdict::done;
  if (segment.has(tcp_flag::fin) && segment.end() == rcv_nxt_)
    arm(now, Timer::time_wait, os().close.time_wait);
  const bool is_bare = segment.flags == tcp_flag::ack && segment.length() == 0;
  if (!is_bare || segment.seq != rcv_nxt_ || segment.ack != snd_nxt_) ack_now(Cause::ack_of_fin);
  return Verdict::done;
}

}  // namespace halfopen
