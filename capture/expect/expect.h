// Holds a run against what its scenario expects. An observer: it sees the stream once, in order of time, and
// keeps a few numbers for each expectation, never the stream.
#pragma once

#include <memory>
#include <vector>

#include "capture/expect/verdict.h"
#include "sim/base/time.h"
#include "sim/scenario/expectation.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Expectations final : public Observer {
 public:
  Expectations(std::vector<Expectation> expectations, const RunFacts& facts);
  ~Expectations() override;

  [[nodiscard]] bool wants_packets() const override;
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  // The run is over, at `end`: what would still hold for ever holds. One verdict an expectation, in their
  // order.
  [[nodiscard]] std::vector<Verdict> finish(TimePoint end);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace halfopen
