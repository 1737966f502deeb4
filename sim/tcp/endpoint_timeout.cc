// The retransmission timer: arming it, the tail loss probe that shares its slot, timeouts and giving up
// (RFC 6298 section 5, RFC 8985 section 7, RFC 9293 section 3.8.3).
#include <algorithm>
#include <bit>

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
  Duration delay = rto();
  // A user timeout shortens the last wait (net/ipv4/tcp_timer.c tcp_clamp_rto_to_user_timeout).
  const bool budget = os().retransmit.give_up == GiveUp::after_budget;
  if (budget && options_.user_timeout > Duration{0} && repair_.stamp() != kNever) {
    const Duration left = options_.user_timeout - (now - repair_.stamp());
    delay = std::clamp<Duration>(left, env_->clock.tick(), delay);
  }
  stop(Timer::loss_probe);
  arm(now, Timer::retransmit, delay);
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

// T(n) of net/ipv4/tcp_timer.c tcp_model_timeout: n doublings from `base`, capped at rto_max.
Duration Endpoint::retry_budget(std::uint32_t retries, Duration base) const {
  const Duration cap = os().rtt.rto_max;
  const auto doublings =
      static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(cap / base)) - 1);
  if (retries <= doublings) return ((std::int64_t{2} << retries) - 1) * base;
  return ((std::int64_t{2} << doublings) - 1) * base + (retries - doublings) * cap;
}

bool Endpoint::gives_up(TimePoint now) {
  const RetransmitProfile& rule = os().retransmit;
  std::uint32_t retries = rule.retries;
  if (orphan_ && rule.orphan_retries != 0) retries = rule.orphan_retries;
  switch (rule.give_up.value) {
    case GiveUp::after_count: return retransmits_ >= retries;
    case GiveUp::after_budget: {
      if (repair_.stamp() == kNever || retransmits_ == 0) return false;
      const Duration budget = options_.user_timeout > Duration{0} ? options_.user_timeout
                                                                  : retry_budget(retries, os().rtt.rto_min);
      return now - repair_.stamp() >= budget;
    }
    case GiveUp::after_elapsed: return now - board_.front().first_sent >= rule.r2.value;
  }
  return false;
}

void Endpoint::give_up(TimePoint now, Cause why) {
  const Errno error = soft_error_ != Errno::none ? soft_error_ : Errno::timedout;
  if (os().retransmit.rst_on_give_up && state_ >= State::syn_received) send_active_reset(Cause::rst_give_up);
  finish(now, why, error);
}

// TCP_SYNCNT, else what the OS has.
std::uint32_t Endpoint::syn_retries() const {
  return options_.syn_retries != 0 ? options_.syn_retries : os().retransmit.syn_retries.value;
}

// SYN and SYN-ACK have limits of their own (RFC 9293 section 3.8.3; tcp_syn_retries, keepinit).
void Endpoint::on_handshake_timer(TimePoint now) {
  const RetransmitProfile& rule = os().retransmit;
  // One more for a connection that is in use already (net/ipv4/tcp_timer.c tcp_fastopen_synack_timer).
  const std::uint32_t early = board_.has_weightless() ? 1 : 0;
  const std::uint32_t answers =
      options_.syn_retries != 0 ? options_.syn_retries : rule.synack_retries + early;
  const std::uint32_t limit = state_ == State::syn_sent ? syn_retries() + rule.syn_linear : answers;
  // Of a connection whose acceptance waits for data the SYN-ACK goes again at the end of that time only, so
  // that an ACK can come that lets it in (net/ipv4/inet_connection_sock.c syn_ack_recalc).
  const bool stays = accept_deferred_ && retransmits_ < options_.defer_accept;
  const bool is_silent = accept_deferred_ && retransmits_ + 1 < options_.defer_accept;
  bool over = retransmits_ >= limit && !stays;
  if (rule.give_up == GiveUp::after_budget && state_ == State::syn_sent && retransmits_ > 0) {
    // The linear timeouts do not outlast the budget that the doublings alone would take.
    const Duration user = options_.user_timeout;
    const Duration budget = user > Duration{0} ? user : retry_budget(syn_retries(), os().rtt.rto_initial);
    over = over || now - board_.front().first_sent >= budget;
  }
  if (fast_open_ != nullptr) look_for_blackhole(now, over);
  if (over) {
    // A half-open request is dropped without a word; nobody was told of it.
    if (state_ == State::syn_received && passive_) return finish(now, Cause::timed_out, Errno::timedout);
    return give_up(now, Cause::timed_out);
  }
  ++retransmits_;
  if (state_ != State::syn_sent || retransmits_ > rule.syn_linear) ++backoff_;
  if (!is_silent) {
    syn_pending_ = true;
    repair_.set_cause(Cause::retransmit_timeout);
  }
  arm(now, Timer::retransmit, rto());
}

