// halfopen sim: a scenario in virtual time, told as it happens.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "capture/expect.h"
#include "capture/json_writer.h"
#include "capture/ladder.h"
#include "capture/trace.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/find_scenario.h"
#include "cli/outputs.h"
#include "cli/prose.h"
#include "cli/prose_ladder.h"
#include "cli/report.h"
#include "cli/sooner.h"
#include "sim/world.h"

namespace halfopen {
namespace {

LadderText ladder_of(const Scenario& scenario, const SimOptions& options, const Prose& out) {
  LadderOptions ladder;
  ladder.color = out.colour();
  ladder.explain = options.explain;
  ladder.family = {scenario.client.profile.family, scenario.server.profile.family, OsFamily::rfc};
  return {describe_run(scenario, options).names(), ladder};
}

// Expectations that failed, and for people how the others went.
bool print_verdicts(Prose& out, const std::vector<Verdict>& verdicts, bool quiet) {
  std::size_t passed = 0;
  std::size_t skipped = 0;
  std::size_t failed = 0;
  for (const Verdict& verdict : verdicts) {
    passed += verdict.what == Verdict::What::passed ? 1 : 0;
    skipped += verdict.what == Verdict::What::skipped ? 1 : 0;
    failed += verdict.what == Verdict::What::failed ? 1 : 0;
    if (verdict.what == Verdict::What::failed) out.line(out.paint(Style::bad, line_of(verdict)));
  }
  if (quiet) return failed == 0;
  std::string counts = fmt::format("{} passed", passed);
  if (failed > 0) counts += fmt::format(", {} failed", failed);
  if (skipped > 0) counts += fmt::format(", {} for other systems", skipped);
  out.line("expectations: " + out.paint(failed > 0 ? Style::bad : Style::good, counts));
  return failed == 0;
}

// One run of `halfopen sim`.
class SimRun {
 public:
  SimRun(const NamedScenario& named, const SimOptions& options)
      : named_{named},
        scenario_{named.scenario},
        options_{options},
        out_{stream_of(options)},
        expectations_{scenario_.expect, scenario_.facts()},
        ladder_{out_, ladder_of(scenario_, options, out_)} {
    open_outputs();
    trace_.subscribe(expectations_);
    if (options_.quiet) return;
    trace_.subscribe(ladder_);
    trace_.subscribe(report_);
    trace_.subscribe(told_);
  }

  int run() {
    if (!options_.quiet) print_head();
    World world{scenario_, {.seed = options_.seed, .tap = options_.tap, .observer = &trace_}};
    const TimePoint end = world.run();
    const std::vector<Verdict> verdicts = expectations_.finish(end);
    if (json_ != nullptr) json_->set_verdicts(verdicts);
    for (const auto& output : outputs_) output->finish();
    if (!options_.quiet) print_tail(end, world.is_quiet());
    const bool passed = print_verdicts(out_, verdicts, options_.quiet);
    if (!options_.quiet) print_outputs();
    out_.flush();
    return passed ? kExitYes : kExitNo;
  }

 private:
  static std::FILE* stream_of(const SimOptions& options) {
    return takes_standard_output(options) ? stderr : stdout;
  }

  void open_outputs() {
    const RunInfo run = describe_run(scenario_, options_);
    const CaptureOptions capture{.epoch = epoch_of_captures()};
    for (const std::string& name : options_.captures) {
      outputs_.push_back(std::make_unique<Output>(open_capture(name, run, capture)));
      trace_.subscribe(*outputs_.back());
    }
    if (options_.json.empty()) return;
    auto json = std::make_unique<JsonWriter>(options_.json, run);
    json_ = json.get();
    outputs_.push_back(std::make_unique<Output>(std::move(json)));
    trace_.subscribe(*outputs_.back());
  }

  void print_head() {
    out_.line(out_.paint(Style::title, named_.name) + ": " + scenario_.title);
    if (options_.explain && !scenario_.story.empty()) out_.line(scenario_.story);
    out_.line();
  }

  void print_tail(TimePoint end, bool for_ever) {
    const std::vector<std::string> seen = report_.finish(end, for_ever);
    out_.line();
    if (!seen.empty()) out_.line("What each program saw:");
    for (const std::string& line : seen) out_.line("  " + line);
    const std::string sooner = what_tells_sooner(scenario_, options_.seed, told_);
    if (!sooner.empty()) out_.line("sooner: " + sooner);
  }

  void print_outputs() {
    for (const std::string& name : options_.captures) {
      if (name != "-") out_.line("capture: " + name);
    }
    if (!options_.json.empty() && options_.json != "-") out_.line("json: " + options_.json);
  }

  const NamedScenario& named_;
  const Scenario& scenario_;
  const SimOptions& options_;
  Prose out_;
  Expectations expectations_;
  ProseLadder ladder_;
  Report report_;
  Told told_;
  std::vector<std::unique_ptr<Output>> outputs_;
  JsonWriter* json_ = nullptr;  // one of the outputs
  Trace trace_;
};

}  // namespace

int run_sim(const SimOptions& options) {
  const NamedScenario named = find_scenario(options.scenario, options.sets);
  return SimRun{named, options}.run();
}

}  // namespace halfopen
