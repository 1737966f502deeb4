// Asking a silent peer: zero-window probes (RFC 9293 section 3.8.6.1) and keepalive (section 3.8.4).
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

Patience::Around Endpoint::waiting(TimePoint now) const {
  return {.os = os(),
          .options = options_,
          .clock = env_->clock,
          .now = now,
          .last_received = last_received_,
          .orphan = orphan_};
}

Duration Endpoint::persist_delay(TimePoint now) const {
  return patience_.persist_delay(waiting(now), rtt_.persist_base(os().rtt, env_->clock));
}

void Endpoint::on_persist_timer(TimePoint now) {
  if (patience_.on_persist_timer(waiting(now), rtt_.base(os().rtt)) == Patience::Answer::die)
    return give_up(now, Cause::timed_out);
  probe_ = Probe::window;
  arm(now, Timer::persist, persist_delay(now));
}

void Endpoint::arm_keepalive(TimePoint now, Duration delay) {
  if (options_.keepalive || os().keepalive.always) arm(now, Timer::keepalive, delay);
}

void Endpoint::on_keepalive_timer(TimePoint now) {
  const bool waits = !board_.empty() || unsent() > 0;
  const bool may_ask = state_ == State::established || state_ == State::close_wait;
  const Patience::Keepalive next = patience_.on_keepalive_timer(waiting(now), waits, may_ask);
  if (next.what == Patience::Answer::die) {
    if (os().keepalive.rst_on_death) send_active_reset(Cause::rst_keepalive);
    return finish(now, Cause::keepalive_timed_out,
                  soft_error_ != Errno::none ? soft_error_ : Errno::timedout);
  }
  if (next.what == Patience::Answer::ask) probe_ = Probe::keepalive;
  if (!next.from_last) return arm_keepalive(now, next.wait);
  if (options_.keepalive || os().keepalive.always)
    arm_at(Timer::keepalive, env_->clock.expiry(last_received_, next.wait));
}

}  // namespace halfopen
