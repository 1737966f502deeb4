// Which part of one end's sequence space the packets of a capture have shown: the union of what was sent,
// whatever its order, so that each byte counts once.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/base/time.h"
#include "sim/wire/seq.h"

namespace halfopen {

class SeenRanges {
 public:
  // Of so many holes at once the oldest is taken for lost in the capture: memory is bounded. A window of a
  // gigabyte with every second segment lost has more; none was met.
  static constexpr std::size_t kMostHoles = 1024;

  // Everything before `next` is seen, or was sent before the capture began; with `begins_here` nothing was.
  void start(Seq next, bool begins_here);
  // The end of what was sent.
  [[nodiscard]] Seq next() const { return next_; }

  struct News {
    std::uint32_t bytes = 0;           // that were not seen before
    TimePoint missing_since = kNever;  // since when those were missing that filled a hole; kNever: none did
  };
  // Bytes [from, from + length) are seen from now on. What lies between the end and `from` is missing.
  News see(Seq from, std::uint32_t length, TimePoint now);
  // Moves the end without bytes: a SYN or a FIN.
  void skip_to(Seq next) { next_ = later(next_, next); }
  // Something shows that all up to here was sent (it is acknowledged): what was not seen of it is missing.
  void miss_to(Seq end, TimePoint now);

 private:
  struct Hole {
    Seq start;
    Seq end;
    TimePoint since;
  };
  void fill(Seq from, Seq to, News& news);
  void add_hole(Hole hole);

  Seq next_;                 // behind the highest byte that was seen
  Seq low_;                  // the lowest
  std::vector<Hole> holes_;  // between them, in order
  bool begins_here_ = false;
};

}  // namespace halfopen
