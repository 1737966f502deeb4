// The window we offer (RFC 9293 section 3.8.6.2.2) and when we acknowledge (section 3.8.6.3), in the ways of
// the different stacks.
#include <algorithm>
#include <bit>
#include <limits>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

constexpr std::uint32_t kFrameSmall = 448;    // a longer packet needs a full-size buffer of the device
constexpr std::uint32_t kFirstRound = 10;     // net/ipv4/tcp_input.c tcp_init_buffer_space: TCP_INIT_CWND
constexpr std::uint32_t kDefaultRatio = 128;  // net/ipv4: half of the memory is payload, in 256ths

std::uint32_t round_up(std::uint32_t value, std::uint32_t step) { return (value + step - 1) / step * step; }

// Memory that is counted for a segment where half of all is payload (net/ipv4/tcp_input.c
// tcp_rcv_space_adjust before 6.6: SKB_TRUESIZE(advmss + MAX_TCP_HEADER), and more until half of it is a
// segment).
std::uint32_t memory_of_segment(std::uint32_t mss) {
  constexpr std::uint32_t kHeads = 320 + 576;
  constexpr std::uint32_t kStep = 128;
  const std::uint32_t least = mss + kHeads;
  return least / 2 >= mss ? least : least + round_up(2 * mss - least, kStep);
}

}  // namespace

// --- The window

void Endpoint::init_receive_window(bool passive) {
  const WindowProfile& mine = os().window;
  const std::uint32_t largest =
      std::max(receive_buffer_, options_.receive_buffer != 0 ? 0 : mine.rcvbuf_max.value);
  if (mine.style.value == WindowStyle::truesize) {
    const std::uint32_t all = receive_buffer_ / 256 * kDefaultRatio;
    const std::uint32_t asked = options_.window_clamp != 0 ? options_.window_clamp : env_->route.window;
    std::uint32_t clamp = asked != 0 ? asked : std::numeric_limits<std::uint32_t>::max();
    if (options_.receive_buffer != 0) clamp = std::min(clamp, all);  // it will not grow
    const std::uint32_t space = std::min(all, clamp);
    const std::uint32_t mss = offered_mss() - (passive && ts_ok_ ? 12 : 0);
    // Whole segments of the room, as far as a SYN's window can say it (net/ipv4/tcp_output.c
    // tcp_select_initial_window).
    rcv_wnd_ = std::max(std::min(space / mss * mss, 65535u), std::min(space, mss));
    const std::uint32_t initial = env_->route.initial_receive_window;
    if (initial != 0) rcv_wnd_ = std::min(rcv_wnd_, initial * mss);
    window_clamp_ = space;
    const auto width = static_cast<int>(std::bit_width(std::min(largest, clamp)));  // floor(log2) + 1
    rcv_scale_ = static_cast<std::uint8_t>(std::clamp(width - 16, 0, 14));
  } else {
    if (passive && mine.round_to_mss)
      receive_buffer_ = round_up(receive_buffer_, std::min(offered_mss(), peer_mss_));
    rcv_wnd_ = std::min(receive_buffer_, 65535u);
    const std::uint32_t reaches = mine.scale_reaches != 0 ? mine.scale_reaches.value : largest;
    rcv_scale_ = 0;
    while (rcv_scale_ < 14 && (65535u << rcv_scale_) < reaches) ++rcv_scale_;
  }
  if (!os().options.window_scaling || (passive && !scale_ok_)) rcv_scale_ = 0;
}

