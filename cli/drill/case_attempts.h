// A case on a kernel in real time, played again where it failed: a machine that is busy fails scripts that
// hold when they are played alone, and not all of it can be seen.
#pragma once

#include <vector>

#include "cli/drill/drill_run.h"

namespace halfopen {

class CaseAttempts {
 public:
  void add(DrillResult result) { attempts_.push_back(std::move(result)); }
  // There is no more to be found out: it passed, it failed twice in the same place and in the same way, or it
  // has had three attempts. At least one was added.
  [[nodiscard]] bool is_settled() const;
  // The last result; unresolved if it failed, and not as in the attempt before.
  [[nodiscard]] DrillResult verdict() const;

 private:
  [[nodiscard]] bool fails_again() const;

  std::vector<DrillResult> attempts_;
};

}  // namespace halfopen
