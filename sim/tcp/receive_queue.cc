#include "sim/tcp/receive_queue.h"

#include <algorithm>

namespace halfopen {

void ReceiveQueue::append(Payload payload, std::uint32_t truesize) {
  readable_ += payload.size();
  truesize_ += truesize;
  ready_.push_back(Chunk{std::move(payload), truesize});
}

bool ReceiveQueue::insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize) {
  bool any_new = false;
  // What lies between the stored fragments is stored; what overlaps them is not.
  std::size_t i = first_ending_after(seq);
  while (true) {
    const std::uint32_t left = payload.size() + (fin ? 1 : 0);
    if (left == 0) break;
    const bool next_exists = i < beyond_.size();
    std::uint32_t gap = left;
    if (next_exists) {
      gap = beyond_[i].seq.at_or_before(seq) ? 0 : std::min(left, distance(seq, beyond_[i].seq));
    }
    if (gap > 0) {
      Payload piece = payload;
      const std::uint32_t bytes = std::min(gap, payload.size());
      piece.trim(0, bytes);
      const bool piece_fin = fin && gap == left;
      truesize_ += truesize;
      beyond_.insert(beyond_.begin() + static_cast<std::ptrdiff_t>(i),
                     Fragment{seq, piece_fin, truesize, std::move(piece)});
      truesize = 0;  // charged once
      any_new = true;
      cover(SeqSpan{seq, gap});
      remember(seq);
      ++i;
      if (gap == left) break;
    }
    const std::uint32_t skip = std::min(left, distance(seq, beyond_[i].end()));
    const std::uint32_t bytes = std::min(skip, payload.size());
    if (skip > payload.size()) fin = false;
    payload.trim(bytes, payload.size() - bytes);
    seq += skip;
    ++i;
  }
  if (!any_new && !beyond_.empty()) remember(seq - 1);
  return any_new;
}

Seq ReceiveQueue::pull(Seq edge, bool& fin) {
  std::size_t taken = 0;
  for (Fragment& fragment : beyond_) {
    if (fragment.seq.after(edge)) break;
    ++taken;
    const std::uint32_t overlap = distance(fragment.seq, edge);
    if (overlap < fragment.length() || (fragment.fin && overlap == fragment.payload.size())) {
      const std::uint32_t bytes = fragment.payload.size();
      if (overlap < bytes) {
        fragment.payload.trim(overlap, bytes - overlap);
        edge += bytes - overlap;
        truesize_ -= fragment.truesize;
        append(std::move(fragment.payload), fragment.truesize);
      } else {
        truesize_ -= fragment.truesize;
      }
      if (fragment.fin) fin = true;
    } else {
      truesize_ -= fragment.truesize;
    }
  }
  beyond_.erase(beyond_.begin(), beyond_.begin() + static_cast<std::ptrdiff_t>(taken));
  const auto done =
      std::find_if(blocks_.begin(), blocks_.end(), [edge](const SeqSpan& b) { return b.start.after(edge); });
  blocks_.erase(blocks_.begin(), done);
  if (beyond_.empty()) recent_count_ = 0;
  return edge;
}

std::uint32_t ReceiveQueue::bytes_beyond() const {
  std::uint32_t sum = 0;
  for (const Fragment& fragment : beyond_) sum += fragment.payload.size();
  return sum;
}

void ReceiveQueue::pop_chunk() {
  truesize_ -= ready_.front().truesize;
  ready_.pop_front();
  front_offset_ = 0;
}

std::size_t ReceiveQueue::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && !ready_.empty()) {
    const Payload& front = ready_.front().payload;
    const std::size_t got = front.copy_to(front_offset_, out.subspan(done));
    done += got;
    front_offset_ += static_cast<std::uint32_t>(got);
    if (front_offset_ == front.size()) pop_chunk();
  }
  readable_ -= static_cast<std::uint32_t>(done);
  return done;
}

std::size_t ReceiveQueue::discard(std::size_t most) {
  std::size_t done = 0;
  while (done < most && !ready_.empty()) {
    const std::uint32_t left = ready_.front().payload.size() - front_offset_;
    const auto take = static_cast<std::uint32_t>(std::min<std::size_t>(left, most - done));
    done += take;
    front_offset_ += take;
    if (take == left) pop_chunk();
  }
  readable_ -= static_cast<std::uint32_t>(done);
  return done;
}

// The first fragment that reaches beyond `point`, by bisection; most often none does.
std::size_t ReceiveQueue::first_ending_after(Seq point) const {
  const auto found = std::partition_point(beyond_.begin(), beyond_.end(),
                                          [point](const Fragment& f) { return f.end().at_or_before(point); });
  return static_cast<std::size_t>(found - beyond_.begin());
}

// The block that holds `point`; blocks_.size() if none does.
std::size_t ReceiveQueue::block_with(Seq point) const {
  const auto found = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [point](const SeqSpan& b) { return b.end().at_or_before(point); });
  const bool inside = found != blocks_.end() && found->contains(point);
  return inside ? static_cast<std::size_t>(found - blocks_.begin()) : blocks_.size();
}

// Joins `span` with the blocks that it touches.
void ReceiveQueue::cover(SeqSpan span) {
  const auto first = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [&span](const SeqSpan& b) { return b.end().before(span.start); });
  auto last = first;
  while (last != blocks_.end() && last->start.at_or_before(span.end())) {
    const Seq end = later(span.end(), last->end());
    span.start = earlier(span.start, last->start);
    span.length = distance(span.start, end);
    ++last;
  }
  if (first == last) {
    blocks_.insert(first, span);
    return;
  }
  *first = span;
  blocks_.erase(first + 1, last);
}

// Keeps one point for each of the four blocks that changed last.
void ReceiveQueue::remember(Seq seq) {
  std::array<Seq, TcpOptions::kMaxSack> kept{seq};
  std::uint8_t count = 1;
  const std::size_t at = block_with(seq);
  const SeqSpan changed = at < blocks_.size() ? blocks_[at] : SeqSpan{seq, 1};
  for (std::uint8_t i = 0; i < recent_count_ && count < kept.size(); ++i) {
    if (!changed.contains(recent_[i])) kept[count++] = recent_[i];
  }
  recent_ = kept;
  recent_count_ = count;
}

std::size_t ReceiveQueue::sack_blocks(std::span<SeqSpan> out) const {
  std::size_t count = 0;
  for (std::uint8_t r = 0; r < recent_count_ && count < out.size(); ++r) {
    const std::size_t at = block_with(recent_[r]);
    if (at == blocks_.size()) continue;
    const auto end = out.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(out.begin(), end, blocks_[at]) == end) out[count++] = blocks_[at];
  }
  return count;
}

void ReceiveQueue::clear() {
  ready_.reset();
  beyond_ = {};
  blocks_ = {};
  recent_count_ = 0;
  front_offset_ = readable_ = truesize_ = 0;
}

}  // namespace halfopen
