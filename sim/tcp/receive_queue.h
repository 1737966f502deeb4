// The receive buffer: bytes in order that wait for read(), and segments beyond a hole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "sim/base/ring.h"
#include "sim/tcp/reassembly.h"
#include "sim/wire/payload.h"
#include "sim/wire/seq.h"

namespace halfopen {

class ReceiveQueue {
 public:
  // Data at the edge: readable at once. `truesize` is what it costs until it is read.
  void append(Payload payload, std::uint32_t truesize);
  // Data beyond a hole, already cut to the window. What is there already is not stored twice. True if any
  // byte was new; else the whole segment was a duplicate.
  bool insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize);
  // The first part of `span` that is held beyond a hole; its length is 0 where nothing is.
  [[nodiscard]] SeqSpan held_of(SeqSpan span) const {
    return beyond_ == nullptr ? SeqSpan{span.start, 0} : beyond_->held_of(span);
  }
  // Moves to the readable part what is contiguous from `edge`; returns the new edge in sequence space without
  // the FIN; `fin` becomes true when the FIN follows it.
  Seq pull(Seq edge, bool& fin);

  [[nodiscard]] std::uint32_t readable() const { return readable_; }
  [[nodiscard]] std::uint32_t truesize() const {
    return truesize_ + (beyond_ == nullptr ? 0 : beyond_->truesize());
  }
  [[nodiscard]] bool has_holes() const { return beyond_ != nullptr && !beyond_->empty(); }
  [[nodiscard]] std::uint32_t bytes_beyond() const { return beyond_ == nullptr ? 0 : beyond_->bytes(); }
  // The right edge of the highest block beyond a hole; only if has_holes().
  [[nodiscard]] Seq highest() const { return beyond_->highest(); }
  // The FIN waits beyond a hole, at the end of that block.
  [[nodiscard]] bool holds_fin() const { return beyond_ != nullptr && beyond_->holds_fin(); }

  // Bytes of the first packet's that are not read yet; 0: nothing is readable.
  [[nodiscard]] std::uint32_t front_length() const {
    return ready_.empty() ? 0 : ready_.front().payload.size() - front_offset_;
  }

  std::size_t read(std::span<std::uint8_t> out);
  // Copies what read() would give after `skip` bytes, and leaves it there.
  std::size_t peek(std::span<std::uint8_t> out, std::size_t skip = 0) const;
  std::size_t discard(std::size_t most);

  // The blocks beyond holes, the most recently changed first (RFC 2018 section 4), at most `out.size()`.
  [[nodiscard]] std::size_t sack_blocks(std::span<SeqSpan> out) const {
    return beyond_ == nullptr ? 0 : beyond_->sack_blocks(out);
  }
  // Drops everything (the process is gone).
  void clear();

 private:
  struct Chunk {
    Payload payload;
    std::uint32_t truesize = 0;
  };
  void pop_chunk();

  Ring<Chunk> ready_;
  std::unique_ptr<Reassembly> beyond_;  // made by the first segment beyond a hole
  std::uint32_t front_offset_ = 0;      // bytes of ready_.front() already read
  std::uint32_t readable_ = 0;
  std::uint32_t truesize_ = 0;  // of ready_
};

}  // namespace halfopen
