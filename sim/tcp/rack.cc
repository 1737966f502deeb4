#include "sim/tcp/rack.h"

#include <algorithm>
#include <limits>

namespace halfopen {
namespace {

constexpr std::uint8_t kPersists = 16;  // include/net/tcp.h TCP_RACK_RECOVERY_THRESH

}  // namespace

void Rack::start(Seq una, std::uint16_t reordering) {
  end_ = from_ = una;
  reordering_ = reordering;
}

void Rack::on_resent(const SentSegment& sent) {
  if (resent_ == nullptr) resent_ = std::make_unique<Ring<Resent>>();
  resent_->push_back({sent.start, sent.sent});
}

void Rack::on_delivered(const SentSegment& sent, TimePoint now, Duration min_rtt) {
  const Duration rtt = now - sent.sent;
  // An ACK sooner than any round trip is the original's, not its repetition's.
  if (sent.transmissions > 1 && min_rtt != Duration::max() && rtt < min_rtt) return;
  news_ = true;
  rtt_ = rtt;
  if (sent.sent > sent_ || (sent.sent == sent_ && sent.end().after(end_))) {
    sent_ = sent.sent;
    end_ = sent.end();
  }
}

void Rack::on_reordering(std::uint32_t bytes, std::uint32_t mss, std::uint16_t most) {
  seen_ = true;
  if (bytes <= std::uint32_t{reordering_} * mss) return;
  reordering_ = static_cast<std::uint16_t>(std::min<std::uint32_t>((bytes + mss - 1) / mss, most));
}

void Rack::on_needless_repair(Seq una, Seq nxt) {
  if (!seen_ || (stepped_ && una.before(step_end_))) return;
  if (steps_ < std::numeric_limits<std::uint8_t>::max()) ++steps_;
  persist_ = kPersists;
  step_end_ = nxt;
  stepped_ = true;
}

void Rack::on_recovered() {
  if (persist_ == 0) return;
  persist_ = static_cast<std::uint8_t>(persist_ - 1) & 0x1f;
  if (persist_ == 0) steps_ = 1;
}

// Without signs of reordering three SACKed segments are enough, and so is a recovery that goes on.
Duration Rack::window(const Scoreboard& board, const Path& path) const {
  const bool is_plain = path.repairing || board.sacked() >= board.units(1) * reordering_;
  if (path.min_rtt == Duration::max() || (!seen_ && is_plain)) return Duration{0};
  const Duration window = path.min_rtt / 4 * steps_;
  return path.srtt > Duration{0} ? std::min(window, path.srtt) : window;
}

std::optional<Duration> Rack::mark_lost(Scoreboard& board, const Path& path, bool asked) {
  if (!news_ && !asked) return std::nullopt;
  news_ = false;
  if (sent_ == TimePoint{}) return std::nullopt;
  const TimePoint lost_before = path.now - rtt_ - window(board, path);
  const Duration wait = mark_originals(board, lost_before);
  return std::max(wait, mark_resent(board, lost_before));
}

// They left in the order of their numbers.
Duration Rack::mark_originals(Scoreboard& board, TimePoint lost_before) {
  Duration wait{0};
  bool all_known = true;
  for (std::uint32_t i = board.first_from(from_); i < board.size(); ++i) {
    const SentSegment& sent = board[i];
    if (sent.transmissions > 1 || sent.is(SentSegment::sacked) || sent.awaits_repair()) {
      if (sent.start.at_or_after(end_)) break;
      if (all_known) from_ = sent.end();
      continue;
    }
    if (!is_before_delivered(sent)) break;
    if (sent.sent <= lost_before) {
      board.mark_lost(i);
      if (all_known) from_ = sent.end();
    } else {
      all_known = false;
      wait = std::max(wait, sent.sent - lost_before);
    }
  }
  return wait;
}

Duration Rack::mark_resent(Scoreboard& board, TimePoint lost_before) {
  if (resent_ == nullptr) return Duration{0};
  Ring<Resent>& resent = *resent_;
  Duration wait{0};
  for (std::uint32_t n = 0; n < resent.size();) {
    const Resent one = resent[n];
    const std::uint32_t i = board.first_from(one.start);
    const bool is_true = i < board.size() && board[i].start == one.start && board[i].sent == one.sent &&
                         !board[i].is(SentSegment::sacked) && !board[i].awaits_repair();
    if (is_true && !is_before_delivered(board[i])) break;
    if (is_true && one.sent > lost_before) {
      wait = std::max(wait, one.sent - lost_before);
      ++n;
      continue;
    }
    if (is_true) board.mark_lost(i);
    if (n == 0)
      resent.pop_front();
    else
      ++n;
  }
  return wait;
}

}  // namespace halfopen
