// What `compare` is given for a trace: a capture, or a scenario that is run on the spot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/line/options.h"
#include "cli/run/traced_run.h"

namespace halfopen {

struct SourceOptions {
  std::vector<std::string> sets;  // of a scenario that is run
  bool quick = false;
  std::optional<std::uint64_t> seed;
};

// Whether `name` names a scenario to run rather than a capture.
[[nodiscard]] bool is_run(std::string_view name);

class TraceSource {
 public:
  // `name`: a capture file, "-" for standard input, or sim:SCENARIO, replay:SCENARIO, live:SCENARIO, where
  // SCENARIO is a shipped one's name or a .toml file. A scenario is run here, with progress on a terminal.
  // Throws as find_scenario() and run_to_capture() do.
  TraceSource(const std::string& name, const SourceOptions& options);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return run_ ? run_->capture.path() : name_; }
  // The run, where it was one.
  [[nodiscard]] const std::optional<TracedRun>& run() const { return run_; }

 private:
  std::string name_;
  std::optional<TracedRun> run_;
};

}  // namespace halfopen
