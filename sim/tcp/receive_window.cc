#include "sim/tcp/receive_window.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "sim/tcp/rtt.h"

namespace halfopen {
namespace {

constexpr std::uint32_t kFirstRound = 10;     // net/ipv4/tcp_input.c tcp_init_buffer_space: TCP_INIT_CWND
constexpr std::uint32_t kDefaultRatio = 128;  // net/ipv4: half of the memory is payload, in 256ths
constexpr std::uint32_t kTiny = 128;  // net/ipv4/tcp_input.c tcp_event_data_recv: less lets nothing grow
constexpr std::uint32_t kLargestField = 65'535;
constexpr std::uint8_t kLargestScale = 14;  // RFC 7323 section 2.3

std::uint32_t round_up(std::uint32_t value, std::uint32_t step) { return (value + step - 1) / step * step; }

// Memory that is counted for a segment where half of all is payload (net/ipv4/tcp_input.c
// tcp_rcv_space_adjust before 6.6: SKB_TRUESIZE(advmss + MAX_TCP_HEADER), and more until half of it is a
// segment). The header is that of a kernel without wireless LAN, as in endpoint_write.cc.
std::uint32_t memory_of_segment(std::uint32_t mss) {
  constexpr std::uint32_t kHeads = 256 + 576;
  constexpr std::uint32_t kStep = 128;
  const std::uint32_t least = mss + kHeads;
  return least / 2 >= mss ? least : least + round_up(2 * mss - least, kStep);
}

}  // namespace

void ReceiveWindow::open(const WindowProfile& profile, const Opening& opening) {
  const std::uint32_t largest = std::max(buffer_, opening.is_fixed ? 0 : profile.rcvbuf_max.value);
  if (profile.style.value == WindowStyle::truesize) {
    const std::uint32_t all = buffer_ / 256 * kDefaultRatio;
    std::uint32_t clamp = opening.clamp != 0 ? opening.clamp : std::numeric_limits<std::uint32_t>::max();
    if (opening.is_fixed) clamp = std::min(clamp, all);
    const std::uint32_t space = std::min(all, clamp);
    // Whole segments of the room (net/ipv4/tcp_output.c tcp_select_initial_window).
    const std::uint32_t whole = space / opening.mss * opening.mss;
    const std::uint32_t told = profile.begins_beyond_field ? whole : std::min(whole, kLargestField);
    advertised_ = std::max(told, std::min(space, opening.mss));
    if (opening.initial_segments != 0)
      advertised_ = std::min(advertised_, opening.initial_segments * opening.mss);
    clamp_ = space;
    const auto width = static_cast<int>(std::bit_width(std::min(largest, clamp)));  // floor(log2) + 1
    scale_ = static_cast<std::uint8_t>(std::clamp(width - 16, 0, int{kLargestScale}));
  } else {
    if (opening.round_to != 0) round_buffer(opening.round_to);
    advertised_ = std::min(buffer_, kLargestField);
    const std::uint32_t reaches = profile.scale_reaches != 0 ? profile.scale_reaches.value : largest;
    scale_ = 0;
    while (scale_ < kLargestScale && (kLargestField << scale_) < reaches) ++scale_;
  }
  if (!opening.scales) scale_ = 0;
}

void ReceiveWindow::settle(const WindowProfile& profile, TimePoint now, std::uint32_t adv_mss, bool scaled) {
  if (profile.style.value != WindowStyle::truesize) return;
  if (!scaled) clamp_ = std::min(clamp_, kLargestField);
  // One segment is kept back, unless the clamp leaves as much (net/ipv4/tcp_input.c tcp_init_buffer_space).
  const std::uint32_t all = buffer_ / 256 * kDefaultRatio;
  if (clamp_ > 2 * adv_mss && clamp_ + adv_mss > all)
    clamp_ = std::max(2 * adv_mss, all > adv_mss ? all - adv_mss : 0);
  ssthresh_ = std::min(advertised_, clamp_);
  read_before_ = std::min(ssthresh_, kFirstRound * adv_mss);
  round_since_ = now;
}

void ReceiveWindow::round_buffer(std::uint32_t mss) { buffer_ = round_up(buffer_, mss); }

std::uint32_t ReceiveWindow::choose(const WindowProfile& profile, Seq nxt, const Held& held,
                                    std::uint32_t send_mss) const {
  const std::uint32_t seen = visible(nxt);
  std::uint32_t window =
      profile.style.value == WindowStyle::truesize ? by_memory(held) : by_space(held, send_mss);
  if (window < seen || profile.rounds_up) window = round_up(std::max(window, seen), 1u << scale_);
  return std::min(window, kLargestField << scale_);
}

std::uint32_t ReceiveWindow::by_space(const Held& held, std::uint32_t send_mss) const {
  const std::uint32_t left = room(held);
  // Receiver's silly-window avoidance.
  return left < buffer_ / 4 && left < send_mss ? 0 : left;
}

bool ReceiveWindow::is_scarce(const Held& held) const {
  return free(held) < std::min(clamp_, payload_of(buffer_)) / 2;
}

std::uint32_t ReceiveWindow::by_memory(const Held& held) const {
  const std::uint32_t step = 1u << scale_;
  std::uint32_t left = free(held);
  if (is_scarce(held)) {
    left = left / step * step;
    if (left < payload_of(buffer_) / 16 || left < rcv_mss_) return 0;
  }
  const std::uint32_t limit = std::min(left, ssthresh_);
  if (scale_ > 0) return round_up(limit, step);
  // It stays if that is within a segment of what is free.
  const std::uint32_t whole = std::min(clamp_, payload_of(buffer_));
  const std::uint32_t mss = std::clamp(rcv_mss_, 1u, std::max(whole, 1u));
  if (advertised_ + mss <= limit || advertised_ > limit) return limit / mss * mss;
  return mss == whole && limit > advertised_ + whole / 2 ? limit : advertised_;
}

void ReceiveWindow::measure(const WindowProfile& profile, const Data& data) {
  ratio_ = static_cast<std::uint16_t>(
      std::clamp<std::uint64_t>(std::uint64_t{256} * data.length / data.truesize, 1, 255));
  clamp_ = payload_of(buffer_);
  if (profile.clamp_moves_threshold) ssthresh_ = std::min(std::max(ssthresh_, advertised_), clamp_);
}

bool ReceiveWindow::grow(const WindowProfile& profile, const Data& data, const Held& held,
                         std::uint32_t adv_mss) {
  if (profile.style.value != WindowStyle::truesize) return false;
  if (data.segment > rcv_mss_ && data.truesize > 0) {
    if (profile.ratio_adapts) measure(profile, data);
    rcv_mss_ = std::min(data.segment, adv_mss);
  }
  if (data.length < kTiny) return false;
  const std::uint32_t most = std::min(clamp_, free(held));
  if (most <= ssthresh_) return false;
  const bool dense = payload_of(data.truesize) <= data.length;
  const std::uint32_t step = dense ? 2 * adv_mss : 2 * rcv_mss_;
  ssthresh_ += std::min(most - ssthresh_, std::max(step, 2 * data.length));
  return true;
}

// net/ipv4/tcp_input.c tcp_rcv_rtt_update.
void ReceiveWindow::take_round_trip(const WindowProfile& profile, Duration sample, bool by_window) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max() / 8;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(sample).count();
  const auto taken = static_cast<std::uint32_t>(std::clamp<std::int64_t>(micros, 1, kMost));
  if (rtt_ == 0 || (taken * 8 < rtt_ && (by_window || profile.takes_least_rtt))) {
    rtt_ = taken * 8;
  } else if (!by_window) {
    rtt_ = rtt_ - rtt_ / 8 + taken;
  }
}

