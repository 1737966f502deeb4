#include "sim/tcp/scoreboard.h"

#include <algorithm>

namespace halfopen {

std::uint32_t Scoreboard::first_from(Seq seq) const {
  std::uint32_t low = 0;
  std::uint32_t high = entries_.size();
  while (low < high) {
    const std::uint32_t middle = (low + high) / 2;
    if (entries_[middle].start.before(seq))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

std::uint32_t Scoreboard::next_repair() {
  if (!has_repair()) return size();
  std::uint32_t next = repair_hint_;
  while (next < size() && !entries_[next].awaits_repair()) ++next;
  hint(next);
  return next;
}

std::uint32_t Scoreboard::repair_run(std::uint32_t i, std::uint32_t most) const {
  std::uint32_t count = 1;
  while (count < most && i + count < size() && entries_[i + count].is(SentSegment::joined) &&
         entries_[i + count].awaits_repair()) {
    ++count;
  }
  return count;
}

void Scoreboard::append(const SentSegment& entry) {
  entries_.push_back(entry);
  out_ += weight(entry);
}

void Scoreboard::note_sent(std::uint32_t i, TimePoint now) {
  SentSegment& entry = entries_[i];
  if (entry.transmissions < 255) ++entry.transmissions;
  entry.sent = now;
}

void Scoreboard::note_repaired(std::uint32_t i) {
  SentSegment& entry = entries_[i];
  entry.flags |= SentSegment::retransmitted;
  retransmitted_ += units(entry.length);
}

void Scoreboard::mark_sacked(std::uint32_t i) {
  forgive(i);
  const Seq end = entries_[i].end();
  if (sacked_ == 0 || end.after(sacked_end_)) sacked_end_ = end;
  entries_[i].flags |= SentSegment::sacked;
  sacked_ += units(entries_[i].length);
}

void Scoreboard::unmark_sacked(std::uint32_t i) {
  clear(entries_[i], SentSegment::sacked);
  sacked_ -= units(entries_[i].length);
}

bool Scoreboard::suppose_sacked(std::uint32_t units) {
  const std::uint32_t holes = std::min(std::max(lost_, 1u), out_);
  sacked_ = std::min(units, out_ - holes);
  supposes_ = sacked_ > 0 ? 1 : 0;
  return sacked_ == units;
}

void Scoreboard::mark_lost(std::uint32_t i) {
  SentSegment& entry = entries_[i];
  if (entry.is(SentSegment::retransmitted)) {
    clear(entry, SentSegment::retransmitted);
    retransmitted_ -= units(entry.length);
  }
  if (i < repair_hint_) hint(i);
  if (entry.is(SentSegment::lost)) return;
  entry.flags |= SentSegment::lost;
  lost_ += units(entry.length);
}

void Scoreboard::forgive(std::uint32_t i) {
  SentSegment& entry = entries_[i];
  if (entry.is(SentSegment::lost)) lost_ -= units(entry.length);
  if (entry.is(SentSegment::retransmitted)) retransmitted_ -= units(entry.length);
  clear(entry, SentSegment::lost | SentSegment::retransmitted);
}

void Scoreboard::forgive_all() {
  for (std::uint32_t i = 0; i < size() && (lost_ > 0 || retransmitted_ > 0); ++i) forgive(i);
}

void Scoreboard::make_front_weightless() {
  out_ -= weight(front());
  entries_.front().flags |= SentSegment::weightless;
}

void Scoreboard::subtract(const SentSegment& entry, std::uint32_t units) {
  out_ -= units;
  if (entry.is(SentSegment::sacked)) sacked_ -= units;
  if (entry.is(SentSegment::lost)) lost_ -= units;
  if (entry.is(SentSegment::retransmitted)) retransmitted_ -= units;
}

std::uint32_t Scoreboard::pop_front() {
  const std::uint32_t units = weight(front());
  subtract(front(), units);
  entries_.pop_front();
  if (repair_hint_ > 0) hint(repair_hint_ - 1);
  return units;
}

std::uint32_t Scoreboard::trim_front(std::uint32_t bytes) {
  SentSegment& entry = entries_.front();
  const std::uint32_t before = weight(entry);
  entry.start += bytes;
  entry.length -= bytes;
  clear(entry, SentSegment::syn);
  const std::uint32_t gone = before - units(entry.length);
  subtract(entry, gone);
  return gone;
}

void Scoreboard::cut(std::uint32_t i, std::uint32_t bytes) {
  SentSegment& first = entries_[i];
  SentSegment rest = first;
  rest.start += bytes;
  rest.length -= bytes;
  clear(first, SentSegment::fin | SentSegment::psh);
  clear(rest, SentSegment::joined);
  first.length = bytes;
  if (counts_bytes_ == 0) {  // in bytes the sums stay
    ++out_;
    sacked_ += first.is(SentSegment::sacked) ? 1u : 0u;
    lost_ += first.is(SentSegment::lost) ? 1u : 0u;
    retransmitted_ += first.is(SentSegment::retransmitted) ? 1u : 0u;
  }
  entries_.insert(i + 1, rest);
  if (repair_hint_ > i) hint(repair_hint_ + 1);
  if (rest.awaits_repair() && i < repair_hint_) hint(i);
}

void Scoreboard::join(std::uint32_t i) {
  SentSegment& head = entries_[i];
  const SentSegment& next = entries_[i + 1];
  const std::uint32_t saved = units(head.length) + units(next.length) - units(head.length + next.length);
  head.length += next.length;
  head.flags |= next.flags & (SentSegment::fin | SentSegment::psh);
  out_ -= saved;
  lost_ -= saved;
  entries_.erase(i + 1);
  if (repair_hint_ > i) hint(repair_hint_ - 1);
}

void Scoreboard::extend(std::uint32_t bytes) {
  SentSegment& last = entries_.back();
  const std::uint32_t before = units(last.length);
  last.length += bytes;
  const std::uint32_t more = units(last.length) - before;
  out_ += more;
  lost_ += more;
}

void Scoreboard::reset() {
  entries_.reset();
  out_ = sacked_ = lost_ = retransmitted_ = 0;
  repair_hint_ = supposes_ = 0;
}

std::string_view Scoreboard::broken_invariant(Seq una) const {
  Seq expected = una;
  std::uint32_t out = 0, sacked = 0, lost = 0, retransmitted = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    const SentSegment& entry = entries_[i];
    if (entry.start != expected) return "sent segments are contiguous from SND.UNA";
    if (entry.is(SentSegment::sacked) && entry.is(SentSegment::lost)) return "a SACKed segment is not lost";
    if (entry.awaits_repair() && i < repair_hint_) return "nothing awaits repair before the hint";
    expected = entry.end();
    out += weight(entry);
    if (entry.is(SentSegment::sacked)) sacked += units(entry.length);
    if (entry.is(SentSegment::lost)) lost += units(entry.length);
    if (entry.is(SentSegment::retransmitted)) retransmitted += units(entry.length);
  }
  if (supposes_ != 0 && sacked == 0) sacked = sacked_;
  const bool agree = out == out_ && sacked == sacked_ && lost == lost_ && retransmitted == retransmitted_;
  return agree ? std::string_view{} : "counts of segments in flight";
}

}  // namespace halfopen
