// The send buffer: how much of a write fits, who hears that there is room again, and what the bytes carry
// with them.
#include <algorithm>
#include <bit>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

// What a packet costs in memory beside its data: headers, the kernel's bookkeeping (net/ipv4/tcp_input.c
// tcp_sndbuf_expand: MAX_TCP_HEADER and skb_shared_info, rounded up, and sk_buff). The header is that of a
// kernel without wireless LAN, as in clouds; measured on 6.18: SO_SNDBUF is 10 * 2 * 2304.
constexpr std::uint32_t kPacketHeads = 256 + 320;
constexpr std::uint32_t kPacketBook = 256;
// The most bytes in a burst (net/ipv4/tcp.c tcp_xmit_size_goal: GSO_LEGACY_MAX_SIZE less the headers).
constexpr std::uint32_t kLongestBurst = 65'535 - 256;
constexpr std::uint32_t kSmallWindow = 536;

}  // namespace

std::size_t Endpoint::write(TimePoint now, std::span<const std::uint8_t> bytes, WriteFlags flags) {
  state_before_ = state_;
  input_ = Input::process;
  haste_ = flags.more ? Haste::holds : Haste::usual;
  const std::size_t count = can_send() ? std::min(bytes.size(), room_for(bytes.size())) : 0;
  wants_space_ = count < bytes.size();
  if (count == 0) return 0;
  if (restarts_at_write() && board_.empty()) restart_after_idle(now);
  const std::uint32_t syn = board_.has_syn() ? 1 : 0;
  const Seq start = snd_una_ + send_.size() + syn;
  const bool pieces = os().socket.write_cluster != 0 && is_synchronized(state_);
  if (os().congestion.pushes_within_writes) note_pushes(start);
  if (pieces) pieces_.add(static_cast<std::uint32_t>(count), send_limit() - send_.size());
  send_.append(env_->pool, bytes.first(count));
  if (pieces) pieces_.release(os().socket);
  more_announced_ = flags.more;
  if (flags.urgent) snd_up_ = start + static_cast<std::uint32_t>(count);
  if (!flags.more) push_end_ = start + static_cast<std::uint32_t>(count);
  const bool attaches = flags.ends_record || flags.zero_copy || options_.reports != 0;
  if (attaches) mark_written(start, count, count == bytes.size(), flags);
  start_persist_if_stuck(now);
  return count;
}

// `whole`: nothing of the call is left. A call that will go on is marked at its end.
void Endpoint::mark_written(Seq start, std::size_t count, bool whole, WriteFlags flags) {
  if (!whole && flags.waits) return;
  const Seq end = start + static_cast<std::uint32_t>(count);
  if (flags.zero_copy) marks().watch_zero_copy(start, end);
  if (flags.ends_record && whole) marks().end_record(end);
  if (options_.reports != 0) marks().watch(end, options_.reports, marks().number_of(end));
}

SendMarks& Endpoint::marks() {
  if (marks_ == nullptr) marks_ = std::make_unique<SendMarks>();
  return *marks_;
}

std::optional<SendReport> Endpoint::take_report() {
  return marks_ != nullptr ? marks_->take_report() : std::nullopt;
}

void Endpoint::push() {
  state_before_ = state_;
  input_ = Input::process;
  haste_ = Haste::pushes;
}

bool Endpoint::can_send() const {
  return !fin_queued_ && (state_ == State::established || state_ == State::close_wait ||
                          state_ == State::syn_sent || state_ == State::syn_received);
}

std::size_t Endpoint::write_space() const { return can_send() ? room_for(send_limit()) : 0; }

