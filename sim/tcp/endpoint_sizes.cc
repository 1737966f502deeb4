// How large a segment may be: what both ends offer and the path is known to take (RFC 9293 section 3.7.1, RFC
// 1191), and smaller ones that are tried where it swallows large ones without a word (RFC 2923).
#include <algorithm>

#include "sim/tcp/endpoint.h"
#include "sim/wire/bytes.h"

namespace halfopen {

std::uint32_t Endpoint::header_size() const {
  return static_cast<std::uint32_t>(wire::kTcpHeader +
                                    (addresses_.local.ip.is_v6() ? wire::kIpV6Header : wire::kIpV4Header));
}

// The most data in a segment as far as both ends and the path say, with the options that each one carries.
std::uint32_t Endpoint::segment_size() const {
  if (state_ != State::closed && state_ != State::listen && state_ != State::syn_sent) return send_mss();
  return options_.max_segment != 0 ? options_.max_segment : os().options.default_mss.value;
}

std::uint32_t Endpoint::offered_mss() const {
  const RouteMetrics& route = env_->route;
  const std::uint32_t device = route.mtu != 0 ? std::min(route.mtu, mtu_) : mtu_;
  const std::uint32_t fits = route.adv_mss != 0 ? route.adv_mss : device - header_size();
  return options_.max_segment != 0 ? std::min<std::uint32_t>(fits, options_.max_segment) : fits;
}

std::uint32_t Endpoint::send_mss() const {
  const std::uint32_t headers = header_size();
  std::uint32_t mss = std::min(peer_mss_, path_mtu_ - headers);
  if (options_.max_segment != 0) mss = std::min<std::uint32_t>(mss, options_.max_segment);
  if (tried_mss_ != 0) mss = std::min<std::uint32_t>(mss, tried_mss_);
  if (ts_ok_) mss -= wire::kTimestampsRoom;
  // A peer with a tiny window must still get two segments into it (net/ipv4/tcp_output.c
  // tcp_bound_to_half_wnd).
  if (max_snd_wnd_ > 536) mss = std::min(mss, std::max(max_snd_wnd_ / 2, 68u - headers + 40u));
  return mss;
}

// include/net/ip.h ip_dont_fragment.
bool Endpoint::may_not_be_fragmented() const {
  using enum PathMtuDiscovery;
  const PathMtuDiscovery asked = options_.path_mtu;
  if (asked == always) return true;
  const bool is_on = asked == usual ? os().ip.dont_fragment.value : asked == on;
  return is_on && !env_->route.mtu_locked;
}

// --- Black holes

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
  if (patience_.expiries() == 1) {
    const int tries = (full > smaller ? 2 : 0) + (full > least && smaller > least ? 2 : 0);
    const bool is_full = board_.front().payload() >= full;
    tries_end_ = static_cast<std::uint8_t>(is_full ? kFirst + tries : 0);
  }
  if (patience_.expiries() >= kFirst && patience_.expiries() < tries_end_) {
    if ((patience_.expiries() - kFirst) % 2 == 0)
      tried_mss_ = static_cast<std::uint16_t>(full > smaller && smaller > least ? smaller : least);
  } else if (patience_.expiries() >= tries_end_ && tries_end_ != 0) {
    tried_mss_ = 0;
  }
  if (os().congestion.unit == CwndUnit::bytes) congestion_.set_mss(full_mss());
  congestion_.on_timeout();  // one segment of the new size
}

// Each time that R1 is over half of what was tried, and what was found is kept (RFC 4821 section 7.7;
// net/ipv4/tcp_timer.c tcp_mtu_probing). The sizes are data's alone, whatever options go along.
void Endpoint::try_smaller_segments() {
  const BlackholeProfile& hole = os().blackhole;
  const std::uint32_t first = addresses_.local.ip.is_v6() ? hole.mss_v6 : hole.mss_v4;
  const std::uint32_t options = ts_ok_ ? wire::kTimestampsRoom : 0;
  std::uint32_t size = first;
  if (tried_mss_ != 0)
    size = std::max<std::uint32_t>(std::min(first, (tried_mss_ - options) / 2), hole.least_mss);
  tried_mss_ = static_cast<std::uint16_t>(size + options);
}

}  // namespace halfopen
