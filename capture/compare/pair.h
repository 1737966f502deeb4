// A connection of one trace and its partner in the other: aligns their streams, judges each step, and keeps
// what differs with its context.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "capture/compare/align.h"
#include "capture/compare/explain.h"
#include "capture/compare/report.h"
#include "capture/compare/side.h"
#include "capture/compare/timing.h"

namespace halfopen::compare {

// What a comparison is told to look at.
struct Terms {
  Tolerance tolerance;
  bool both_are_runs = false;     // both traces count time from the start of a run of halfopen
  std::size_t context = 3;        // equal steps around a difference
  std::set<std::string> ignored;  // fields by name, "time", "config", "outcomes"
  std::size_t most_rows = 1000;   // of a connection that are kept; more are counted
  [[nodiscard]] bool ignores(std::string_view what) const { return ignored.contains(std::string{what}); }
};

class ConnectionPair final : private AlignmentListener {
 public:
  // The connections outlive the pair, until finish(). Either may come later: then what is known waits.
  ConnectionPair(const Terms& terms, Facts a, Facts b);

  void add_a(TraceEvent event);
  void add_b(TraceEvent event);
  // Tells what is certain by now. A trace that is over has no further event.
  void pump(bool a_is_over, bool b_is_over);
  // Everything that came is aligned, and both ends have closed.
  [[nodiscard]] bool is_settled() const;

  // Nothing more comes. The report; the pair is over.
  [[nodiscard]] ConnectionReport finish();

 private:
  void on_match(std::span<const TraceEvent> a, std::span<const TraceEvent> b) override;
  void on_missing(const TraceEvent& a) override;
  void on_extra(const TraceEvent& b) override;
  void on_moved(const TraceEvent& a, const TraceEvent& b) override;
  void on_lost_step(const TraceEvent* a, std::size_t count_a, const TraceEvent* b,
                    std::size_t count_b) override;

  void add_lone(const TraceEvent& event, bool in_a);
  void add_row(Row row);
  void compare_config();
  void compare_limits();
  void tell_reasons_once();
  void note_silence(const TraceEvent& event, Silence& silence) const;
  void note_pieces(std::span<const TraceEvent> a, std::span<const TraceEvent> b);
  [[nodiscard]] bool is_at_a_cut(const TraceEvent& ack) const;

  const Terms& terms_;
  Facts a_;
  Facts b_;
  std::array<StreamAligner, kStreams> streams_;
  GapJudge gaps_;
  ConnectionReport report_;
  std::deque<Row> before_;                        // equal rows that may become context
  std::size_t after_ = 0;                         // equal rows that still are
  bool skipped_ = false;                          // equal rows were left out since the last kept one
  std::array<Silence, 2> silence_;                // the last one of the client in each trace
  std::optional<std::size_t> first_lone_repeat_;  // the row of the first retransmission in it that is alone
  // Data that was cut differently: an ACK of a cut that only one side has says nothing.
  struct Cut {
    Stream stream;
    std::uint32_t from;
    std::uint32_t to;
  };
  std::deque<Cut> cuts_;
};

}  // namespace halfopen::compare