// Where bursts are counted there must be half as much room as is used, and few enough bytes unsent
// (include/net/sock.h sk_stream_is_writeable, include/net/tcp.h tcp_stream_memory_free).
bool Endpoint::is_writable() const {
  if (!can_send()) return false;
  if (os().window.burst_cost == 0)
    return write_space() >=
           std::min<std::uint32_t>(std::max<std::uint32_t>(os().socket.write_low, 1), send_limit());
  const std::uint64_t used = send_memory(send_.size() - unsent(), unsent());
  const std::uint64_t limit = send_limit();
  return limit > used && limit - used >= used / 2 && std::uint64_t{2} * unsent() < unsent_low();
}

// Where bursts are counted it must be writable; BSD's writers wake with each ACK, and look again.
bool Endpoint::resumes_write(std::size_t bytes) const {
  return os().window.burst_cost != 0 ? is_writable() : can_send() && room_for(bytes) > 0;
}

// After an ACK: the buffer follows a congestion window that is not full, and a writer hears that there is
// room (net/ipv4/tcp_input.c tcp_new_space, tcp_should_expand_sndbuf). That is looked at when the first burst
// has left that the ACK lets go; the others leave later (measured: send-buffer-follows-the-first-burst.pkt).
void Endpoint::look_for_space() {
  looks_for_space_ = false;
  if (send_limit_ != 0 && board_.in_flight() < congestion_.cwnd())
    send_limit_ = std::max(send_limit_, wanted_send_limit());
  if (!is_writable()) return;
  wants_space_ = false;
  ++news_.out;
}

std::uint32_t Endpoint::unsent_low() const {
  return options_.unsent_low != 0 ? options_.unsent_low : os().window.unsent_low.value;
}

// The send buffer in the unit in which the OS counts it.
std::uint32_t Endpoint::send_limit() const {
  const std::uint32_t limit = options_.send_buffer != 0 ? options_.send_buffer
                              : send_limit_ != 0        ? send_limit_
                                                        : wanted_send_limit();
  if (!os().window.round_to_mss || !is_synchronized(state_)) return limit;
  const std::uint32_t mss = std::max(std::min(offered_mss(), peer_mss_), 1u);
  return (limit + mss - 1) / mss * mss;
}

// One that nobody set grows with the congestion window.
std::uint32_t Endpoint::wanted_send_limit() const {
  const std::uint32_t usual = os().window.sndbuf.value;
  const std::uint32_t mss = std::max<std::uint32_t>(send_mss(), 1);
  std::uint32_t window = congestion_.cwnd() / std::max<std::uint32_t>(congestion_.mss(), 1);
  std::uint64_t each = mss;
  if (os().window.burst_cost != 0) {  // net/ipv4/tcp_input.c tcp_sndbuf_expand
    window = std::max(window, os().congestion.initial_window.value);
    each = std::bit_ceil(std::max(peer_mss_, mss) + kPacketHeads) + kPacketBook;
  }
  const std::uint64_t two = std::uint64_t{2} * window * each;
  return std::max(usual, static_cast<std::uint32_t>(std::min<std::uint64_t>(two, os().window.sndbuf_max)));
}

std::uint32_t Endpoint::send_buffer() const {
  const std::uint32_t usual = options_.send_buffer != 0 ? options_.send_buffer : os().window.sndbuf.value;
  return os().window.burst_cost != 0 && is_synchronized(state_) ? send_limit() : usual;
}

// A burst is what is handed to the device at once: whole segments, of no more than half of the largest window
// (net/ipv4/tcp.c tcp_xmit_size_goal, include/net/tcp.h tcp_bound_to_half_wnd).
std::uint32_t Endpoint::burst_size() const {
  const std::uint32_t mss = std::max<std::uint32_t>(send_mss(), 1);
  const std::uint32_t half = max_snd_wnd_ > kSmallWindow ? max_snd_wnd_ / 2 : max_snd_wnd_;
  const std::uint32_t most = half > 0 ? std::min(kLongestBurst, half) : kLongestBurst;
  return std::max(most / mss, 1u) * mss;
}

