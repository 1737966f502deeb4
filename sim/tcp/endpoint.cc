// Life of an endpoint: birth, the one door for state changes, timers, and what the owner may ask.
#include "sim/tcp/endpoint.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace halfopen {

Endpoint::Endpoint(EndpointEnv& env, const EndpointBirth& birth, const SocketOptions& options)
    : env_{&env},
      addresses_{birth.addresses},
      options_{options},
      iss_{birth.iss},
      snd_una_{birth.iss},
      snd_nxt_{birth.iss},
      snd_up_{birth.iss},
      push_end_{birth.iss},
      push_base_{birth.iss},
      small_end_{birth.iss},
      burst_end_{birth.iss},
      path_mtu_{env.route.mtu != 0 ? std::min(env.route.mtu, birth.mtu) : birth.mtu},
      mtu_{birth.mtu},
      ip_id_{birth.ip_id},
      window_probe_end_{birth.iss},
      ts_offset_{birth.ts_offset},
      board_{env.profile.congestion.unit},
      repair_{birth.iss},
      window_{options.receive_buffer != 0 ? options.receive_buffer : env.profile.window.rcvbuf.value},
      ack_{options.delays_acks} {}

void Endpoint::set_state(TimePoint now, State next, Cause why) {
  if (next == state_) return;
  report({.what = EndpointEvent::What::state_changed, .from = state_, .to = next, .why = why});
  state_ = next;
  ++news_.in;
  ++news_.out;
  for (std::size_t t = 0; t < kTimers; ++t) {
    const auto timer = static_cast<Timer>(t);
    if (!TimerSet::may_run(next, timer)) stop(timer);
  }
  if (next == State::established) arm_keepalive(now, Patience::keepalive_idle(os(), options_));
}

void Endpoint::finish(TimePoint now, Cause why, Errno error) {
  if (error != Errno::none) error_ = error;
  soft_error_ = Errno::none;
  // What was to be sent goes with the connection, but for what its reset takes along; what was received can
  // still be read.
  if (!reset_pending_ || reset_is_reply_ || !os().ack.takes_data) {
    send_.clear();
    pieces_.clear();
    board_.reset();
  }
  repair_.reset();
  ack_.forget();
  syn_pending_ = false;
  repair_.stop();
  probe_ = Probe::none;
  if (fast_open_ != nullptr && fast_open_->after_blackhole && ever_received_data_)
    env_->fast_open.passed_blackhole();
  if (orphan_) receive_.clear();
  set_state(now, State::closed, why);
}

void Endpoint::arm(TimePoint now, Timer timer, Duration delay) {
  const Duration wait = std::max(delay, Duration{0});
  const TimePoint from = input_ == Input::packet ? counted(now) : now;
  arm_at(timer,
         timer == Timer::delayed_ack ? env_->clock.fast_expiry(from, wait) : env_->clock.expiry(from, wait));
}

void Endpoint::arm_at(Timer timer, TimePoint when) {
  if (timers_.set(timer, when) && env_->wants_timer_events) {
    report({.what = EndpointEvent::What::timer_armed, .timer = timer, .deadline = when});
  }
}

void Endpoint::stop(Timer timer) {
  if (timers_.stop(timer) && env_->wants_timer_events) {
    report({.what = EndpointEvent::What::timer_stopped, .timer = timer});
  }
}

void Endpoint::on_deadline(TimePoint now) {
  state_before_ = state_;
  input_ = Input::timer;
  haste_ = Haste::usual;
  for (std::size_t t = 0; t < kTimers; ++t) {
    const auto timer = static_cast<Timer>(t);
    if (timers_.due(timer) > now) continue;
    timers_.stop(timer);
    if (env_->wants_timer_events) {
      report({.what = EndpointEvent::What::timer_fired, .timer = timer});
    }
    fire(now, timer);
  }
}

void Endpoint::fire(TimePoint now, Timer timer) {
  switch (timer) {
    case Timer::retransmit: return on_retransmit_timer(now);
    case Timer::loss_probe: return on_tail_loss_timer(now);
    case Timer::reorder:
      follow(now, repair_.on_reorder_timer(around(now)));
      if (!running(Timer::retransmit)) arm_retransmit(now);
      return;
    case Timer::persist: return on_persist_timer(now);
    case Timer::delayed_ack: return ack_.on_timer(os().ack, env_->clock.round_up(rto()));
    case Timer::keepalive: return on_keepalive_timer(now);
    case Timer::connect: return give_up(now, Cause::timed_out);
    case Timer::user_timeout: return give_up(now, Cause::user_timed_out);
    case Timer::fin_wait_2: return on_fin_wait_2_timer(now);
    case Timer::time_wait: return finish(now, Cause::time_wait_over, Errno::none);
    case Timer::count_: break;
  }
}

Duration Endpoint::rto() const {
  return rtt_.timeout(os().rtt, os().retransmit.backoff.value, env_->clock, patience_.backoff());
}

TimePoint Endpoint::counted(TimePoint now) const {
  return os().clock.counts_after_timers && input_ != Input::process ? now - Duration{1} : now;
}

TsVal Endpoint::ts_now(TimePoint now) const {
  return TsVal{env_->clock.steps(counted(now), os().options.ts_clock) + ts_offset_};
}