// At establishment, when both MSS are known.
void Endpoint::settle_receive_window() {
  const WindowProfile& mine = os().window;
  if (mine.style.value == WindowStyle::truesize) {
    const std::uint32_t adv_mss = offered_mss() - (ts_ok_ ? 12 : 0);
    if (!scale_ok_) window_clamp_ = std::min(window_clamp_, 65535u);
    // One segment is kept back, unless the clamp leaves as much (net/ipv4/tcp_input.c tcp_init_buffer_space).
    const std::uint32_t all = receive_buffer_ / 256 * kDefaultRatio;
    if (window_clamp_ > 2 * adv_mss && window_clamp_ + adv_mss > all)
      window_clamp_ = std::max(2 * adv_mss, all > adv_mss ? all - adv_mss : 0);
    rcv_ssthresh_ = std::min(rcv_wnd_, window_clamp_);
    copied_last_ = std::min(rcv_ssthresh_, kFirstRound * adv_mss);
  } else if (mine.round_to_mss) {
    receive_buffer_ = round_up(receive_buffer_, std::min(offered_mss(), peer_mss_));
  }
}

std::uint32_t Endpoint::receive_window() const {
  const std::uint32_t used = distance(rcv_wup_, rcv_nxt_);
  return rcv_wnd_ > used ? rcv_wnd_ - used : 0;
}

// What of the peer's is taken, from RCV.NXT on. Until a listener's SYN-ACK is answered there is no buffer
// yet.
std::uint32_t Endpoint::acceptable_window() const {
  const bool embryo = state_ == State::syn_received && passive_;
  if (!os().check.whole_window || embryo) return receive_window();
  const std::uint32_t queued = receive_.readable();
  return std::max(receive_window(), receive_buffer_ > queued ? receive_buffer_ - queued : 0);
}

// The window to advertise from RCV.NXT; the right edge never moves back (RFC 9293 section 3.8.6).
std::uint32_t Endpoint::choose_window() {
  const std::uint32_t visible = receive_window();
  std::uint32_t window =
      os().window.style.value == WindowStyle::truesize ? truesize_window() : free_space_window();
  const std::uint32_t step = 1u << rcv_scale_;
  if (window < visible || os().window.rounds_up) window = round_up(std::max(window, visible), step);
  return std::min(window, 65535u << rcv_scale_);
}

std::uint32_t Endpoint::free_space_window() const {
  const std::uint32_t queued = receive_.readable();
  const std::uint32_t free = receive_buffer_ > queued ? receive_buffer_ - queued : 0;
  // Receiver's silly-window avoidance.
  if (free < receive_buffer_ / 4 && free < send_mss()) return 0;
  return free;
}

// net/ipv4/tcp_output.c __tcp_select_window: the memory that is left, slow-started by rcv_ssthresh.
std::uint32_t Endpoint::truesize_window() {
  const std::uint64_t ratio = window_ratio_;
  const auto all = static_cast<std::uint32_t>(ratio * receive_buffer_ / 256);
  const std::uint32_t held = receive_.truesize();
  auto free = static_cast<std::uint32_t>(receive_buffer_ > held ? ratio * (receive_buffer_ - held) / 256 : 0);
  const std::uint32_t full = std::min(window_clamp_, all);
  const std::uint32_t step = 1u << rcv_scale_;
  if (free < full / 2) {
    ack_.stop_quick();
    free = free / step * step;
    if (free < all / 16 || free < rcv_mss_) return 0;
  }
  const std::uint32_t limit = std::min(free, rcv_ssthresh_);
  if (rcv_scale_ > 0) return round_up(limit, step);
  const std::uint32_t visible = receive_window();
  const std::uint32_t mss = std::max(rcv_mss_, 1u);
  if (visible + mss > limit && visible <= limit) return visible;
  return limit / mss * mss;
}

std::uint32_t Endpoint::charged_truesize(const Arrival& arrival) const {
  if (arrival.truesize != 0) return arrival.truesize;
  const std::uint32_t frame = arrival.segment.payload.size() + 60;
  const WindowProfile& mine = os().window;
  if (frame <= kFrameSmall) return mine.truesize_small;
  if (frame <= 1500) return mine.truesize_full;
  return frame + mine.truesize_full - 1500;
}

