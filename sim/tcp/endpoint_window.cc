// The window we offer and when we acknowledge, between the parts that decide (sim/tcp/receive_window.h,
// sim/tcp/ack_policy.h) and the rest of the endpoint.
#include <algorithm>
#include <bit>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

// What a packet's memory holds beside it, and its description (net/core/skbuff.c: headroom and struct
// skb_shared_info; struct sk_buff), as they are on 64 bits. All sizes were measured by SO_MEMINFO with
// packets of 41 to 20,040 bytes from a TUN device, on 6.1, 6.12, 6.18 and 7.2.
constexpr std::uint32_t kBesideData = 384;
constexpr std::uint32_t kDescription = 256;
constexpr std::uint32_t kPage = 4096;

}  // namespace

// --- The window

void Endpoint::init_receive_window(bool passive) {
  const WindowProfile& mine = os().window;
  window_.open(mine, {.mss = offered_mss() - (passive && ts_ok_ ? 12 : 0),
                      .clamp = options_.window_clamp != 0 ? options_.window_clamp : env_->route.window,
                      .initial_segments = env_->route.initial_receive_window,
                      .round_to = passive && mine.round_to_mss ? std::min(offered_mss(), peer_mss_) : 0,
                      .is_fixed = options_.receive_buffer != 0,
                      .scales = os().options.window_scaling && (!passive || scale_ok_)});
}

// At establishment, when both MSS are known.
void Endpoint::settle_receive_window(TimePoint now) {
  window_.settle(os().window, now, adv_mss(), scale_ok_);
  if (os().window.round_to_mss) window_.round_buffer(std::min(offered_mss(), peer_mss_));
}

std::uint32_t Endpoint::adv_mss() const { return offered_mss() - (ts_ok_ ? 12 : 0); }

// What of the peer's is taken, from RCV.NXT on. Until a listener's SYN-ACK is answered there is no buffer
// yet.
std::uint32_t Endpoint::acceptable_window() const {
  const bool embryo = state_ == State::syn_received && passive_;
  if (!os().check.whole_window || embryo) return receive_window();
  return std::max(receive_window(), window_.room(held()));
}

// The window to advertise from RCV.NXT. Where little of it is left quick ACKs are no use
// (net/ipv4/tcp_output.c __tcp_select_window).
std::uint32_t Endpoint::choose_window() {
  // An orphan's socket was given up in FIN_WAIT_2, and its window with it (net/ipv4/tcp_minisocks.c
  // tcp_time_wait: tw_rcv_wnd).
  const bool by_truesize = os().window.style.value == WindowStyle::truesize;
  if (by_truesize && orphan_ && state_ == State::time_wait) return window_.advertised();
  const ReceiveWindow::Held queue = held();
  if (by_truesize && window_.is_scarce(queue)) ack_.stop_quick();
  return window_.choose(os().window, rcv_nxt_, queue, send_mss());
}

std::uint32_t Endpoint::charged_truesize(const Arrival& arrival) const {
  if (arrival.truesize != 0) return arrival.truesize;
  const WindowProfile& mine = os().window;
  const auto options = static_cast<std::uint32_t>(arrival.segment.options.wire().size());
  const std::uint32_t packet = header_size() + options + arrival.segment.payload.size();
  const std::uint32_t room = packet + kBesideData;
  if (room + kDescription <= mine.truesize_small) return mine.truesize_small;
  // Powers of two up to two pages, then whole pages.
  const std::uint32_t taken = room <= 2 * kPage ? std::bit_ceil(room) : (room + kPage - 1) / kPage * kPage;
  constexpr std::uint32_t kFullPacket = 1500;
  if (packet > kFullPacket) return taken + kDescription;
  if (taken >= kPage / 2) return mine.truesize_full;
  return std::clamp<std::uint32_t>(taken + kDescription, mine.truesize_small, mine.truesize_full);
}

// --- Acknowledging

// What the rules look at; no ACK is delayed until the peer's retransmission could come (include/net/tcp.h
// TCP_RTO_MIN).
AckPolicy::Clock Endpoint::ack_clock(TimePoint now) const {
  const TickClock& clock = env_->clock;
  return {.jiffy = clock.jiffy(now),
          .tick = clock.tick(),
          .due = timers_.due(Timer::delayed_ack),
          .rto = clock.round_up(rto()),
          .receive_rtt = window_.round_trip(),
          .srtt = rtt_.has_sample() ? std::optional{clock.round_up(rtt_.srtt(os().rtt))} : std::nullopt,
          .most = os().rtt.rto_min.value - clock.tick()};
}

