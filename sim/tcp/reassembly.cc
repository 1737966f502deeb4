#include "sim/tcp/reassembly.h"

#include <algorithm>
#include <utility>

namespace halfopen {

bool Reassembly::insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize) {
  bool any_new = false;
  // What lies between the stored fragments is stored; what overlaps them is not.
  std::size_t i = first_ending_after(seq);
  while (true) {
    const std::uint32_t left = payload.size() + (fin ? 1 : 0);
    if (left == 0) break;
    const bool next_exists = i < fragments_.size();
    std::uint32_t gap = left;
    if (next_exists) {
      gap = fragments_[i].seq.at_or_before(seq) ? 0 : std::min(left, distance(seq, fragments_[i].seq));
    }
    if (gap > 0) {
      Payload piece = payload;
      const std::uint32_t bytes = std::min(gap, payload.size());
      piece.trim(0, bytes);
      const bool piece_fin = fin && gap == left;
      truesize_ += truesize;
      fragments_.insert(fragments_.begin() + static_cast<std::ptrdiff_t>(i),
                        Fragment{seq, piece_fin, truesize, std::move(piece)});
      truesize = 0;  // charged once
      any_new = true;
      cover(SeqSpan{seq, gap});
      remember(seq);
      ++i;
      if (gap == left) break;
    }
    const std::uint32_t skip = std::min(left, distance(seq, fragments_[i].end()));
    const std::uint32_t bytes = std::min(skip, payload.size());
    if (skip > payload.size()) fin = false;
    payload.trim(bytes, payload.size() - bytes);
    seq += skip;
    ++i;
  }
  if (!any_new && !fragments_.empty()) remember(seq - 1);
  return any_new;
}

std::optional<Reassembly::Fragment> Reassembly::pull(Seq edge) {
  while (taken_ < fragments_.size() && fragments_[taken_].seq.at_or_before(edge)) {
    Fragment fragment = std::move(fragments_[taken_++]);
    truesize_ -= fragment.truesize;
    const std::uint32_t overlap = distance(fragment.seq, edge);
    if (overlap > fragment.payload.size()) continue;
    fragment.payload.trim(overlap, fragment.payload.size() - overlap);
    fragment.seq = edge;
    return fragment;
  }
  forget_below(edge);
  return std::nullopt;
}

void Reassembly::forget_below(Seq edge) {
  fragments_.erase(fragments_.begin(), fragments_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  const auto done =
      std::find_if(blocks_.begin(), blocks_.end(), [edge](const SeqSpan& b) { return b.start.after(edge); });
  blocks_.erase(blocks_.begin(), done);
  // A block that is gone frees its place. What was pushed out of the four before is not found again: as in
  // net/ipv4/tcp_input.c (tcp_sack_new_extend, tcp_sack_remove), there may be holes and no block to name.
  std::uint8_t kept = 0;
  for (std::uint8_t i = 0; i < recent_count_; ++i) {
    if (recent_[i].at_or_after(edge)) recent_[kept++] = recent_[i];
  }
  recent_count_ = fragments_.empty() ? std::uint8_t{0} : kept;
}

std::uint32_t Reassembly::bytes() const {
  std::uint32_t sum = 0;
  for (const Fragment& fragment : fragments_) sum += fragment.payload.size();
  return sum;
}

// The first fragment that reaches beyond `point`, by bisection; most often none does.
std::size_t Reassembly::first_ending_after(Seq point) const {
  const auto found = std::partition_point(fragments_.begin(), fragments_.end(),
                                          [point](const Fragment& f) { return f.end().at_or_before(point); });
  return static_cast<std::size_t>(found - fragments_.begin());
}

SeqSpan Reassembly::held_of(SeqSpan span) const {
  const auto found = std::partition_point(
      blocks_.begin(), blocks_.end(), [&span](const SeqSpan& b) { return b.end().at_or_before(span.start); });
  if (found == blocks_.end() || found->start.at_or_after(span.end())) return {span.start, 0};
  const Seq start = later(found->start, span.start);
  return {start, distance(start, earlier(found->end(), span.end()))};
}

// The block that holds `point`; blocks_.size() if none does.
std::size_t Reassembly::block_with(Seq point) const {
  const auto found = std::partition_point(blocks_.begin(), blocks_.end(),
                                          [point](const SeqSpan& b) { return b.end().at_or_before(point); });
  const bool inside = found != blocks_.end() && found->contains(point);
  return inside ? static_cast<std::size_t>(found - blocks_.begin()) : blocks_.size();
}

// Joins `span` with the blocks that it touches.
void Reassembly::cover(SeqSpan span) {
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
void Reassembly::remember(Seq seq) {
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

std::size_t Reassembly::sack_blocks(std::span<SeqSpan> out) const {
  std::size_t count = 0;
  for (std::uint8_t r = 0; r < recent_count_ && count < out.size(); ++r) {
    const std::size_t at = block_with(recent_[r]);
    if (at == blocks_.size()) continue;
    const auto end = out.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(out.begin(), end, blocks_[at]) == end) out[count++] = blocks_[at];
  }
  return count;
}

}  // namespace halfopen
