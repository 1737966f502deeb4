// Which packet of one trace is which of the other: alignment of one stream of a connection by what the
// packets are, not by their index, with a bounded look-ahead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "capture/compare/edit_script.h"
#include "capture/compare/event.h"

namespace halfopen::compare {

// What an aligner finds, in order. Spans are valid during the call.
class AlignmentListener {
 public:
  virtual ~AlignmentListener() = default;
  // The same step; several events on a side are pieces of data that is cut differently. Fields may differ.
  virtual void on_match(std::span<const TraceEvent> a, std::span<const TraceEvent> b) = 0;
  virtual void on_missing(const TraceEvent& a) = 0;                     // B lacks it
  virtual void on_extra(const TraceEvent& b) = 0;                       // A lacks it
  virtual void on_moved(const TraceEvent& a, const TraceEvent& b) = 0;  // both have it, in another order
  // The look-ahead did not suffice: so many events of each side, the first of them `a` or `b` (one may be
  // null), could not be aligned.
  virtual void on_lost_step(const TraceEvent* a, std::size_t count_a, const TraceEvent* b,
                            std::size_t count_b) = 0;
};

class StreamAligner {
 public:
  static constexpr std::size_t kLookAhead = 1000;  // events of one stream and side that wait for a partner

  // The next event of a side, in the order of its trace. `pump` afterwards.
  void add_a(TraceEvent event) { a_.push_back(std::move(event)); }
  void add_b(TraceEvent event) { b_.push_back(std::move(event)); }
  // Tells what is certain by now. A side that is final has no further event.
  void pump(bool a_is_final, bool b_is_final, AlignmentListener& listener);
  [[nodiscard]] bool is_empty() const { return a_.empty() && b_.empty(); }
  [[nodiscard]] std::size_t waiting() const { return a_.size() + b_.size(); }

 private:
  enum class Step : std::uint8_t { done, wait };
  struct Finals {
    bool a = false;
    bool b = false;
  };
  Step advance(Finals finals, AlignmentListener& listener);
  Step drain(Finals finals, AlignmentListener& listener);
  Step match_pieces(Finals finals, AlignmentListener& listener, bool& handled);
  Step resynchronise(Finals finals, AlignmentListener& listener);
  struct Move {  // of a packet: the two edits, as indices, and what each side has
    std::size_t missing;
    std::size_t extra;
    TraceEvent a;
    TraceEvent b;
  };
  [[nodiscard]] std::vector<Move> moves_in(const std::vector<Edit>& edits) const;
  void apply(const std::vector<Edit>& edits, AlignmentListener& listener);
  void lose_step(AlignmentListener& listener);
  void take_match(std::size_t count_a, std::size_t count_b, AlignmentListener& listener);
  void take_missing(AlignmentListener& listener);
  void take_extra(AlignmentListener& listener);
  void take_swapped(AlignmentListener& listener);

  std::deque<TraceEvent> a_;
  std::deque<TraceEvent> b_;
  std::vector<TraceEvent> taken_a_;  // reused
  std::vector<TraceEvent> taken_b_;
  std::size_t next_try_ = 0;  // how many events must wait before the next attempt to align them
  bool is_lost_ = false;      // after a lost step, until the next agreement
};

}  // namespace halfopen::compare
