#include "sim/tcp/send_plan.h"

#include <algorithm>

namespace halfopen {
namespace {

constexpr std::uint64_t kLargestBurst = 65'536;  // include/linux/netdevice.h GSO_LEGACY_MAX_SIZE
constexpr int kPacingShift = 10;                 // net/core/sock.c sk_pacing_shift: a burst takes 1/1024 s
constexpr int kRttLog = 9;  // net.ipv4.tcp_tso_rtt_log: 512 us of round trip halve what is added
constexpr std::uint32_t kSlowStartRatio = 200;  // net.ipv4.tcp_pacing_ss_ratio, %
constexpr std::uint32_t kAvoidanceRatio = 120;  // net.ipv4.tcp_pacing_ca_ratio, %
constexpr std::uint32_t kWindowDivisor = 3;     // net.ipv4.tcp_tso_win_divisor
constexpr Duration kBusy = 1ms;                 // net/ipv4/tcp_output.c tcp_tso_should_defer: NSEC_PER_MSEC

// Whether it is better to wait until more may go together: while segments are leaving, and the next ACK
// should be here within half a round trip (net/ipv4/tcp_output.c tcp_tso_should_defer).
bool should_wait(const SendView& view, std::uint64_t burst) {
  if (!view.may_wait || view.now - view.last_sent > kBusy) return false;
  const std::uint64_t open = std::uint64_t{view.cwnd - view.in_flight} * view.segment;
  const std::uint64_t limit = std::min<std::uint64_t>(view.window, open);
  if (limit >= burst) return false;
  if (view.more && limit >= view.waiting) return false;
  const std::uint64_t all =
      std::min<std::uint64_t>(view.whole_window, std::uint64_t{view.cwnd} * view.segment);
  if (limit >= all / kWindowDivisor) return false;
  if (view.oldest_sent == kNever || view.now - view.oldest_sent < view.srtt / 2) return false;
  return limit <= view.waiting || !view.ends;
}

}  // namespace

std::uint32_t plan_segment(const SendView& view, CwndUnit unit) {
  std::uint32_t length = std::min({view.waiting, view.full, view.window});
  if (length == 0 || view.in_flight >= view.cwnd) return 0;
  if (unit == CwndUnit::bytes) length = std::min(length, view.cwnd - view.in_flight);
  const bool goes = length >= view.full || (length == view.waiting && (view.more || view.small_may_go)) ||
                    (length < view.waiting && length >= view.max_window / 2);
  return goes ? std::min(length, view.segment) : 0;
}

std::uint32_t plan_burst(const SendView& view) {
  if (view.waiting == 0 || view.in_flight >= view.cwnd) return 0;
  if (std::min(view.waiting, view.segment) > view.window) return 0;  // tcp_snd_wnd_test
  // Two bursts on the way keep the path busy (tcp_cwnd_test).
  const std::uint32_t quota = std::min({std::max(view.cwnd / 2, 1u), view.cwnd - view.in_flight, view.pace});
  if (view.waiting <= view.segment)
    return view.waiting == view.segment || view.more || view.small_may_go ? view.waiting : 0;
  if (should_wait(view, std::uint64_t{view.pace} * view.segment)) return 0;
  // tcp_mss_split_point.
  const std::uint32_t most = quota * view.segment;
  const std::uint32_t needed = std::min(view.waiting, view.window);
  if (most <= needed) return most;
  const std::uint32_t rest = needed % view.segment;
  return rest == 0 || view.small_may_go ? needed : needed - rest;
}

bool is_held_by_cwnd(const SendView& view) {
  if (view.in_flight >= view.cwnd) return true;
  if (view.waiting <= view.segment || view.segment > view.window) return false;
  const std::uint64_t open = std::uint64_t{view.cwnd - view.in_flight} * view.segment;
  return open < view.window && open <= view.waiting &&
         should_wait(view, std::uint64_t{view.pace} * view.segment);
}

std::uint32_t burst_segments(std::uint32_t least, std::uint32_t mss, std::uint32_t cwnd, bool in_slow_start,
                             Duration srtt, Duration min_rtt) {
  std::uint64_t bytes = kLargestBurst;
  if (srtt > Duration{0}) {
    const std::uint32_t ratio = in_slow_start ? kSlowStartRatio : kAvoidanceRatio;
    const std::uint64_t micros = std::max<std::uint64_t>(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(srtt).count()), 1);
    const std::uint64_t rate = std::uint64_t{mss} * cwnd * ratio / 100 * 1'000'000 / micros;
    bytes = rate >> kPacingShift;
    if (min_rtt != Duration::max()) {
      const auto shift = static_cast<std::uint64_t>(
                             std::chrono::duration_cast<std::chrono::microseconds>(min_rtt).count()) >>
                         kRttLog;
      if (shift < 32) bytes += kLargestBurst >> shift;
    }
  }
  bytes = std::min(bytes, kLargestBurst);
  return std::max(static_cast<std::uint32_t>(bytes / mss), least);
}

}  // namespace halfopen
