// Life of an endpoint: birth, the one door for state changes, timers, and what the owner may ask.
#include "sim/tcp/endpoint.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace halfopen {
namespace {

constexpr std::uint32_t bit(Timer t) { return 1u << static_cast<unsigned>(t); }

// Which timers may run in which state.
constexpr std::uint32_t kOpening = bit(Timer::retransmit) | bit(Timer::connect) | bit(Timer::user_timeout);
constexpr std::uint32_t kSending = bit(Timer::retransmit) | bit(Timer::loss_probe) | bit(Timer::reorder) |
                                   bit(Timer::persist) | bit(Timer::delayed_ack) | bit(Timer::keepalive) |
                                   bit(Timer::user_timeout);
constexpr std::array<std::uint32_t, kStates> kMayRun{
    0,                                                                         // CLOSED
    0,                                                                         // LISTEN
    kOpening,                                                                  // SYN_SENT
    kOpening,                                                                  // SYN_RECEIVED
    kSending,                                                                  // ESTABLISHED
    kSending,                                                                  // FIN_WAIT_1
    bit(Timer::delayed_ack) | bit(Timer::keepalive) | bit(Timer::fin_wait_2),  // FIN_WAIT_2
    kSending,                                                                  // CLOSE_WAIT
    kSending,                                                                  // CLOSING
    kSending,                                                                  // LAST_ACK
    bit(Timer::time_wait),                                                     // TIME_WAIT
};
static_assert(kMayRun.size() == kStates && kTimers <= 32);

}  // namespace

Endpoint::Endpoint(EndpointEnv& env, const EndpointBirth& birth, const SocketOptions& options)
    : env_{&env},
      addresses_{birth.addresses},
      options_{options},
      iss_{birth.iss},
      snd_una_{birth.iss},
      snd_nxt_{birth.iss},
      push_end_{birth.iss},
      small_end_{birth.iss},
      path_mtu_{env.route.mtu != 0 ? std::min(env.route.mtu, birth.mtu) : birth.mtu},
      window_probe_end_{birth.iss},
      ts_offset_{birth.ts_offset},
      high_seq_{birth.iss},
      receive_buffer_{options.receive_buffer != 0 ? options.receive_buffer : env.profile.window.rcvbuf.value},
      ip_id_{birth.ip_id},
      mtu_{birth.mtu},
      pingpong_{options.delays_acks} {
  timers_.fill(kNever);
}

void Endpoint::set_state(TimePoint now, State next, Cause why) {
  if (next == state_) return;
  report({.what = EndpointEvent::What::state_changed, .from = state_, .to = next, .why = why});
  state_ = next;
  ++news_.in;
  ++news_.out;
  const std::uint32_t allowed = kMayRun[static_cast<std::size_t>(next)];
  for (std::size_t t = 0; t < kTimers; ++t) {
    if ((allowed & (1u << t)) == 0) stop(static_cast<Timer>(t));
  }
  if (next == State::established) arm_keepalive(now, keepalive_idle());
}

void Endpoint::finish(TimePoint now, Cause why, Errno error) {
  if (error != Errno::none) error_ = error;
  soft_error_ = Errno::none;
  // What was to be sent goes with the connection; what was received can still be read.
  send_.clear();
  sent_.reset();
  out_ = sacked_ = lost_ = retrans_ = 0;
  ack_pending_ = ack_owed_ = syn_pending_ = force_retransmit_ = false;
  probe_ = Probe::none;
  if (fast_open_ != nullptr && fast_open_->after_blackhole && ever_received_data_)
    env_->fast_open.passed_blackhole();
  if (orphan_) receive_.clear();
  set_state(now, State::closed, why);
}

void Endpoint::arm(TimePoint now, Timer timer, Duration delay) {
  const Duration wait = std::max(delay, Duration{0});
  arm_at(timer,
         timer == Timer::delayed_ack ? env_->clock.fast_expiry(now, wait) : env_->clock.expiry(now, wait));
}

void Endpoint::arm_at(Timer timer, TimePoint when) {
  TimePoint& deadline = deadline_of(timer);
  if (deadline == when) return;
  deadline = when;
  if (env_->wants_timer_events) {
    report({.what = EndpointEvent::What::timer_armed, .timer = timer, .deadline = when});
  }
}

void Endpoint::stop(Timer timer) {
  TimePoint& deadline = deadline_of(timer);
  if (deadline == kNever) return;
  deadline = kNever;
  if (env_->wants_timer_events) {
    report({.what = EndpointEvent::What::timer_stopped, .timer = timer});
  }
}

void Endpoint::on_deadline(TimePoint now) {
  state_before_ = state_;
  haste_ = Haste::usual;
  for (std::size_t t = 0; t < kTimers; ++t) {
    if (timers_[t] > now) continue;
    timers_[t] = kNever;
    const auto timer = static_cast<Timer>(t);
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
    case Timer::reorder: {
      detect_by_rack(now);
      if (lost_ > retrans_ && phase_ == Phase::open) enter_recovery(now, Cause::retransmit_fast);
      if (!running(Timer::retransmit)) arm_retransmit(now);
      return;
    }
    case Timer::persist: return on_persist_timer(now);
    case Timer::delayed_ack: return on_delayed_ack_timer();
    case Timer::keepalive: return on_keepalive_timer(now);
    case Timer::connect: return give_up(now, Cause::timed_out);
    case Timer::user_timeout: return give_up(now, Cause::user_timed_out);
    case Timer::fin_wait_2: return on_fin_wait_2_timer(now);
    case Timer::time_wait: return finish(now, Cause::time_wait_over, Errno::none);
    case Timer::count_: break;
  }
}

