#include "cli/run/telling.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/note/text.h"
#include "cli/run/excuse.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/ladder_choice.h"
#include "cli/tell/terminal.h"

namespace halfopen {
namespace {

LadderText ladder_of(const Scenario& scenario, const RunOptions& options, const RunInfo& run,
                     const Prose& out, std::size_t width) {
  LadderOptions ladder;
  ladder.color = out.colour();
  ladder.width = width;
  ladder.explain = options.explain;
  choose_rungs(options.shown, options.hidden, ladder);
  ladder.family = {scenario.client.profile.family, scenario.server.profile.family, OsFamily::rfc};
  return {run.names(), ladder};
}

// Expectations that failed or are unresolved, and for people those that mean nothing here and how the others
// went. Gives the exit status.
int print_verdicts(Prose& out, const std::vector<Verdict>& verdicts, bool quiet) {
  using What = Verdict::What;
  for (const Verdict& verdict : verdicts) {
    const bool is_bad = verdict.what == What::failed || verdict.what == What::unresolved;
    if (is_bad) out.line(out.paint(Style::bad, line_of(verdict)));
    const bool is_idle = verdict.what == What::not_applicable;
    if (is_idle && !quiet) out.line(out.paint(Style::faint, line_of(verdict)));
  }
  const auto count = [&](What what) { return std::ranges::count(verdicts, what, &Verdict::what); };
  const auto failed = count(What::failed);
  const auto unresolved = count(What::unresolved);
  const int status = failed > 0 ? kExitNo : unresolved > 0 ? kExitUnresolved : kExitYes;
  if (quiet) return status;
  std::string counts = fmt::format("{} passed", count(What::passed));
  if (failed > 0) counts += fmt::format(", {} failed", failed);
  if (unresolved > 0) counts += fmt::format(", {} unresolved", unresolved);
  if (count(What::skipped) > 0) counts += fmt::format(", {} for other systems", count(What::skipped));
  if (count(What::not_applicable) > 0)
    counts += fmt::format(", {} for another program", count(What::not_applicable));
  out.line("expectations: " + out.paint(status == kExitYes ? Style::good : Style::bad, counts));
  return status;
}

}  // namespace

Telling::Telling(const PreparedRun& run, const RunOptions& options)
    : run_{run},
      scenario_{run.named.scenario},
      options_{options},
      out_{stream_of(options)},
      expectations_{scenario_.expect, run.facts},
      demands_{options.demands},
      width_{terminal_width(stream_of(options))},
      ladder_{out_, ladder_of(scenario_, options, run.info, out_, width_)},
      states_{out_, ladder_of(scenario_, options, run.info, out_, width_)} {
  open_outputs();
  observers_.push_back(&expectations_);
  observers_.push_back(&demands_);
  if (options_.quiet) return;
  options_.states ? observers_.push_back(&states_) : observers_.push_back(&ladder_);
  observers_.push_back(&report_);
}

std::FILE* Telling::stream_of(const RunOptions& options) {
  return takes_standard_output(options) ? stderr : stdout;
}

void Telling::open_outputs() {
  const CaptureOptions capture{.epoch = epoch_of_captures(run_.spec.hosts.is_simulated())};
  for (const std::string& name : options_.captures) {
    outputs_.push_back(std::make_unique<Output>(open_capture(name, run_.info, capture)));
    observers_.push_back(outputs_.back().get());
  }
  if (options_.json.empty()) return;
  auto json = std::make_unique<JsonWriter>(options_.json, run_.info);
  json_ = json.get();
  outputs_.push_back(std::make_unique<Output>(std::move(json)));
  observers_.push_back(outputs_.back().get());
}

void Telling::print_head() {
  if (options_.quiet) return;
  out_.headline(run_.named.name, scenario_.title, width_);
  if (options_.explain && !scenario_.story.empty()) out_.line(reflowed(scenario_.story, width_));
  out_.line();
  if (options_.states) states_.print_head(true);
}

void Telling::flush() {
  for (const auto& output : outputs_) output->flush();
}

int Telling::finish(const RunEnd& end) {
  verdicts_ = expectations_.finish(end.at);
  for (Verdict& verdict : demands_.finish()) verdicts_.push_back(std::move(verdict));
  excuse(verdicts_, end.lateness, end.races);
  if (json_ != nullptr) json_->set_verdicts(verdicts_);
  for (const auto& output : outputs_) output->finish();
  if (!options_.quiet) print_tail(end);
  const int status = print_verdicts(out_, verdicts_, options_.quiet);
  if (!options_.quiet) print_outputs();
  out_.flush();
  return status;
}

void Telling::print_tail(const RunEnd& end) {
  const std::vector<std::string> seen = report_.finish(end.at, end.for_ever);
  options_.states ? states_.print_left_out() : ladder_.print_left_out();
  out_.line();
  if (!seen.empty()) out_.line("What each program saw:");
  for (const std::string& line : seen) out_.line(wrapped("  " + line, width_, 6));
  if (!options_.tells_sooner) return;
  const std::string sooner = what_tells_sooner(scenario_, options_.seed);
  if (!sooner.empty())
    out_.line(wrapped((run_.spec.hosts.is_simulated() ? "sooner: " : "sooner, by the model: ") + sooner,
                      width_, 8));
}

void Telling::print_outputs() {
  for (const std::string& name : options_.captures) {
    if (name != "-") out_.line("capture: " + name);
  }
  if (!options_.json.empty() && options_.json != "-") out_.line("json: " + options_.json);
}

}  // namespace halfopen
