// A run told as it happens, whatever its hosts: ladder, captures, JSON, and at the end what each program saw,
// what would have told it sooner and whether the scenario's sentences held.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "capture/expect.h"
#include "capture/json_writer.h"
#include "capture/run_info.h"
#include "capture/trace.h"
#include "cli/find_scenario.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/prose.h"
#include "cli/prose_ladder.h"
#include "cli/report.h"
#include "cli/sooner.h"

namespace halfopen {

class Telling {
 public:
  // `named` and `options` outlive it. `run` and `facts` say what kind of hosts there are. Opens the output
  // files; throws Trouble, CaptureError or InputError.
  Telling(const NamedScenario& named, const SimOptions& options, const RunInfo& run, const RunFacts& facts);

  // The run's observer.
  [[nodiscard]] Trace& trace() { return trace_; }
  [[nodiscard]] Prose& out() { return out_; }
  void print_head();
  // Gives to the system what was recorded so far.
  void flush();
  // The run is over: finishes the files, prints the rest, gives the exit status. With `for_ever` nothing
  // could happen any more.
  [[nodiscard]] int finish(TimePoint end, bool for_ever);
  // After finish().
  [[nodiscard]] const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  static std::FILE* stream_of(const SimOptions& options);
  void open_outputs(const RunInfo& run);
  void print_tail(TimePoint end, bool for_ever);
  void print_outputs();

  const NamedScenario& named_;
  const Scenario& scenario_;
  const SimOptions& options_;
  Prose out_;
  Expectations expectations_;
  ProseLadder ladder_;
  Report report_;
  bool all_models_;
  std::vector<std::unique_ptr<Output>> outputs_;
  JsonWriter* json_ = nullptr;  // one of the outputs
  Trace trace_;
  std::vector<Verdict> verdicts_;
};

}  // namespace halfopen
