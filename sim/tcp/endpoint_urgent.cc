// Urgent data (RFC 9293 section 3.8.5), as sockets make of it: the last byte before the urgent pointer is out
// of band, and a read ends in front of it. Until it is acknowledged, each segment before it announces it.
#include <algorithm>
#include <limits>

#include "sim/tcp/endpoint.h"

namespace halfopen {

// The first byte that is not read.
Seq Endpoint::read_seq() const { return rcv_nxt_ - (fin_received_ ? 1u : 0u) - receive_.readable(); }

bool Endpoint::at_urgent_mark() const { return urgent_ != Urgent::none && urgent_seq_ == read_seq(); }

bool Endpoint::skips_urgent_byte() const {
  return urgent_ != Urgent::none && !options_.oob_inline && at_urgent_mark();
}

// net/ipv4/tcp_input.c tcp_check_urg. A mark that was passed, or is not news, is none.
void Endpoint::take_urgent(const Segment& segment) {
  const Seq mark = segment.seq + (segment.urgent > 0 ? segment.urgent - 1u : 0u);
  if (mark.before(rcv_nxt_)) return;
  if (urgent_ != Urgent::none && !mark.after(urgent_seq_)) return;
  // The byte at which the reader stands is no longer the urgent one, and was never of the stream.
  if (skips_urgent_byte()) receive_.discard(1);
  urgent_ = Urgent::unread;
  urgent_seq_ = mark;
}

// A pointer of 16 bits reaches so far; what lies further on is announced as its end (net/ipv4/tcp_output.c
// __tcp_transmit_skb; netinet/tcp_output.c sends the low bits).
void Endpoint::mark_urgent(Segment& segment) const {
  constexpr std::uint32_t kReach = 0xffff;
  if (!segment.seq.before(snd_up_)) return;
  segment.flags |= tcp_flag::urg;
  segment.urgent = static_cast<std::uint16_t>(std::min(distance(segment.seq, snd_up_), kReach));
}

// Where a read goes that begins `skip` bytes after the first one: over the urgent byte if it stands at it,
// else no further than to it (net/ipv4/tcp.c tcp_recvmsg_locked).
Endpoint::Stretch Endpoint::stretch_after(std::size_t skip) const {
  const Stretch all{.skip = skip, .most = std::numeric_limits<std::size_t>::max()};
  if (urgent_ == Urgent::none) return all;
  const std::size_t at = distance(read_seq(), urgent_seq_);
  if (at > skip) return {.skip = skip, .most = at - skip};
  if (at < skip || options_.oob_inline) return all;
  return {.skip = skip + 1, .most = all.most};
}

std::size_t Endpoint::peek(std::span<std::uint8_t> out, std::size_t skip) const {
  const Stretch stretch = stretch_after(skip);
  return receive_.peek(out.first(std::min(out.size(), stretch.most)), stretch.skip);
}

std::size_t Endpoint::read(TimePoint now, std::span<std::uint8_t> out) {
  return take(now, out.size(), [&](std::size_t most) { return receive_.read(out.first(most)); });
}

std::size_t Endpoint::discard(TimePoint now, std::size_t most) {
  return take(now, most, [&](std::size_t count) { return receive_.discard(count); });
}

// A read of up to `most` bytes in whichever way.
template <class Read>
std::size_t Endpoint::take(TimePoint now, std::size_t most, Read read) {
  state_before_ = state_;
  input_ = Input::process;
  const Stretch stretch = stretch_after(0);
  receive_.discard(stretch.skip);
  const std::size_t first = receive_.front_length();
  const std::size_t count = read(std::min(most, stretch.most));
  if (urgent_ != Urgent::none && urgent_seq_.before(read_seq())) urgent_ = Urgent::none;
  if (count > 0) after_read(now, count, std::min(count, first));
  return count;
}

std::size_t Endpoint::readable() const {
  const std::size_t all = receive_.readable();
  return all > 0 && skips_urgent_byte() ? all - 1 : all;
}

std::size_t Endpoint::readable_to_mark() const {
  const std::size_t all = receive_.readable();
  if (urgent_ == Urgent::none || options_.oob_inline) return all;
  return std::min<std::size_t>(all, distance(read_seq(), urgent_seq_));
}

// It has arrived, and neither been read nor passed.
bool Endpoint::has_urgent_byte() const {
  return urgent_ == Urgent::unread && urgent_seq_.before(read_seq() + receive_.readable());
}

// net/ipv4/tcp.c tcp_recv_urg.
UrgentRead Endpoint::read_urgent(std::span<std::uint8_t> out, bool peeks) {
  if (options_.oob_inline || urgent_ == Urgent::none || urgent_ == Urgent::taken) return UrgentRead::none;
  if (!has_urgent_byte())
    return state_ == State::closed || receive_shut_ ? UrgentRead::end : UrgentRead::later;
  receive_.peek(out.first(std::min<std::size_t>(out.size(), 1)), distance(read_seq(), urgent_seq_));
  if (!peeks) urgent_ = Urgent::taken;
  return UrgentRead::byte;
}

}  // namespace halfopen
