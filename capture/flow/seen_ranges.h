// Which part of one end's sequence space the packets of a capture have shown: the union of what was sent,
// whatever its order, so that each byte counts once.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/wire/seq.h"

namespace halfopen {

class SeenRanges {
 public:
  // Of so many holes at once the oldest is taken for lost in the capture: memory is bounded.
  static constexpr std::size_t kMostHoles = 32;

  // Everything before `next` is seen, or was sent before the capture began; with `begins_here` nothing was.
  void start(Seq next, bool begins_here);
  // The end of what was sent.
  [[nodiscard]] Seq next() const { return next_; }
  // How many of the bytes [from, from + length) were not seen before; they are from now on. What lies between
  // the end and `from` is missing.
  std::uint32_t see(Seq from, std::uint32_t length);
  // Moves the end without bytes: a SYN or a FIN.
  void skip_to(Seq next) { next_ = later(next_, next); }
  // Something shows that all up to here was sent (it is acknowledged): what was not seen of it is missing.
  void miss_to(Seq acked);

 private:
  std::uint32_t fill(Seq from, Seq to);
  void add_hole(Seq from, Seq to);

  Seq low_;   // the lowest byte that was seen
  Seq next_;  // behind the highest
  bool begins_here_ = false;
  std::vector<SeqSpan> holes_;  // between them, in order
};

}  // namespace halfopen
