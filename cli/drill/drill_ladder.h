// The ladder of a script that was played: packets with the reasons for which they left, calls, states.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capture/note/run_info.h"
#include "capture/tell/ladder.h"
#include "sim/trace/observe.h"

namespace halfopen {

class DrillLadder final : public Observer {
 public:
  explicit DrillLadder(const RunInfo& run);

  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;
  [[nodiscard]] bool wants(NoteKind kind) const override { return text_.shows(kind); }

  // The lines of the last `rungs`, reasons included, with a line before them that says how many are left out.
  [[nodiscard]] std::vector<std::string> last(std::size_t rungs) const;
  [[nodiscard]] std::vector<std::string> all() const { return last(rungs_.size()); }

 private:
  LadderText text_;
  std::vector<std::string> rungs_;  // each with its reason below it
};

}  // namespace halfopen
