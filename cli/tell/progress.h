// How far a run in real time is, for the status line: elapsed, what the client sent last, and when the
// model expects the next packet and the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/flow/flow_table.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Progress final : public Observer {
 public:
  // Runs the scenario in the model, to know what to expect, if a status line is wanted.
  explicit Progress(const Scenario& scenario);

  [[nodiscard]] bool wants(NoteKind) const override { return false; }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note&) override {}

  // "12 s: sent retransmission 3, 1.6 s ago; model: next in 3.5 s, end at 9 min 57 s".
  [[nodiscard]] std::string text(TimePoint now) const;

 private:
  FlowTable flows_;
  std::vector<TimePoint> expected_;  // when the model's client sends
  TimePoint expected_end_ = kTimeZero;
  std::string last_ = "nothing yet";
  TimePoint last_at_ = kNever;
  std::uint32_t retransmission_ = 0;
};

}  // namespace halfopen