void Endpoint::set_options(TimePoint now, const SocketOptions& options) {
  const bool rearm =
      options.keepalive != options_.keepalive || options.keepalive_idle != options_.keepalive_idle;
  const bool counts = options.reports != 0 && options_.reports == 0;
  const bool clamps = options.window_clamp != options_.window_clamp;
  const bool waits_for_more = options.receive_low != options_.receive_low;
  options_ = options;
  if (options.least_mtu && addresses_.local.ip.is_v6()) path_mtu_ = std::min(path_mtu_, kLeastMtuV6);
  haste_ = Haste::usual;
  if (counts) marks().count_from(snd_una_);
  if (clamps) window_.set_clamp(options.window_clamp);
  if (waits_for_more) {  // net/ipv4/tcp.c tcp_set_rcvlowat
    if (is_readable()) ++news_.in;
    if (options.receive_buffer == 0) window_.make_room(os().window, options.receive_low);
  }
  if (rearm && state_ >= State::established && state_ != State::time_wait) {
    stop(Timer::keepalive);
    arm_keepalive(now, Patience::keepalive_idle(os(), options_));
  }
}

Errno Endpoint::take_error() {
  const Errno error = error_;
  error_ = Errno::none;
  return error;
}

Errno Endpoint::take_soft_error() { return std::exchange(soft_error_, Errno::none); }

Seq Endpoint::reuse_iss() const { return snd_nxt_ + os().ip.reuse_isn_step; }

Endpoint::CaState Endpoint::ca_state() const {
  switch (repair_.phase()) {
    case Repair::Phase::cwr: return CaState::cwr;
    case Repair::Phase::recovery: return CaState::recovery;
    case Repair::Phase::loss: return CaState::loss;
    case Repair::Phase::open: break;
  }
  return board_.sacked() > 0 || repair_.duplicates() > 0 ? CaState::disorder : CaState::open;
}

Endpoint::Info Endpoint::info() const {
  return Info{.state = state_,
              .snd_una = snd_una_,
              .snd_nxt = snd_nxt_,
              .rcv_nxt = rcv_nxt_,
              .iss = iss_,
              .irs = irs_,
              .snd_wnd = snd_wnd_,
              .rcv_wnd = receive_window(),
              .cwnd = congestion_.cwnd(),
              .ssthresh = congestion_.ssthresh(),
              .mss = send_mss(),
              .unacked_segments = board_.size() - (board_.has_weightless() ? 1 : 0),
              .sacked_segments = board_.sacked(),
              .lost_segments = board_.lost(),
              .retransmitted_segments = board_.retransmitted(),
              .ca_state = ca_state(),
              .retransmits = patience_.expiries(),
              .total_retransmissions = total_retransmissions_,
              .rto = rto(),
              .srtt = rtt_.srtt(os().rtt),
              .sack = sack_ok_,
              .timestamps = ts_ok_,
              .window_scaling = scale_ok_,
              .ecn = ecn_.agreed || acc_ecn_ != nullptr,
              .ecn_seen = ecn_.seen_ect,
              .backoff = patience_.backoff(),
              .probes = patience_.probes(),
              .snd_scale = snd_scale_,
              .rcv_scale = window_.scale(),
              .rcv_mss = window_.rcv_mss(),
              .adv_mss = adv_mss(),
              .path_mtu = path_mtu_,
              .rcv_ssthresh = window_.ssthresh(),
              .unsent = unsent(),
              .delivered = delivered_,
              .delivered_marked = delivered_marked_,
              .received_marked = acc_ecn_ != nullptr ? acc_ecn_->received_ce() : 0,
              .received_bytes = acc_ecn_ != nullptr ? acc_ecn_->received_bytes() : AccEcn::ByMark{},
              .delivered_bytes = acc_ecn_ != nullptr ? acc_ecn_->delivered_bytes() : AccEcn::ByMark{},
              .reordering = repair_.rack().reordering(),
              .reorderings = repair_.reorderings(),
              .min_rtt = min_rtt_ == Duration::max() ? Duration{} : min_rtt_,
              .rttvar = rtt_.variation(os().rtt),
              .ato = ack_.ato(),
              .last_data_sent = last_sent_,
              .last_data_received = ack_.last_data(),
              .limits = limits_,
              .syn_data_acked = fast_open_ != nullptr && fast_open_->data_acked,
              .fast_open_failure = fast_open_ != nullptr ? fast_open_->failure : FastOpenFailure::none};
}

std::string_view Endpoint::broken_invariant() const {
  if (snd_nxt_.before(snd_una_)) return "SND.UNA <= SND.NXT";
  if (is_synchronized(state_) && rcv_nxt_.before(window_.acknowledged())) return "last ACK sent <= RCV.NXT";
  if (const std::string_view broken = board_.broken_invariant(snd_una_); !broken.empty()) return broken;
  const Seq sent_to = board_.empty() ? snd_una_ : board_.back().end();
  if (sent_to != snd_nxt_ && state_ != State::closed && !syn_pending_) return "sent segments reach SND.NXT";
  if (!timers_.fits(state_)) return "only timers that the state knows run";
  const bool repairing = running(Timer::retransmit) || running(Timer::loss_probe) || running(Timer::reorder);
  if (!board_.empty() && !repairing && !syn_pending_) return "what is unacknowledged has a timer";
  return {};
}

}  // namespace halfopen