// Of a long write each buffer that ends more than half of the largest window behind the last PSH has one, so
// that the reader does not wait for more than fits (net/ipv4/tcp.c forced_push). Buffers are of burst_size().
std::uint32_t Endpoint::push_stride() const {
  const std::uint32_t size = burst_size();
  return (max_snd_wnd_ / 2 / size + 1) * size;
}

// A write begins at `start`, behind the last PSH: in a buffer of its own, or in the last of those that wait.
void Endpoint::note_pushes(Seq start) {
  const std::uint32_t size = burst_size();
  Seq buffer = start;
  if (start != snd_nxt_ && start.after(push_base_)) buffer = start - distance(push_base_, start) % size;
  const std::uint32_t first = (distance(buffer, start) + max_snd_wnd_ / 2) / size + 1;
  push_base_ = buffer + first * size - push_stride();
}

// Of so many bytes that have left, in bursts of the path's pace, and so many that wait, in the largest.
std::uint64_t Endpoint::send_memory(std::uint64_t sent, std::uint64_t waiting) const {
  const std::uint64_t small = std::uint64_t{pace()} * std::max(data_room(), 1u);
  const std::uint64_t large = burst_size();
  const std::uint64_t bursts = (sent + small - 1) / small + (waiting + large - 1) / large;
  return sent + waiting + bursts * os().window.burst_cost.value;
}

// Bytes that the windows let go at once, in whole segments.
std::uint32_t Endpoint::sendable_now() const {
  const std::uint32_t mss = std::max<std::uint32_t>(send_mss(), 1);
  const std::uint32_t cwnd = congestion_.cwnd() / std::max<std::uint32_t>(congestion_.mss(), 1);
  const std::uint32_t flight = board_.in_flight() / std::max<std::uint32_t>(congestion_.mss(), 1);
  if (!is_synchronized(state_) || flight >= cwnd) return 0;
  const std::uint64_t bytes = std::min<std::uint64_t>(usable_window(), std::uint64_t{cwnd - flight} * mss);
  return static_cast<std::uint32_t>(bytes / mss * mss);
}

// How much of `bytes` fits. Where bursts are counted, one that was begun is filled whatever the limit, and
// what may be sent leaves as soon as its burst is full (net/ipv4/tcp.c tcp_sendmsg_locked).
std::size_t Endpoint::room_for(std::size_t bytes) const {
  const std::uint32_t limit = send_limit();
  if (os().window.burst_cost == 0) {
    const std::uint32_t room = send_.size() < limit ? limit - send_.size() : 0;
    return room < bytes && room < std::min<std::uint32_t>(os().socket.write_low, limit) ? 0 : room;
  }
  const std::uint32_t burst = burst_size();
  const std::uint32_t gone = sendable_now();
  std::uint64_t taken = 0;
  while (taken < bytes) {
    const std::uint64_t queued = unsent() + taken;
    const std::uint64_t waiting = queued > gone ? queued - gone : 0;
    std::uint64_t room = waiting % burst == 0 ? 0 : burst - waiting % burst;
    if (room == 0) {
      const std::uint64_t sent = send_.size() + taken - waiting;
      if (send_memory(sent, waiting) >= limit || waiting >= unsent_low()) break;
      room = burst;
    }
    taken += room;
  }
  return static_cast<std::size_t>(taken);
}

// What keeps it from sending now, for TCP_INFO (net/ipv4/tcp_output.c tcp_write_xmit, tcp_cwnd_validate).
void Endpoint::count_time(TimePoint now) {
  using By = LimitedTime::By;
  if (!is_synchronized(state_) || (send_.size() == 0 && board_.empty())) return limits_.enter(now, By::idle);
  const std::uint32_t waiting = unsent();
  if (waiting == 0) return limits_.enter(now, wants_space_ ? By::buffer : By::busy);
  const bool by_cwnd = board_.in_flight() >= congestion_.cwnd();
  const bool by_window = !by_cwnd && usable_window() < std::min(waiting, send_mss());
  limits_.enter(now, by_window ? By::window : By::busy);
}

}  // namespace halfopen