void Endpoint::measure_ratio(std::uint32_t length, std::uint32_t truesize) {
  window_ratio_ =
      static_cast<std::uint16_t>(std::clamp<std::uint64_t>(std::uint64_t{256} * length / truesize, 1, 255));
  window_clamp_ = static_cast<std::uint32_t>(std::uint64_t{window_ratio_} * receive_buffer_ / 256);
  if (!os().window.clamp_moves_threshold) return;
  rcv_ssthresh_ = std::min(std::max(rcv_ssthresh_, rcv_wnd_), window_clamp_);
}

// Data arrived in order: how far the window may open (net/ipv4/tcp_input.c tcp_grow_window,
// tcp_measure_rcv_mss). `segment`: as long as the peer's segments are, where a device has merged several.
// True if it may open further.
bool Endpoint::grow_window(std::uint32_t length, std::uint32_t truesize, std::uint32_t segment) {
  if (os().window.style.value != WindowStyle::truesize) return false;
  const std::uint32_t adv_mss = offered_mss() - (ts_ok_ ? 12 : 0);
  if (segment > rcv_mss_ && truesize > 0) {
    if (os().window.ratio_adapts) measure_ratio(length, truesize);
    rcv_mss_ = std::min(segment, adv_mss);
  }
  if (length < 128) return false;
  const std::uint32_t held = receive_.truesize();
  const auto free = static_cast<std::uint32_t>(
      receive_buffer_ > held ? std::uint64_t{window_ratio_} * (receive_buffer_ - held) / 256 : 0);
  const std::uint32_t most = std::min(window_clamp_, free);
  if (most <= rcv_ssthresh_) return false;
  const bool dense = std::uint64_t{window_ratio_} * truesize / 256 <= length;
  const std::uint32_t step = dense ? 2 * adv_mss : 2 * rcv_mss_;
  rcv_ssthresh_ += std::min(most - rcv_ssthresh_, std::max(step, 2 * length));
  return true;
}

// The buffer follows twice what the reader took in a round trip, and more while that grows
// (net/ipv4/tcp_input.c tcp_rcv_space_adjust).
void Endpoint::autotune(TimePoint now) {
  if (options_.receive_buffer != 0 || receive_buffer_ >= os().window.rcvbuf_max) return;
  const Duration round = std::max<Duration>(rtt_.srtt(os().rtt), 1ms);
  if (now - autotune_since_ < round) return;
  if (copied_ > copied_last_) {
    const std::uint32_t adv_mss = offered_mss() - (ts_ok_ ? 12 : 0);
    std::uint64_t wanted = std::uint64_t{2} * copied_ + std::uint64_t{os().window.autotune_margin} * adv_mss;
    wanted += 2 * (wanted * (copied_ - copied_last_) / std::max(copied_last_, 1u));
    const std::uint64_t buffer = os().window.ratio_adapts ? wanted * 256 / window_ratio_
                                                          : wanted / adv_mss * memory_of_segment(adv_mss);
    if (buffer > receive_buffer_) {
      receive_buffer_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(buffer, os().window.rcvbuf_max));
      window_clamp_ = static_cast<std::uint32_t>(std::uint64_t{window_ratio_} * receive_buffer_ / 256);
    }
  }
  copied_last_ = std::max(copied_, copied_last_);
  copied_ = 0;
  autotune_since_ = now;
}

// --- Acknowledging

// What the rules look at; no ACK is delayed until the peer's retransmission could come (include/net/tcp.h
// TCP_RTO_MIN).
AckPolicy::Clock Endpoint::ack_clock(TimePoint now) const {
  return {.now = now,
          .due = timers_.due(Timer::delayed_ack),
          .rto = rto(),
          .srtt = rtt_.has_sample() ? std::optional{rtt_.srtt(os().rtt)} : std::nullopt,
          .most = os().rtt.rto_min.value - env_->clock.tick()};
}

void Endpoint::arm_delayed_ack(TimePoint now, std::optional<Duration> wait) {
  if (wait) arm(now, Timer::delayed_ack, *wait);
}