Deadline Endpoint::next_deadline() const {
  Deadline next;
  for (std::size_t t = 0; t < kTimers; ++t) {
    if (timers_[t] < next.when) next = Deadline{timers_[t], static_cast<Timer>(t)};
  }
  return next;
}

Duration Endpoint::rto() const {
  return rtt_.timeout(os().rtt, os().retransmit.backoff.value, env_->clock, backoff_);
}

TsVal Endpoint::ts_now(TimePoint now) const {
  return TsVal{env_->clock.steps(now, os().options.ts_clock) + ts_offset_};
}

std::uint32_t Endpoint::units(std::uint32_t length) const {
  return os().congestion.unit == CwndUnit::segments ? 1 : length;
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
  if (clamps) clamp_window(options.window_clamp);
  if (waits_for_more) {  // net/ipv4/tcp.c tcp_set_rcvlowat
    if (is_readable()) ++news_.in;
    if (options.receive_buffer == 0) raise_buffer(options.receive_low);
  }
  if (rearm && state_ >= State::established && state_ != State::time_wait) {
    stop(Timer::keepalive);
    arm_keepalive(now, keepalive_idle());
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
  switch (phase_) {
    case Phase::cwr: return CaState::cwr;
    case Phase::recovery: return CaState::recovery;
    case Phase::loss: return CaState::loss;
    case Phase::open: break;
  }
  return sacked_ > 0 || dup_acks_ > 0 ? CaState::disorder : CaState::open;
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
              .unacked_segments = sent_.size() - (has_weightless() ? 1 : 0),
              .sacked_segments = sacked_,
              .lost_segments = lost_,
              .retransmitted_segments = retrans_,
              .ca_state = ca_state(),
              .retransmits = retransmits_,
              .total_retransmissions = total_retransmissions_,
              .rto = rto(),
              .srtt = rtt_.srtt(os().rtt),
              .sack = sack_ok_,
              .timestamps = ts_ok_,
              .window_scaling = scale_ok_,
              .ecn = ecn_.agreed || acc_ecn_ != nullptr,
              .ecn_seen = ecn_.seen_ect,
              .backoff = backoff_,
              .probes = probes_out_,
              .snd_scale = snd_scale_,
              .rcv_scale = rcv_scale_,
              .rcv_mss = rcv_mss_,
              .adv_mss = offered_mss() - (ts_ok_ ? 12u : 0u),
              .path_mtu = path_mtu_,
              .rcv_ssthresh = rcv_ssthresh_,
              .unsent = unsent(),
              .delivered = delivered_,
              .delivered_marked = delivered_marked_,
              .received_marked = acc_ecn_ != nullptr ? acc_ecn_->received_ce() : 0,
              .received_bytes = acc_ecn_ != nullptr ? acc_ecn_->received_bytes() : AccEcn::ByMark{},
              .delivered_bytes = acc_ecn_ != nullptr ? acc_ecn_->delivered_bytes() : AccEcn::ByMark{},
              .reordering = os().retransmit.dup_threshold.value,
              .reordering_seen = reordering_seen_,
              .min_rtt = min_rtt_ == Duration::max() ? Duration{} : min_rtt_,
              .rttvar = rtt_.variation(os().rtt),
              .ato = ato_,
              .last_data_sent = last_sent_,
              .last_data_received = last_data_,
              .limits = limits_,
              .syn_data_acked = fast_open_ != nullptr && fast_open_->data_acked,
              .fast_open_failure = fast_open_ != nullptr ? fast_open_->failure : FastOpenFailure::none};
}

std::string_view Endpoint::broken_invariant() const {
  if (snd_nxt_.before(snd_una_)) return "SND.UNA <= SND.NXT";
  if (is_synchronized(state_) && rcv_nxt_.before(rcv_wup_)) return "last ACK sent <= RCV.NXT";
  Seq expected = snd_una_;
  std::uint32_t out = 0, sacked = 0, lost = 0, retrans = 0;
  for (std::uint32_t i = 0; i < sent_.size(); ++i) {
    const SentSegment& sent = sent_[i];
    if (sent.start != expected) return "sent segments are contiguous from SND.UNA";
    if (sent.is(SentSegment::sacked) && sent.is(SentSegment::lost)) return "a SACKed segment is not lost";
    expected = sent.end();
    out += weight(sent);
    if (sent.is(SentSegment::sacked)) sacked += units(sent.length);
    if (sent.is(SentSegment::lost)) lost += units(sent.length);
    if (sent.is(SentSegment::retransmitted)) retrans += units(sent.length);
  }
  if (expected != snd_nxt_ && state_ != State::closed && !syn_pending_) return "sent segments reach SND.NXT";
  if (out != out_ || sacked != sacked_ || lost != lost_ || retrans != retrans_)
    return "counts of segments in flight";
  for (std::size_t t = 0; t < kTimers; ++t) {
    const bool allowed = (kMayRun[static_cast<std::size_t>(state_)] & (1u << t)) != 0;
    if (timers_[t] != kNever && !allowed) return "only timers that the state knows run";
  }
  const bool repairing = running(Timer::retransmit) || running(Timer::loss_probe) || running(Timer::reorder);
  if (!sent_.empty() && !repairing && !syn_pending_) return "what is unacknowledged has a timer";
  return {};
}

}  // namespace halfopen