void ReceiveWindow::on_echo(const WindowProfile& profile, TsVal echo, TsVal now, Duration step,
                            std::uint32_t length) {
  if (echo == last_echo_) return;
  last_echo_ = echo;
  const std::uint32_t ago = std::max(distance(echo, now), 1u);
  // What lies further back is no echo of ours (net/ipv4/tcp_input.c tcp_rtt_tsopt_us).
  if (length < std::max(rcv_mss_, 1u) || ago > RttEstimator::kLongestSample / step) return;
  take_round_trip(profile, ago * step, false);
}

void ReceiveWindow::on_in_order(const WindowProfile& profile, TimePoint now, Seq nxt) {
  if (passing_since_ != 0 && nxt.before(passed_at_)) return;
  if (passing_since_ != 0) take_round_trip(profile, std::max(steps(now) - passing_since_, 1u) * kStep, true);
  passed_at_ = nxt + advertised_;
  passing_since_ = std::max(steps(now), 1u);
}

void ReceiveWindow::on_read(const WindowProfile& profile, TimePoint now, const Read& read,
                            std::uint32_t adv_mss, bool is_fixed) {
  read_ += read.of_first;
  const std::uint32_t rest = read.count - read.of_first;
  if (rtt_ != 0 && now - round_since_ >= round_trip()) {
    end_round(profile, read.unread + rest, adv_mss, is_fixed);
    read_ = 0;
    round_since_ = now;
  }
  read_ += rest;
}

void ReceiveWindow::end_round(const WindowProfile& profile, std::uint32_t unread, std::uint32_t adv_mss,
                              bool is_fixed) {
  const std::uint32_t waiting = profile.counts_unread ? unread : 0;
  const std::uint32_t gone = read_ > waiting ? read_ - waiting : 0;
  if (gone > read_before_ && (is_fixed || buffer_ >= profile.rcvbuf_max)) {
    read_before_ = gone;
  } else if (gone > read_before_) {
    std::uint64_t wanted = std::uint64_t{2} * gone + std::uint64_t{profile.autotune_margin} * adv_mss;
    wanted += 2 * (wanted * (gone - read_before_) / std::max(read_before_, 1u));
    const std::uint64_t buffer =
        profile.ratio_adapts ? wanted * 256 / ratio_ : wanted / adv_mss * memory_of_segment(adv_mss);
    if (buffer > buffer_) {
      buffer_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(buffer, profile.rcvbuf_max));
      clamp_ = payload_of(buffer_);
    }
    read_before_ = gone;
  }
}

void ReceiveWindow::set_clamp(std::uint32_t clamp) {
  if (clamp == clamp_) return;
  ssthresh_ = clamp < clamp_ ? std::min(ssthresh_, clamp) : std::max(ssthresh_, std::min(advertised_, clamp));
  clamp_ = clamp;
}

void ReceiveWindow::make_room(const WindowProfile& profile, std::uint32_t window) {
  const std::uint64_t space = std::uint64_t{window} * 256 / std::max<std::uint32_t>(ratio_, 1);
  if (space <= buffer_) return;
  buffer_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(space, profile.rcvbuf_max));
  clamp_ = std::max(clamp_, window);
}

}  // namespace halfopen
