// Segments beyond a hole (RFC 9293 section 3.10.7.4, seventh step), and the SACK blocks that describe them
// (RFC 2018). Most connections never need one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/wire/payload.h"
#include "sim/wire/seq.h"
#include "sim/wire/tcp_options.h"

namespace halfopen {

class Reassembly {
 public:
  struct Fragment {
    Seq seq;
    bool fin = false;
    std::uint32_t truesize = 0;
    Payload payload;
    [[nodiscard]] std::uint32_t length() const { return payload.size() + (fin ? 1 : 0); }
    [[nodiscard]] Seq end() const { return seq + length(); }
  };

  // Data already cut to the window. What is there already is not stored twice. True if any byte was new; else
  // the whole segment was a duplicate. `truesize` is what it costs while it is here.
  bool insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize);
  // The first part of `span` that is here already; its length is 0 where nothing is.
  [[nodiscard]] SeqSpan held_of(SeqSpan span) const;
  // The next fragment that begins at or before `edge`, cut to begin there; its payload may be empty. Call it
  // with the new edge until there is none.
  [[nodiscard]] std::optional<Fragment> pull(Seq edge);

  [[nodiscard]] bool empty() const { return fragments_.empty(); }
  [[nodiscard]] std::uint32_t bytes() const;
  [[nodiscard]] std::uint32_t truesize() const { return truesize_; }
  // The right edge of the highest block; only if not empty().
  [[nodiscard]] Seq highest() const { return fragments_.back().end(); }
  // The FIN is here, which is the last thing before highest().
  [[nodiscard]] bool holds_fin() const { return !fragments_.empty() && fragments_.back().fin; }
  // The blocks, the most recently changed first (RFC 2018 section 4), at most `out.size()`. Of many only the
  // last four are remembered, so it may be none though data is held.
  [[nodiscard]] std::size_t sack_blocks(std::span<SeqSpan> out) const;

 private:
  [[nodiscard]] std::size_t first_ending_after(Seq point) const;
  [[nodiscard]] std::size_t block_with(Seq point) const;
  void cover(SeqSpan span);
  void remember(Seq seq);
  void forget_below(Seq edge);

  std::vector<Fragment> fragments_;                 // in sequence order, without overlaps
  std::vector<SeqSpan> blocks_;                     // what they cover, neighbours joined
  std::array<Seq, TcpOptions::kMaxSack> recent_{};  // a point in each recently changed block, newest first
  std::uint8_t recent_count_ = 0;
  std::uint32_t truesize_ = 0;
  std::size_t taken_ = 0;  // fragments at the front that pull() has given away
};

}  // namespace halfopen
