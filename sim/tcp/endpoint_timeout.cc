// The retransmission timer: arming it, the tail loss probe that shares its slot, timeouts and giving up
// (RFC 6298 section 5, RFC 8985 section 7, RFC 9293 section 3.8.3).
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

constexpr Duration kReorderSlack = 2ms;  // net/ipv4/tcp_recovery.c tcp_rack_mark_lost: TCP_TIMEOUT_MIN_US

}  // namespace

// What a repair looks at.
Repair::Around Endpoint::around(TimePoint now) {
  return {.os = os(),
          .board = board_,
          .congestion = congestion_,
          .now = now,
          .ts_now = ts_now(now),
          .una = snd_una_,
          .nxt = snd_nxt_,
          .mss = send_mss(),
          .min_rtt = min_rtt_,
          .srtt = rtt_.srtt(os().rtt),
          .sack = sack_ok_,
          .window = snd_wnd_,
          .may_send_new = unsent() > 0 && usable_window() > 0};
}

void Endpoint::follow(TimePoint now, const Repair::Step& step) {
  if (step.reduced) ecn_.owes_cwr = ecn_.agreed;
  if (!step.reorder_wait) return;
  if (*step.reorder_wait == Duration{0}) return stop(Timer::reorder);
  stop(Timer::retransmit);
  stop(Timer::loss_probe);
  arm(now, Timer::reorder, env_->clock.round_up(*step.reorder_wait + kReorderSlack));
}

void Endpoint::arm_retransmit(TimePoint now) {
  stop(Timer::loss_probe);
  arm(now, Timer::retransmit, Patience::within_limit(waiting(now), repair_.stamp(), rto()));
}

// One of the two: a probe where a lost tail could be told from a slow network, else the timeout itself.
// `advancing`: an ACK moved SND.UNA, so the timeout counts from now.
void Endpoint::arm_retransmit_or_probe(TimePoint now, bool advancing) {
  const bool may_probe = os().retransmit.tail_loss_probe && sack_ok_ && repair_.is_open() &&
                         board_.sacked() == 0 && is_synchronized(state_);
  if (!may_probe) return arm_retransmit(now);
  const Duration timeout = rto();
  Duration delay = 1s;  // RFC 8985 section 7.2, without an SRTT
  if (rtt_.has_sample()) {
    const Duration srtt = rtt_.srtt(os().rtt);
    delay = 2 * srtt + (board_.size() == 1 ? os().rtt.rto_min.value : Duration{2ms});
    delay = env_->clock.round_up(delay);
  }
  const Duration left = advancing ? timeout : std::max(board_.front().sent + timeout - now, Duration{0});
  stop(Timer::retransmit);
  arm(now, Timer::loss_probe, std::min(delay, left));
}

// RFC 9293 section 3.8.3: where the user's limit is a timer of its own, it runs while anything is
// unacknowledged.
void Endpoint::arm_user_timeout(TimePoint now) {
  const bool timer = os().retransmit.give_up.value == GiveUp::after_elapsed && os().socket.user_timeout;
  if (timer && options_.user_timeout > Duration{0}) arm(now, Timer::user_timeout, options_.user_timeout);
}

void Endpoint::on_tail_loss_timer(TimePoint now) {
  if (board_.empty()) return;
  if (!repair_.begin_probe()) return arm_retransmit(now);
  probe_ = Probe::tail_loss;
  arm(now, Timer::retransmit, rto());
}

void Endpoint::give_up(TimePoint now, Cause why) {
  const Errno error = soft_error_ != Errno::none ? soft_error_ : Errno::timedout;
  if (os().retransmit.rst_on_give_up && state_ >= State::syn_received) send_active_reset(Cause::rst_give_up);
  finish(now, why, error);
}

// SYN and SYN-ACK have limits of their own.
void Endpoint::on_handshake_timer(TimePoint now) {
  const RetransmitProfile& rule = os().retransmit;
  const std::uint8_t expiries = patience_.expiries();
  // Of a connection whose acceptance waits for data the SYN-ACK goes again at the end of that time only, so
  // that an ACK can come that lets it in (net/ipv4/inet_connection_sock.c syn_ack_recalc).
  const bool stays = accept_deferred_ && expiries < options_.defer_accept;
  const bool is_silent = accept_deferred_ && expiries + 1 < options_.defer_accept;
  bool over = false;
  if (state_ == State::syn_sent) {
    over = patience_.is_syn_over(waiting(now), board_.front().first_sent);
  } else {
    // One more for a connection that is in use already (net/ipv4/tcp_timer.c tcp_fastopen_synack_timer).
    const std::uint32_t early = board_.has_weightless() ? 1 : 0;
    const std::uint32_t own = options_.syn_retries;
    over = expiries >= (own != 0 ? own : rule.synack_retries + early) && !stays;
  }
  if (fast_open_ != nullptr) look_for_blackhole(now, over);
  if (over) {
    // A half-open request is dropped without a word; nobody was told of it.
    if (state_ == State::syn_received && passive_) return finish(now, Cause::timed_out, Errno::timedout);
    return give_up(now, Cause::timed_out);
  }
  patience_.on_expiry(state_ != State::syn_sent || expiries >= rule.syn_linear);
  if (!is_silent) {
    syn_pending_ = true;
    repair_.set_cause(Cause::retransmit_timeout);
  }
  arm(now, Timer::retransmit, rto());
}

void Endpoint::on_retransmit_timer(TimePoint now) {
  if (board_.empty()) return;
  if (board_.has_syn()) return on_handshake_timer(now);
  const bool over =
      patience_.is_over(waiting(now), repair_.stamp(), board_.front().first_sent, snd_wnd_ == 0);
  if (fast_open_ != nullptr) look_for_blackhole(now, over);
  if (over) return give_up(now, Cause::timed_out);
  const BlackholeProfile& hole = os().blackhole;
  if (hole.search == BlackholeSearch::after_r1 &&
      patience_.has_waited(waiting(now), repair_.stamp(), hole.retries))
    try_smaller_segments();
  repair_.on_timeout(around(now), patience_.expiries());
  ecn_.owes_cwr = ecn_.agreed;
  patience_.on_expiry(true);
  if (hole.search != BlackholeSearch::never && hole.search != BlackholeSearch::after_r1)
    look_for_narrow_path();
  const std::uint8_t forgets = os().retransmit.forget_srtt_after;
  if (forgets != 0 && patience_.expiries() > forgets) rtt_.forget_srtt();
  arm_retransmit(now);
}

}  // namespace halfopen