void Endpoint::arm_delayed_ack(TimePoint now, std::optional<Duration> wait) {
  if (wait) arm(now, Timer::delayed_ack, *wait);
}

// The window that would be offered now, were it not for the promise that its edge stays, is no less than the
// one last advertised; or a reader waits for more than there is (net/ipv4/tcp_input.c __tcp_ack_snd_check).
// Linux's rule alone asks.
bool Endpoint::window_holds() {
  if (os().ack.style.value != AckStyle::quickack) return false;
  const ReceiveWindow::Held queue = held();
  if (window_.is_scarce(queue)) ack_.stop_quick();
  return readable() < std::max<std::uint32_t>(options_.receive_low, 1) ||
         window_.by_memory(queue) >= window_.advertised();
}

// `fin`: the peer's comes along, and is not counted yet.
void Endpoint::owe_ack(TimePoint now, const Segment& segment, std::uint32_t length, bool window_grew,
                       bool fin) {
  const std::uint32_t unacknowledged = distance(window_.acknowledged(), rcv_nxt_) + (fin ? 1 : 0);
  const AckPolicy::Data data{.length = length,
                             .pushed = segment.has(tcp_flag::psh),
                             .segment = window_.rcv_mss(),
                             .advertised = window_.advertised(),
                             .unacknowledged = unacknowledged,
                             .window_holds = unacknowledged > window_.rcv_mss() && window_holds(),
                             .ends = fin && state_ == State::established,
                             .window_grew = window_grew};
  arm_delayed_ack(now, ack_.on_data(os().ack, data, ack_clock(now)));
}

// The reader made room: tell the peer where it matters (silly-window avoidance), and pay an owed ACK.
void Endpoint::after_read(TimePoint now, std::size_t count, std::size_t of_first) {
  // BSD's rule made every second segment's ACK, and does not ask whether more can come; its successors tell a
  // reader's progress only where the sender may be waiting for it (netinet/tcp_output.c).
  const bool eager = os().ack.style.value == AckStyle::fast_tick;
  const bool receiving =
      state_ == State::established || state_ == State::fin_wait_1 || state_ == State::fin_wait_2;
  if (!receiving && !(eager && is_synchronized(state_))) return;
  const std::uint32_t visible = receive_window();
  if (os().window.style.value == WindowStyle::free_space) {
    const std::uint32_t offer = choose_window();
    const std::uint32_t opens = offer > visible ? offer - visible : 0;
    const std::uint32_t buffer = window_.buffer();
    const bool matters = opens >= buffer / 4 || visible <= buffer / 8 || buffer <= 8 * full_mss();
    if ((opens >= 2 * full_mss() && (eager || matters)) || 2 * opens >= buffer) ack_now(Cause::window_update);
    return;
  }
  const ReceiveWindow::Read read{.count = static_cast<std::uint32_t>(count),
                                 .of_first = static_cast<std::uint32_t>(of_first),
                                 .unread = receive_.readable()};
  window_.on_read(os().window, now, read, adv_mss(), options_.receive_buffer != 0);
  const std::uint32_t unacknowledged = distance(window_.acknowledged(), rcv_nxt_);
  if (ack_.on_read(receive_.readable() == 0, unacknowledged, window_.rcv_mss())) return;
  if (2 * visible > window_.clamp()) return;
  const std::uint32_t offer = choose_window();
  if (offer > 0 && offer >= 2 * visible) ack_now(Cause::window_update);
}

void Endpoint::set_quick_ack(std::int64_t value) {
  state_before_ = state_;
  input_ = Input::process;
  const bool receives = state_ == State::established || state_ == State::close_wait;
  ack_.set_quick(value, receives, receive_.readable() == 0, distance(window_.acknowledged(), rcv_nxt_),
                 window_.rcv_mss());
}

// Enough that a reader need not wait, or all that the window lets come (include/net/tcp.h
// tcp_epollin_ready).
bool Endpoint::is_readable() const {
  const std::size_t there = readable();
  if (there == 0 || options_.receive_low <= 1) return there > 0;
  return there >= options_.receive_low || receive_window() <= window_.rcv_mss();
}

}  // namespace halfopen
