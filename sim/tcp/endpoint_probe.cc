// Asking a silent peer: zero-window probes (RFC 9293 section 3.8.6.1) and keepalive (section 3.8.4).
#include <algorithm>
#include <numeric>

#include "sim/tcp/endpoint.h"

namespace halfopen {

// Data waits, nothing is out whose ACK could open the window, and none of it may go: only a probe can tell
// when the window opens again.
void Endpoint::start_persist_if_stuck(TimePoint now) {
  const bool may = state_ == State::established || state_ == State::close_wait || fin_queued_;
  if (!may || !board_.empty() || unsent() == 0 || new_data_length(now) > 0) return;
  const bool answered =
      os().persist.give_up.value == PersistGiveUp::unanswered_probes && last_received_ == now;
  if (running(Timer::persist) && !answered) return;
  arm(now, Timer::persist, persist_delay(now));
}

Duration Endpoint::persist_delay(TimePoint now) const {
  const auto& table = os().retransmit.backoff.value;
  const std::uint32_t factor = table[std::min<std::size_t>(persist_shift_, table.size() - 1)];
  const Duration base = rtt_.persist_base(os().rtt, env_->clock);
  return within_user_timeout(now, std::clamp<Duration>(base * factor, os().persist.min, os().persist.max));
}

// No probe later than when the user's limit is over (net/ipv4/tcp_timer.c tcp_clamp_probe0_to_user_timeout).
Duration Endpoint::within_user_timeout(TimePoint now, Duration delay) const {
  const bool limited =
      options_.user_timeout > Duration{0} && os().socket.user_timeout && probing_since_ != kNever;
  if (!limited) return delay;
  return std::clamp<Duration>(options_.user_timeout - (now - probing_since_), env_->clock.tick(), delay);
}

void Endpoint::on_persist_timer(TimePoint now) {
  const RetransmitProfile& rule = os().retransmit;
  bool dead = false;
  if (os().persist.give_up.value == PersistGiveUp::unanswered_probes) {
    const std::uint32_t orphan = rule.orphan_retries != 0 ? rule.orphan_retries.value : rule.retries.value;
    dead = probes_out_ >= (orphan_ ? orphan : rule.retries.value);
    if (rule.give_up == GiveUp::after_elapsed) {  // R2, and it counts from the last answer
      dead = probing_since_ != kNever && now - std::max(probing_since_, last_received_) >= rule.r2.value;
    }
    const bool limited = options_.user_timeout > Duration{0} && os().socket.user_timeout;
    // Answered probes do not help: the user timeout counts from the first one (net/ipv4/tcp_timer.c
    // tcp_probe_timer).
    if (limited && probing_since_ != kNever && now - probing_since_ >= options_.user_timeout) dead = true;
  } else {
    // BSD gives up only when the table is through and the peer has long been silent.
    const auto& table = rule.backoff.value;
    const int sum = std::accumulate(table.begin(), table.end(), 0);
    const Duration silence = now - last_received_;
    const bool long_silent =
        silence >= os().keepalive.idle.value || silence >= rtt_.persist_base(os().rtt, env_->clock) * sum;
    dead = persist_shift_ >= rule.retries && long_silent;
  }
  if (dead) return give_up(now, Cause::timed_out);
  if (probing_since_ == kNever) probing_since_ = now;
  probe_ = Probe::window;
  if (probes_out_ < 255) ++probes_out_;
  std::size_t most = rule.backoff.value.size() - 1;
  // Linux doubles a probe's timeout no oftener than it would retransmit (net/ipv4/tcp_output.c
  // tcp_send_probe0).
  if (rule.give_up == GiveUp::after_budget) most = std::min<std::size_t>(most, rule.retries.value);
  if (persist_shift_ < most) ++persist_shift_;
  arm(now, Timer::persist, persist_delay(now));
}

Duration Endpoint::keepalive_idle() const {
  return options_.keepalive_idle > Duration{0} ? options_.keepalive_idle : os().keepalive.idle.value;
}
Duration Endpoint::keepalive_interval() const {
  return options_.keepalive_interval > Duration{0} ? options_.keepalive_interval
                                                   : os().keepalive.interval.value;
}
std::uint32_t Endpoint::keepalive_probes() const {
  return options_.keepalive_probes != 0 ? options_.keepalive_probes : os().keepalive.probes.value;
}

void Endpoint::arm_keepalive(TimePoint now, Duration delay) {
  if (options_.keepalive || os().keepalive.always) arm(now, Timer::keepalive, delay);
}

void Endpoint::on_keepalive_timer(TimePoint now) {
  const Duration silence = now - last_received_;
  const Duration slack =
      env_->clock.tick();  // a timer of n ticks may run out up to a tick before n whole ones
  const bool waits_for_data = os().keepalive.style.value == KeepaliveStyle::unanswered_probes;
  if (waits_for_data && (!board_.empty() || unsent() > 0)) return arm_keepalive(now, keepalive_idle());
  const bool may_ask = waits_for_data || state_ == State::established || state_ == State::close_wait;
  if (!may_ask) return arm_keepalive(now, keepalive_idle());
  if (silence + slack < keepalive_idle()) {
    probes_out_ = 0;
    if (waits_for_data) return arm_keepalive(now, keepalive_idle() - silence);
    // BSD sets the timer anew with each segment: as if it had been set when the last one came.
    if (options_.keepalive || os().keepalive.always) {
      arm_at(Timer::keepalive, env_->clock.expiry(last_received_, keepalive_idle()));
    }
    return;
  }
  bool dead = false;
  if (waits_for_data) {
    const bool limited = options_.user_timeout > Duration{0} && os().socket.user_timeout;
    dead = limited ? silence >= options_.user_timeout && probes_out_ > 0 : probes_out_ >= keepalive_probes();
  } else {
    dead = silence + slack >= keepalive_idle() + keepalive_probes() * keepalive_interval();
  }
  if (dead) {
    if (os().keepalive.rst_on_death) send_active_reset(Cause::rst_keepalive);
    return finish(now, Cause::keepalive_timed_out,
                  soft_error_ != Errno::none ? soft_error_ : Errno::timedout);
  }
  probe_ = Probe::keepalive;
  if (probes_out_ < 255) ++probes_out_;
  arm_keepalive(now, keepalive_interval());
}

}  // namespace halfopen
