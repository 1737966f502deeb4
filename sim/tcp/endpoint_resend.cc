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
  if (repair_is_long_) {
    cut_to_fit(next);
  } else {
    collapse_at(next);
  }
  transmit(now, out, next, repair_.cause());
  board_.note_repaired(next);
  if (--repair_left_ == 0 && repair_is_long_) {
    out.segment()->flags |= tcp_flag::psh;
    repair_is_long_ = false;
  }
  repair_.on_repaired(board_[next], board_.units(board_[next].length));
  if (!running(Timer::retransmit) && !running(Timer::reorder)) arm_retransmit(now);
  return true;
}

}  // namespace halfopen
