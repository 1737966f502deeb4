// A run whose capture lies in a file without a name, for whoever reads it back: compare and check.
#pragma once

#include <string>
#include <vector>

#include "capture/expect/expect.h"
#include "cli/run/run_scenario.h"
#include "replay/base/unique_fd.h"

namespace halfopen {

// A file in the directory for temporary ones ($TMPDIR) that has no name any more: it goes with its last
// descriptor, `kill -9` included.
class UnnamedFile {
 public:
  UnnamedFile();  // throws Trouble where there can be none
  // Opens it anew from its start, in this process and in those that it forks: "/proc/self/fd/7".
  [[nodiscard]] std::string path() const;

 private:
  UniqueFd fd_;
};

struct TracedRun {
  UnnamedFile capture;  // pcapng, complete: as `sim -w` and `replay -w` write it
  PreparedRun run;
  RunEnd end;
  std::vector<Verdict> verdicts;  // of the scenario's expectations, in their order
};

// Runs `spec` to its end. Throws as prepare_run() and run_scenario() do, and CaptureError.
[[nodiscard]] TracedRun run_to_capture(const RunSpec& spec, const RunHooks& hooks = {});

}  // namespace halfopen