void Endpoint::on_retransmit_timer(TimePoint now) {
  if (board_.empty()) return;
  if (board_.has_syn()) return on_handshake_timer(now);
  // The peer took its window back with data outstanding: retransmissions act as probes, and only silence ends
  // them (net/ipv4/tcp_timer.c tcp_rtx_probe0_timed_out), or the user's limit. Before Linux's commit
  // 97a9063518f1 that shortened each wait to a tick instead, once it was over.
  const bool is_over_limit = options_.user_timeout > Duration{0} && repair_.stamp() != kNever &&
                             now - repair_.stamp() >= options_.user_timeout;
  const bool probing = snd_wnd_ == 0 && !is_over_limit && now - last_received_ <= 2 * os().rtt.rto_max.value;
  const bool over = !probing && gives_up(now);
  if (fast_open_ != nullptr) look_for_blackhole(now, over);
  if (over) return give_up(now, Cause::timed_out);
  repair_.on_timeout(around(now), retransmits_);
  ecn_.owes_cwr = ecn_.agreed;
  if (retransmits_ < 255) ++retransmits_;
  if (backoff_ < 32) ++backoff_;
  if (os().blackhole.search.value != BlackholeSearch::never) look_for_narrow_path();
  if (os().retransmit.forget_srtt_after != 0 && retransmits_ > os().retransmit.forget_srtt_after)
    rtt_.forget_srtt();
  arm_retransmit(now);
}

// Full segments may vanish on the way without a word (RFC 2923): from the second expiry on a smaller size is
// tried, and then the default one, two expiries each; after that it was not the size, and the old one is back
// (netinet/tcp_timer.c tcp_timer_rexmt).
void Endpoint::look_for_narrow_path() {
  const bool v6 = addresses_.local.ip.is_v6();
  const BlackholeSearch search = os().blackhole.search;
  const bool other_family = search == (v6 ? BlackholeSearch::over_v4 : BlackholeSearch::over_v6);
  if (other_family || (state_ != State::established && state_ != State::fin_wait_1)) return;
  constexpr std::uint8_t kFirst = 2;
  const std::uint32_t smaller = v6 ? os().blackhole.mss_v6 : os().blackhole.mss_v4;
  const std::uint32_t least = default_mss();
  const std::uint32_t full = send_mss();
  if (retransmits_ == 1) {
    const int tries = (full > smaller ? 2 : 0) + (full > least && smaller > least ? 2 : 0);
    const bool is_full = board_.front().payload() >= full;
    tries_end_ = static_cast<std::uint8_t>(is_full ? kFirst + tries : 0);
  }
  if (retransmits_ >= kFirst && retransmits_ < tries_end_) {
    if ((retransmits_ - kFirst) % 2 == 0)
      tried_mss_ = static_cast<std::uint16_t>(full > smaller && smaller > least ? smaller : least);
  } else if (retransmits_ >= tries_end_ && tries_end_ != 0) {
    tried_mss_ = 0;
  }
  if (os().congestion.unit == CwndUnit::bytes) congestion_.set_mss(send_mss());
  congestion_.on_timeout();  // one segment of the new size
}

}  // namespace halfopen
