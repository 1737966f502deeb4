// A run told as it happens, whatever its hosts: ladder, captures, JSON, and at the end what each program saw,
// what would have told it sooner and whether the scenario's sentences held, and the user's.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "capture/expect/expect.h"
#include "capture/tell/json_writer.h"
#include "cli/line/options.h"
#include "cli/run/outputs.h"
#include "cli/run/run_scenario.h"
#include "cli/run/sooner.h"
#include "cli/tell/demand.h"
#include "cli/tell/prose.h"
#include "cli/tell/prose_ladder.h"
#include "cli/tell/prose_states.h"
#include "cli/tell/report.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Telling {
 public:
  // `run` and `options` outlive it. Opens the output files; throws Trouble, CaptureError or InputError.
  Telling(const PreparedRun& run, const RunOptions& options);

  // The run's observers; who else listens is added before the run begins.
  [[nodiscard]] Observers& observers() { return observers_; }
  [[nodiscard]] Prose& out() { return out_; }
  void print_head();
  // Gives to the system what was recorded so far.
  void flush();
  // The run is over: finishes the files, prints the rest, gives the exit status.
  [[nodiscard]] int finish(const RunEnd& end);
  // After finish().
  [[nodiscard]] const std::vector<Verdict>& verdicts() const { return verdicts_; }

 private:
  static std::FILE* stream_of(const RunOptions& options);
  void open_outputs();
  void print_tail(const RunEnd& end);
  void print_outputs();

  const PreparedRun& run_;
  const Scenario& scenario_;
  const RunOptions& options_;
  Prose out_;
  Expectations expectations_;
  Demands demands_;
  std::size_t width_;  // of the terminal, 0 for any
  ProseLadder ladder_;
  ProseStates states_;  // in its place, with --states
  Report report_;
  std::vector<std::unique_ptr<Output>> outputs_;
  JsonWriter* json_ = nullptr;  // one of the outputs
  Observers observers_;
  std::vector<Verdict> verdicts_;
};

}  // namespace halfopen
