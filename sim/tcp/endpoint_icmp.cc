// An ICMP error about one of our segments: RFC 5927, path MTU discovery (RFC 1191, RFC 8201), RFC 6069.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

void Endpoint::on_icmp(TimePoint now, IcmpKind kind, Seq quoted, std::uint32_t mtu) {
  state_before_ = state_;
  input_ = Input::packet;
  if (state_ == State::closed || state_ == State::listen || state_ == State::time_wait) return;
  const bool is_next = quoted == snd_nxt_ && !os().icmp.quote_of_next_counts;
  if (quoted.before(snd_una_) || quoted.after(snd_nxt_) || is_next) {  // RFC 5927 section 4.1
    ++env_->counters.out_of_window_icmps;
    return;
  }
  const IcmpRow& row = os().icmp.rows.value[static_cast<std::size_t>(kind)];
  const bool is_v6 = addresses_.local.ip.is_v6();
  const Errno error = is_v6 && row.error_v6 != Errno::none ? row.error_v6 : row.error;
  const bool in_use = is_early() && fast_open_->accepted;  // then as if established
  const bool embryonic = state_ == State::syn_sent || (state_ == State::syn_received && !in_use);
  switch (embryonic ? row.embryonic : row.established) {
    case IcmpEffect::ignore: break;
    case IcmpEffect::soft: {
      const std::uint8_t limit = os().icmp.embryonic_soft_limit;
      const bool again =
          embryonic && limit != 0 && patience_.expiries() > limit && soft_error_ != Errno::none;
      soft_error_ = error;
      if (again) return finish(now, Cause::icmp_received, error);
      break;
    }
    case IcmpEffect::abort: return finish(now, Cause::icmp_received, error);
    case IcmpEffect::shrink:
      if (embryonic && !is_v6 && mtu >= os().icmp.v4_mtu_while_opening) break;
      return shrink_path(now, mtu);
    case IcmpEffect::quench: return congestion_.quench();
  }
  undo_backoff(now, kind, quoted);
}

// The socket's option and a locked route may forbid to believe the network (net/ipv4/tcp_ipv4.c
// tcp_v4_mtu_reduced, net/ipv6/tcp_ipv6.c tcp_v6_err).
bool Endpoint::discovers_path_mtu() const {
  using enum PathMtuDiscovery;
  const PathMtuDiscovery asked = options_.path_mtu;
  const bool is_off = asked == off && !addresses_.local.ip.is_v6();
  return !env_->route.mtu_locked && !is_off && asked != device && asked != omit;
}

void Endpoint::shrink_path(TimePoint now, std::uint32_t mtu) {
  const std::uint32_t lowest = addresses_.local.ip.is_v6() ? kLeastMtuV6 : 552;
  const std::uint32_t next = std::max(mtu, lowest);
  if (next >= path_mtu_ || !discovers_path_mtu()) return;
  path_mtu_ = next;
  if (state_ == State::syn_sent) {
    // Data went along with the SYN: the SYN goes again alone (net/ipv4/tcp_input.c tcp_simple_retransmit).
    if (fast_open_ == nullptr || !fast_open_->sent_data) return;
    syn_pending_ = true;
    repair_.set_cause(Cause::retransmit_icmp);
    return arm(now, Timer::retransmit, rto());
  }
  if (os().congestion.unit == CwndUnit::bytes) congestion_.set_mss(full_mss());
  for (std::uint32_t i = 0; i < board_.size(); ++i) {
    if (board_[i].length > send_mss() && !board_[i].is(SentSegment::sacked)) board_.mark_lost(i);
  }
  repair_.repeat(Cause::retransmit_icmp, board_.lost() > 0);
}

// RFC 6069: the network says that it, not congestion, swallowed the segment: take one backoff back. What has
// passed counts in whole ticks (net/ipv4/tcp_ipv4.c tcp_ld_RTO_revert).
void Endpoint::undo_backoff(TimePoint now, IcmpKind kind, Seq quoted) {
  const bool unreachable = kind == IcmpKind::net_unreachable || kind == IcmpKind::host_unreachable;
  if (!os().icmp.undo_backoff || !unreachable || patience_.backoff() == 0 || quoted != snd_una_ ||
      board_.empty())
    return;
  patience_.take_back();
  const TickClock& clock = env_->clock;
  const Duration left = clock.round_up(rto()) - clock.round_up(now - board_.front().sent);
  if (left > Duration{0}) return arm(now, Timer::retransmit, left);
  arm_at(Timer::retransmit, now);
  repair_.set_cause(Cause::retransmit_icmp);
}

void Endpoint::on_route_change() {
  state_before_ = state_;
  const std::uint16_t mtu = env_->route.mtu;
  path_mtu_ = mtu != 0 ? std::min(mtu, mtu_) : mtu_;
  if (state_ > State::listen && os().congestion.unit == CwndUnit::bytes) congestion_.set_mss(full_mss());
}

}  // namespace halfopen
