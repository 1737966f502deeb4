// What is sent again: which of what is lost, in which pieces and in which bursts. What is lost, and why, is
// decided by Repair.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {

// Small neighbours travel together when they are sent again (net/ipv4/tcp_output.c tcp_retrans_try_collapse;
// BSD resends by bytes).
void Endpoint::collapse_at(std::uint32_t index) {
  if (cut_to_fit(index) || !os().retransmit.collapse) return;
  const std::uint32_t mss = data_room();
  while (index + 1 < board_.size()) {
    const SentSegment& head = board_[index];
    const SentSegment& next = board_[index + 1];
    const bool mergeable = next.awaits_repair() && !head.is(SentSegment::syn) && !head.is(SentSegment::fin);
    if (!mergeable || head.payload() + next.payload() > mss) break;
    if (marks_ != nullptr && marks_->record_end_behind(head.start) == head.end()) break;
    board_.join(index);
  }
}

// Cuts an entry that no longer fits a packet: the path has become narrower, or SACK blocks go along
// (net/ipv4/tcp_output.c __tcp_retransmit_skb with tcp_current_mss). True if it did.
bool Endpoint::cut_to_fit(std::uint32_t index) {
  const std::uint32_t most = data_room();
  if (board_[index].payload() <= most) return false;
  board_.cut(index, most);
  return true;
}

// What goes again is cut from the buffer, over old borders and what was never sent alike, as far as the
// windows reach (netinet/tcp_output.c tcp_output with snd_nxt < snd_max). Returns how much they let go, which
// may be more than a packet takes.
std::uint32_t Endpoint::recut_at(std::uint32_t index) {
  const Seq start = board_[index].start;
  const std::uint32_t before = distance(snd_una_, start);
  const std::uint32_t flight = board_.in_flight();
  const std::uint32_t open = congestion_.cwnd() > flight ? congestion_.cwnd() - flight : 0;
  const std::uint32_t window = snd_wnd_ > before ? snd_wnd_ - before : 0;
  const std::uint32_t known = send_.size() - pieces_.held() - before;
  const std::uint32_t budget = repair_.is_forced() ? full_mss() : std::max(open, 1u);
  const std::uint32_t allowed = std::min({known, budget, std::max(window, 1u)});
  const std::uint32_t length = std::min(allowed, data_room());
  while (board_[index].payload() < length && index + 1 < board_.size()) {
    const std::uint32_t missing = length - board_[index].payload();
    if (board_[index + 1].payload() > missing) board_.cut(index + 1, missing);
    if (!board_[index + 1].awaits_repair()) board_.mark_lost(index + 1);
    board_.join(index);
  }
  const bool ends = board_[index].payload() == known && known == length && index + 1 < board_.size();
  if (ends && board_[index + 1].awaits_repair()) board_.join(index);  // the FIN goes along
  const std::uint32_t payload = board_[index].payload();
  if (payload > length) {
    board_.cut(index, length);
  } else if (payload < length && index + 1 == board_.size() && !board_[index].is(SentSegment::fin)) {
    board_.extend(length - payload);
    snd_nxt_ += length - payload;
  }
  if (known > 0 && board_[index].payload() == known)
    board_.push(index);
  else
    board_.unpush(index);
  return allowed;
}

// The window of one full segment has room behind a packet that its options made shorter.
void Endpoint::take_runt(std::uint32_t index, std::uint32_t length) {
  if (length == 0 || index >= board_.size() || board_[index].awaits_repair()) return;
  if (board_[index].payload() > length) board_.cut(index, length);
  board_.mark_lost(index);
  repair_.force();
}

// How many segments from entry `next` on go again in one burst.
std::uint8_t Endpoint::plan_repair(std::uint32_t next) {
  if (!sends_bursts()) return 1;
  const std::uint32_t flight = board_.in_flight();
  const std::uint32_t open = congestion_.cwnd() > flight ? congestion_.cwnd() - flight : 1;
  const std::uint32_t count = board_.repair_run(next, std::min({open, pace(), 255u}));
  board_.part(next + count);
  repair_is_long_ = count > 1;
  return static_cast<std::uint8_t>(count);
}

bool Endpoint::send_retransmission(TimePoint now, Packet& out) {
  if (!board_.has_repair()) {
    repair_.defer();
    repair_left_ = 0;
    repair_is_long_ = false;
    return false;
  }
  if (!repair_.may_send(around(now))) return false;
  const std::uint32_t next = board_.next_repair();
  if (next == board_.size()) return false;
  // What left in one burst is sent again in one (net/ipv4/tcp_output.c tcp_xmit_retransmit_queue).
  if (repair_left_ == 0) repair_left_ = plan_repair(next);
  const bool forced = repair_.is_forced();
  const bool is_runt = forced && next > 0;
  std::uint32_t runt = 0;
  if (repair_is_long_) {
    cut_to_fit(next);
  } else if (os().retransmit.recuts && !is_runt) {
    const std::uint32_t allowed = recut_at(next);
    if (forced) runt = allowed - std::min(allowed, board_[next].payload());
  } else {
    collapse_at(next);
  }
  // The third duplicate lets the segment go, and no more (netinet/tcp_input.c tcp_input: goto drop).
  if (forced && repair_.phase() == Repair::Phase::recovery)
    repairs_only_ = os().congestion.algorithm == CongestionAlgorithm::net3;
  transmit(now, out, next, repair_.cause());
  board_.note_repaired(next);
  if (--repair_left_ == 0 && repair_is_long_) {
    out.segment()->flags |= tcp_flag::psh;
    repair_is_long_ = false;
  }
  repair_.on_repaired(board_[next], board_.units(board_[next].length));
  take_runt(next + 1, runt);
  if (!running(Timer::retransmit) && !running(Timer::reorder)) arm_retransmit(now);
  return true;
}

}  // namespace halfopen
