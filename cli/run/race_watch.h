// Where in a run a busy machine can have decided something. Until the first thing comes that waits for no
// other (an event of the timeline, a kernel's timer that repeats or probes), one thing follows from another:
// lateness delays it all, and what programs are told is the same.
#pragma once

#include <array>
#include <cstdint>

#include "capture/flow/flow_table.h"
#include "sim/base/time.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct Races {
  TimePoint first = kTimeZero;  // before it there was none
  // From when on no process of the client's, the server's program was left; kNever: some were at the end.
  std::array<TimePoint, 2> program_over{kNever, kNever};
};

// Hears all of a run.
class RaceWatch final : public Observer {
 public:
  // With `own_programs` both hosts run programs of ours. Others may have timers that nobody sees, as have a
  // path that loses packets by chance and a program that waits by the scenario's word: races from the start.
  RaceWatch(const Scenario& scenario, bool own_programs);

  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  // The run is over, at `end`. If the server never said a word, neither a SYN that is repeated nor what is
  // typed meanwhile is a race: there is no answer that could have come earlier.
  [[nodiscard]] Races finish(TimePoint end) const;

 private:
  void on_process(const ProcessNote& note);

  FlowTable flows_;
  bool has_hidden_timers_;
  bool server_spoke_ = false;
  TimePoint first_ = kNever;
  TimePoint first_act_ = kNever;  // on hosts, processes or the path
  std::array<std::int64_t, 2> processes_{};
  std::array<TimePoint, 2> program_over_{kNever, kNever};
};

}  // namespace halfopen
