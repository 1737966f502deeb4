// How loss is told from what arrives: by time, by what was SACKed, and by duplicate ACKs.
#include <algorithm>

#include "sim/tcp/repair.h"

namespace halfopen {

Rack::Path Repair::path(const Around& around) const {
  return {.now = around.now,
          .min_rtt = around.min_rtt,
          .srtt = around.srtt,
          .repairing = phase_ == Phase::recovery || phase_ == Phase::loss};
}

void Repair::on_delivered(const Around& around, const SentSegment& sent, std::optional<Seq> fack,
                          AckResult& ack) {
  ack.delivered += around.board.weight(sent);
  ++ack.packets;
  ack.bytes += sent.payload();
  if (sent.transmissions == 1) {
    // What was first sent after the timeout says nothing about it.
    ack.acked_original = ack.acked_original || sent.end().at_or_before(high_seq_);
    if (fack && sent.start.before(*fack) && (!ack.late || sent.start.before(*ack.late)))
      ack.late = sent.start;
  } else {
    ack.acked_retransmitted = true;
  }
  rack_.on_delivered(sent, around.now, around.min_rtt);
}

// net/ipv4/tcp_input.c tcp_check_dsack, tcp_dsack_seen.
void Repair::on_repeated(const Around& around, SeqSpan span) {
  const bool is_of_probe = probe_out_ && span.end() == probe_end_;
  if (!is_of_probe) rack_.on_needless_repair(around.una, around.nxt);
  const bool is_ours = span.end().after(undo_from_) && span.end().at_or_before(around.nxt);
  if (!can_undo_ || undo_repairs_ <= 0 || !is_ours) return;
  const std::uint32_t mss = std::max(around.mss, 1u);
  const std::uint32_t segments = span.length / mss + (span.length % mss != 0 ? 1 : 0);
  const auto repairs = static_cast<std::uint32_t>(undo_repairs_);
  undo_repairs_ = segments < repairs ? static_cast<std::int32_t>(repairs - segments) : 0;
}

void Repair::detect(const Around& around, const AckResult& ack, Step& step) {
  Scoreboard& board = around.board;
  if (by_time(around)) {
    if (board.sacked() > 0 || phase_ != Phase::open) step.reorder_wait = rack_.mark_lost(board, path(around));
  } else if (by_sack(around)) {
    if (ack.sacked || ack.advanced) detect_by_sack(around);
  } else if (by_supposition(around)) {
    // net/ipv4/tcp_recovery.c tcp_newreno_mark_lost
    const bool is_lost = phase_ == Phase::recovery ? ack.advanced : board.sacked() >= rack_.reordering();
    if (is_lost && phase_ != Phase::loss && !board.empty() && !board.front().is(SentSegment::lost))
      board.mark_lost(0);
  } else {
    detect_by_duplicates(around, ack);
  }
}

// What duplicate ACKs say without SACK: that something arrived, and is missing no more once the hole before
// it is filled (net/ipv4/tcp_input.c tcp_remove_reno_sacks, tcp_add_reno_sack).
void Repair::suppose(const Around& around, AckResult& ack) {
  Scoreboard& board = around.board;
  const std::uint32_t before = board.sacked();
  std::uint32_t sacked = before;
  if (ack.advanced) {
    ack.delivered = ack.delivered > before + 1 ? ack.delivered - before : 1;
    sacked = before + 1 > ack.packets ? before + 1 - ack.packets : 0;
    if (ack.acked_retransmitted) ack.acked_original = false;
    const bool keeps = phase_ == Phase::recovery && !around.una.at_or_after(high_seq_);
    if (!keeps) sacked = 0;
  } else if (ack.duplicate && phase_ != Phase::loss) {
    ++sacked;
  }
  if (sacked != before && !board.suppose_sacked(sacked) && !ack.advanced)
    rack_.on_reordering(board.out() * around.mss, around.mss, around.os.retransmit.most_reordering);
  if (board.sacked() > before) ack.delivered += board.sacked() - before;
}

// RFC 6675 section 4, IsLost: three SACKed segments, or more than two segments' worth of bytes, above it.
void Repair::detect_by_sack(const Around& around) {
  Scoreboard& board = around.board;
  const std::uint32_t threshold = around.os.retransmit.dup_threshold;
  std::uint32_t segments = 0;
  std::uint32_t bytes = 0;
  for (std::uint32_t i = board.size(); i-- > 0;) {
    const SentSegment& sent = board[i];
    if (sent.is(SentSegment::sacked)) {
      ++segments;
      bytes += sent.length;
    } else if (segments >= threshold || bytes > (threshold - 1) * around.mss) {
      // What was retransmitted is not lost again by the old evidence.
      if (!sent.is(SentSegment::retransmitted)) board.mark_lost(i);
    }
  }
}

void Repair::detect_by_duplicates(const Around& around, const AckResult& ack) {
  if (ack.advanced) {
    duplicates_ = 0;
    return;
  }
  if (!ack.duplicate && around.os.congestion.algorithm == CongestionAlgorithm::net3) duplicates_ = 0;
  if (!ack.duplicate || around.board.empty()) return;
  if (duplicates_ < 255) ++duplicates_;
  if (duplicates_ == around.os.retransmit.dup_threshold && phase_ == Phase::open) around.board.mark_lost(0);
}

}  // namespace halfopen
