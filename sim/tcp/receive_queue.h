// The receive buffer: bytes in order that wait for read(), and segments beyond a hole (RFC 9293
// section 3.10.7.4, seventh step), with the SACK blocks that describe them (RFC 2018).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/ring.h"
#include "sim/wire/payload.h"
#include "sim/wire/seq.h"
#include "sim/wire/tcp_options.h"

namespace halfopen {

class ReceiveQueue {
 public:
  // Data at the edge: readable at once. `truesize` is what it costs until it is read.
  void append(Payload payload, std::uint32_t truesize);
  // Data beyond a hole, already cut to the window. What is there already is not stored twice. True if any
  // byte was new; else the whole segment was a duplicate.
  bool insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize);
  // Moves to the readable part what is contiguous from `edge`; returns the new edge in sequence space without
  // the FIN; `fin` becomes true when the FIN follows it.
  Seq pull(Seq edge, bool& fin);

  [[nodiscard]] std::uint32_t readable() const { return readable_; }
  [[nodiscard]] std::uint32_t truesize() const { return truesize_; }
  [[nodiscard]] bool has_holes() const { return !beyond_.empty(); }
  [[nodiscard]] std::uint32_t bytes_beyond() const;
  // The right edge of the highest block beyond a hole; only if has_holes().
  [[nodiscard]] Seq highest() const { return beyond_.back().seq + beyond_.back().length(); }

  std::size_t read(std::span<std::uint8_t> out);
  std::size_t discard(std::size_t most);

  // The blocks beyond holes, the most recently changed first (RFC 2018 section 4), at most `out.size()`.
  [[nodiscard]] std::size_t sack_blocks(std::span<SeqSpan> out) const;
  // Drops everything (the process is gone).
  void clear();

 private:
  struct Chunk {
    Payload payload;
    std::uint32_t truesize = 0;
  };
  struct Fragment {
    Seq seq;
    bool fin = false;
    std::uint32_t truesize = 0;
    Payload payload;
    [[nodiscard]] std::uint32_t length() const { return payload.size() + (fin ? 1 : 0); }
    [[nodiscard]] Seq end() const { return seq + length(); }
  };
  [[nodiscard]] std::size_t first_ending_after(Seq point) const;
  [[nodiscard]] std::size_t block_with(Seq point) const;
  void cover(SeqSpan span);
  void remember(Seq seq);
  void pop_chunk();

  Ring<Chunk> ready_;
  std::vector<Fragment> beyond_;                    // in sequence order, without overlaps
  std::vector<SeqSpan> blocks_;                     // what they cover, neighbours joined
  std::array<Seq, TcpOptions::kMaxSack> recent_{};  // a point in each recently changed block, newest first
  std::uint8_t recent_count_ = 0;
  std::uint32_t front_offset_ = 0;  // bytes of ready_.front() already read
  std::uint32_t readable_ = 0;
  std::uint32_t truesize_ = 0;
};

}  // namespace halfopen
