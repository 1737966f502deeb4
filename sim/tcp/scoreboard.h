// What was sent and is not acknowledged yet, in the order of sequence numbers, and what is known of it: RFC
// 6675's scoreboard, and Linux's retransmission queue with its counts (include/linux/tcp.h packets_out,
// sacked_out, lost_out, retrans_out). It knows segments and marks; what a mark is for is its owner's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/base/ring.h"
#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/wire/seq.h"

namespace halfopen {

struct SentSegment {
  enum Flag : std::uint8_t {
    sacked = 1,
    lost = 2,
    retransmitted = 4,
    syn = 8,
    fin = 16,
    psh = 32,
    weightless = 64,  // the SYN-ACK of an early connection: it is in no count
    joined = 128,     // it left in one burst with the entry before it
  };
  TimePoint sent;  // last sending
  TimePoint first_sent;
  Seq start;
  std::uint32_t length = 0;  // in sequence space: SYN and FIN count
  std::uint8_t flags = 0;
  std::uint8_t transmissions = 0;
  [[nodiscard]] bool is(Flag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] Seq end() const { return start + length; }
  [[nodiscard]] std::uint32_t payload() const {  // bytes of data, if it is no SYN
    return length - (is(fin) ? 1u : 0u);
  }
  [[nodiscard]] bool awaits_repair() const { return is(lost) && !is(retransmitted); }
};

class Scoreboard {
 public:
  explicit Scoreboard(CwndUnit unit) : counts_bytes_{unit == CwndUnit::bytes ? 1u : 0u} {}

  // --- What is in it. Entries are numbered from the oldest.
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::uint32_t size() const { return entries_.size(); }
  [[nodiscard]] const SentSegment& operator[](std::uint32_t i) const { return entries_[i]; }
  [[nodiscard]] const SentSegment& front() const { return entries_.front(); }
  [[nodiscard]] const SentSegment& back() const { return entries_.back(); }
  [[nodiscard]] bool has_syn() const { return !empty() && front().is(SentSegment::syn); }
  [[nodiscard]] bool has_weightless() const { return !empty() && front().is(SentSegment::weightless); }
  // The first entry that begins at or behind `seq`, else size(). O(log entries).
  [[nodiscard]] std::uint32_t first_from(Seq seq) const;
  // The first that is lost and was not sent again since, else size(). What lies before it is looked at once.
  [[nodiscard]] std::uint32_t next_repair();
  // What was SACKed ends here; nothing where nothing is.
  [[nodiscard]] std::optional<Seq> sacked_end() const {
    return sacked_ > 0 ? std::optional{sacked_end_} : std::nullopt;
  }
  // How many entries from `i` on, which awaits repair, left in one burst and await it as well; `most` at
  // most.
  [[nodiscard]] std::uint32_t repair_run(std::uint32_t i, std::uint32_t most) const;

  // --- Counts, in units: segments or bytes (CongestionProfile::unit)
  [[nodiscard]] std::uint32_t units(std::uint32_t length) const { return counts_bytes_ != 0 ? length : 1; }
  [[nodiscard]] std::uint32_t weight(const SentSegment& entry) const {
    return entry.is(SentSegment::weightless) ? 0 : units(entry.length);
  }
  [[nodiscard]] std::uint32_t out() const { return out_; }
  [[nodiscard]] std::uint32_t sacked() const { return sacked_; }
  [[nodiscard]] std::uint32_t lost() const { return lost_; }
  [[nodiscard]] std::uint32_t retransmitted() const { return retransmitted_; }
  [[nodiscard]] bool has_repair() const { return lost_ > retransmitted_; }
  // What is on the way as far as can be told (net/ipv4: tcp_packets_in_flight; RFC 6675: pipe).
  [[nodiscard]] std::uint32_t in_flight() const { return out_ - sacked_ - lost_ + retransmitted_; }

  // --- What happens to it
  // The next in sequence space, as not sent yet.
  void append(const SentSegment& entry);
  void note_sent(std::uint32_t i, TimePoint now);
  void note_repaired(std::uint32_t i);  // sent again: it is on the way once more
  // The peer told of it.
  void mark_sacked(std::uint32_t i);
  void unmark_sacked(std::uint32_t i);
  // Without SACK: so many of them have arrived, as duplicate ACKs let suppose (net/ipv4/tcp_input.c
  // tcp_add_reno_sack). At least one more must be missing: false if so many cannot have arrived.
  bool suppose_sacked(std::uint32_t units);
  // Not on the way any more, neither the original nor what was sent again.
  void mark_lost(std::uint32_t i);
  void forgive(std::uint32_t i);  // neither lost nor sent again
  void forgive_all();
  void push(std::uint32_t i) { entries_[i].flags |= SentSegment::psh; }
  void unpush(std::uint32_t i) { clear(entries_[i], SentSegment::psh); }
  // A burst ends before entry `i`, if there is one.
  void part(std::uint32_t i) {
    if (i < size()) clear(entries_[i], SentSegment::joined);
  }
  void make_front_weightless();
  // The oldest is acknowledged: all of it, or the first `bytes`, which are fewer. Returns its units.
  std::uint32_t pop_front();
  std::uint32_t trim_front(std::uint32_t bytes);
  // Cuts entry `i` behind so many bytes of its data; FIN and PSH stay with the rest.
  void cut(std::uint32_t i, std::uint32_t bytes);
  // Entry `i` takes in the one behind it, which is as lost as it is.
  void join(std::uint32_t i);
  // The last, which is lost, takes in so many bytes that were not sent yet.
  void extend(std::uint32_t bytes);
  // Empties it and gives the memory back.
  void reset();

  // For debug builds and tests: an empty view, or what does not hold of entries from `una` on.
  [[nodiscard]] std::string_view broken_invariant(Seq una) const;

 private:
  void clear(SentSegment& entry, std::uint8_t flags) {
    entry.flags = static_cast<std::uint8_t>(entry.flags & ~flags);
  }
  void hint(std::uint32_t i) { repair_hint_ = i & 0x3fff'ffff; }
  void subtract(const SentSegment& entry, std::uint32_t units);

  Ring<SentSegment> entries_;
  std::uint32_t out_ = 0, sacked_ = 0, lost_ = 0, retransmitted_ = 0;
  Seq sacked_end_;                      // while anything is
  std::uint32_t repair_hint_ : 30 = 0;  // no entry before it awaits repair
  std::uint32_t supposes_ : 1 = 0;      // what is SACKed is a supposition
  std::uint32_t counts_bytes_ : 1;
};

}  // namespace halfopen