// The window that would be offered now, were it not for the promise that its edge stays, is no less than the
// one last advertised; or a reader waits for more than there is (net/ipv4/tcp_input.c __tcp_ack_snd_check).
// Linux's rule alone asks.
bool Endpoint::window_holds() {
  if (os().ack.style.value != AckStyle::quickack) return false;
  return readable() < std::max<std::uint32_t>(options_.receive_low, 1) || truesize_window() >= rcv_wnd_;
}

void Endpoint::owe_ack(TimePoint now, const Segment& segment, std::uint32_t length, bool window_grew) {
  const std::uint32_t unacknowledged = distance(rcv_wup_, rcv_nxt_);
  const AckPolicy::Data data{.length = length,
                             .pushed = segment.has(tcp_flag::psh),
                             .segment = rcv_mss_,
                             .advertised = rcv_wnd_,
                             .unacknowledged = unacknowledged,
                             .window_holds = unacknowledged > rcv_mss_ && window_holds(),
                             .window_grew = window_grew};
  arm_delayed_ack(now, ack_.on_data(os().ack, data, ack_clock(now)));
}

// The reader made room: tell the peer where it matters (silly-window avoidance), and pay an owed ACK.
void Endpoint::after_read(TimePoint now, std::size_t count) {
  const bool receiving =
      state_ == State::established || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
  if (!receiving) return;
  const std::uint32_t visible = receive_window();
  if (os().window.style.value == WindowStyle::free_space) {
    const std::uint32_t offer = choose_window();
    const std::uint32_t opens = offer > visible ? offer - visible : 0;
    // BSD's rule made every second segment's ACK; its successors tell a reader's progress only where the
    // sender may be waiting for it (netinet/tcp_output.c).
    const bool eager = os().ack.style.value == AckStyle::fast_tick;
    const bool matters =
        opens >= receive_buffer_ / 4 || visible <= receive_buffer_ / 8 || receive_buffer_ <= 8 * send_mss();
    if ((opens >= 2 * send_mss() && (eager || matters)) || 2 * opens >= receive_buffer_)
      ack_now(Cause::window_update);
    return;
  }
  copied_ += static_cast<std::uint32_t>(count);
  autotune(now);
  if (ack_.on_read(receive_.readable() == 0, distance(rcv_wup_, rcv_nxt_), rcv_mss_)) return;
  if (2 * visible > window_clamp_) return;
  const std::uint32_t offer = choose_window();
  if (offer > 0 && offer >= 2 * visible) ack_now(Cause::window_update);
}

void Endpoint::set_quick_ack(std::int64_t value) {
  state_before_ = state_;
  const bool receives = state_ == State::established || state_ == State::close_wait;
  ack_.set_quick(value, receives, receive_.readable() == 0, distance(rcv_wup_, rcv_nxt_), rcv_mss_);
}

// net/ipv4/tcp.c tcp_set_window_clamp.
void Endpoint::clamp_window(std::uint32_t clamp) {
  if (clamp == window_clamp_) return;
  const std::uint32_t now_open = std::min(rcv_wnd_, clamp);
  rcv_ssthresh_ = clamp < window_clamp_ ? std::min(rcv_ssthresh_, clamp) : std::max(rcv_ssthresh_, now_open);
  window_clamp_ = clamp;
}

// Room for a window of so many bytes, which a reader waits to be filled (net/ipv4/tcp.c tcp_set_rcvlowat).
void Endpoint::raise_buffer(std::uint32_t window) {
  const std::uint64_t space = std::uint64_t{window} * 256 / std::max<std::uint32_t>(window_ratio_, 1);
  if (space <= receive_buffer_) return;
  receive_buffer_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(space, os().window.rcvbuf_max));
  window_clamp_ = std::max(window_clamp_, window);
}

// Enough that a reader need not wait, or all that the window lets come (include/net/tcp.h
// tcp_epollin_ready).
bool Endpoint::is_readable() const {
  const std::size_t there = readable();
  if (there == 0 || options_.receive_low <= 1) return there > 0;
  return there >= options_.receive_low || receive_window() <= rcv_mss_;
}

}  // namespace halfopen
