#include "sim/tcp/ack_policy.h"

#include <algorithm>
#include <utility>

namespace halfopen {
namespace {

constexpr Duration kAtoStep = 20ms;   // half of TCP_ATO_MIN
constexpr std::uint8_t kRepeats = 3;  // TCP_FASTRETRANS_THRESH
constexpr Duration kDelayedPushed = 200ms;
constexpr Duration kDelayedLong = 500ms;

// Whole ticks of one that is divided, as the kernel's integers have it.
Duration part(Duration ato, int divisor, Duration tick) { return ato / (divisor * tick) * tick; }

}  // namespace

std::optional<Duration> AckPolicy::on_data(const AckProfile& profile, const Data& data, const Clock& clock) {
  const bool runs = clock.due != kNever;
  switch (profile.style.value) {
    case AckStyle::quickack: return on_data_quickack(profile, data, clock);
    case AckStyle::every_second:
      if (++held_segments_ >= 2 || profile.delay_min.value == Duration{0}) {
        now(Cause::ack_now);
        return std::nullopt;
      }
      owed_ = true;
      return runs ? std::nullopt : std::optional{profile.delay_min.value};
    case AckStyle::fast_tick:
      owed_ = true;
      return runs ? std::nullopt : std::optional{profile.delay_max.value};
  }
  return std::nullopt;
}

// net/ipv4/tcp_input.c tcp_event_data_recv and __tcp_ack_snd_check.
std::optional<Duration> AckPolicy::on_data_quickack(const AckProfile& profile, const Data& data,
                                                    const Clock& clock) {
  const std::uint32_t window = data.advertised / (2 * std::max(data.segment, 1u));
  const std::uint32_t refill = std::min<std::uint32_t>(window == 0 ? 2 : window, profile.quick);
  if (ato_ == Duration{0}) {
    raise_quick(refill);
    set_ato(profile.delay_min);
  } else {
    const Duration gap = clock.jiffy - last_data_;
    if (gap <= kAtoStep) {
      set_ato(part(ato_, 2, clock.tick) + kAtoStep);
    } else if (gap < ato_) {
      set_ato(std::min({part(ato_, 2, clock.tick) + gap, clock.rto, profile.delay_max.value}));
    } else if (gap > clock.rto) {
      raise_quick(refill);
    }
  }
  last_data_ = clock.jiffy;
  if (data.window_grew) on_window_growth();
  if (data.length < data.segment || data.pushed) {
    pushed_twice_ = pushed_;
    pushed_ = true;
  }
  owed_ = true;
  const bool is_quick = quick_ > 0 && !pingpong_ && !data.ends;
  if (is_quick || (data.unacknowledged > data.segment && data.window_holds)) {
    now(Cause::ack_now);
    return std::nullopt;
  }
  return delay(profile, clock);
}

// net/ipv4/tcp_output.c tcp_send_delayed_ack.
std::optional<Duration> AckPolicy::delay(const AckProfile& profile, const Clock& clock) {
  Duration wait = ato_;
  if (wait > profile.delay_min.value) {
    Duration most = pingpong_ || pushed_ ? kDelayedPushed : kDelayedLong;
    if (clock.srtt) most = std::min(most, std::max<Duration>(*clock.srtt, profile.delay_min));
    wait = std::min(wait, most);
  }
  wait = std::min<Duration>({wait, profile.delay_max.value, clock.most});
  if (clock.due != kNever) {
    const std::chrono::microseconds set{static_cast<std::int32_t>(expires_ - micros(clock.jiffy))};
    const Duration left = compresses_ ? clock.due - clock.jiffy : Duration{set};
    if (left <= part(ato_, 4, clock.tick)) {
      now(Cause::ack_delayed);
      return std::nullopt;
    }
    if (left <= wait) return std::nullopt;
  }
  return wait_for(wait, clock);
}

std::optional<Duration> AckPolicy::wait_for(Duration wait, const Clock& clock) {
  expires_ = micros(clock.jiffy + wait);
  return wait;
}

std::optional<Duration> AckPolicy::on_lazy_fin(const AckProfile& profile, bool first, const Clock& clock) {
  pingpong_ = true;
  owed_ = true;
  cause_ = Cause::ack_of_fin;
  if (pending_ || clock.due != kNever) return std::nullopt;
  return wait_for(first ? Duration{0} : profile.delay_min.value, clock);
}

std::optional<Duration> AckPolicy::on_awaited_write(const AckProfile& profile, const Clock& clock) {
  pingpong_ = false;
  owed_ = true;
  cause_ = Cause::handshake_complete;
  set_ato(profile.delay_min);
  quick_ = static_cast<std::uint8_t>(profile.quick.value);
  return wait_for(profile.delay_max.value, clock);
}

void AckPolicy::set_ato(Duration ato) { ato_ = std::chrono::duration_cast<Micros>(ato); }

void AckPolicy::raise_quick(std::uint32_t count) {
  quick_ = std::max(quick_, static_cast<std::uint8_t>(count));
}

void AckPolicy::on_repetition(const AckProfile& profile) {
  raise_quick(profile.quick);
  pingpong_ = false;
}

std::optional<Duration> AckPolicy::on_out_of_order(const AckProfile& profile, bool sack, Seq next,
                                                   const Clock& clock) {
  const bool is_quick = quick_ > 0 && !pingpong_;
  const bool goes = is_quick || !sack || held_segments_ >= profile.compress_most;
  owed_ = profile.style.value == AckStyle::quickack;
  if (!goes && repeated_at_ != next) {
    repeated_at_ = next;
    repeated_ = 0;
  }
  if (goes || repeated_ < kRepeats) {
    if (!goes) repeated_ = (repeated_ + 1) & 3;
    now(Cause::ack_out_of_order);
    return std::nullopt;
  }
  ++held_segments_;
  if (compresses_) return std::nullopt;
  compresses_ = true;
  const Duration round_trip = std::min(clock.receive_rtt, clock.srtt.value_or(clock.receive_rtt));
  const Duration share = round_trip * profile.compress_share.value / 100;
  return std::min<Duration>(profile.compress_delay, share) + profile.compress_slack.value;
}

void AckPolicy::enter_quick(const AckProfile& profile) {
  if (profile.style.value != AckStyle::quickack) return;
  raise_quick(2);
  pingpong_ = false;
  set_ato(profile.delay_min);
}

void AckPolicy::on_timer(const AckProfile& profile, Duration rto) {
  if (!owed_) return;
  if (compresses_) return now(Cause::ack_out_of_order);
  if (profile.style.value == AckStyle::quickack) {
    if (pingpong_) {
      pingpong_ = false;
      set_ato(profile.delay_min);
    } else {
      set_ato(std::min<Duration>({ato() * 2, rto, profile.delay_max.value}));
    }
  }
  now(cause_ == Cause::ack_of_fin ? Cause::ack_of_fin : Cause::ack_delayed);
}

bool AckPolicy::on_read(bool emptied, std::uint32_t unacknowledged, std::uint32_t segment) {
  return owed_ && pay(emptied, unacknowledged, segment);
}

// net/ipv4/tcp.c __tcp_cleanup_rbuf.
bool AckPolicy::pay(bool emptied, std::uint32_t unacknowledged, std::uint32_t segment) {
  const bool short_one = emptied && (pushed_twice_ || (pushed_ && !pingpong_));
  if (unacknowledged <= segment && !short_one) return false;
  now(Cause::ack_now);
  return true;
}

// net/ipv4/tcp.c __tcp_sock_set_quickack. An even value is for the ACK that is owed only.
void AckPolicy::set_quick(std::int64_t value, bool receives, bool emptied, std::uint32_t unacknowledged,
                          std::uint32_t segment) {
  pingpong_ = value == 0;
  if (value == 0 || !receives || !owed_) return;
  pushed_ = true;
  pay(emptied, unacknowledged, segment);
  pingpong_ = value % 2 == 0;
}

void AckPolicy::on_ack_sent(const AckProfile& profile) {
  if (owed_ && quick_ > 0) {
    --quick_;
    if (quick_ == 0) set_ato(profile.delay_min);
  }
  pending_ = owed_ = false;
  pushed_ = pushed_twice_ = compresses_ = false;
  held_segments_ = 0;
}

Cause AckPolicy::take_cause() { return std::exchange(cause_, Cause::unknown); }

}  // namespace halfopen
