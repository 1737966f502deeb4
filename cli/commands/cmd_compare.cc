// halfopen compare: two traces, and what differs between them, and why.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "capture/compare/compare.h"
#include "capture/compare/report_json.h"
#include "capture/compare/report_text.h"
#include "capture/file/output_file.h"
#include "cli/commands/commands.h"
#include "cli/run/excuse.h"
#include "cli/run/trace_source.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/tell/stream.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

using compare::ReportLine;

Style style_of(ReportLine::Tone tone) {
  switch (tone) {
    case ReportLine::Tone::title: return Style::title;
    case ReportLine::Tone::changed:
    case ReportLine::Tone::missing:
    case ReportLine::Tone::extra: return Style::bad;
    case ReportLine::Tone::equal: return Style::faint;
    case ReportLine::Tone::plain:
    case ReportLine::Tone::reason: return Style::plain;
  }
  return Style::plain;
}

// Prints each connection that differs as soon as it is known, and hands all of them on to the JSON.
class Telling final : public CompareListener {
 public:
  Telling(Prose& out, const CompareCommand& options, CompareJson* json)
      : out_{out},
        quiet_{options.quiet},
        left_{options.limit == 0 ? UINT64_MAX : options.limit},
        json_{json} {}
  void on_connection(const compare::ConnectionReport& report) override {
    if (json_ != nullptr) json_->on_connection(report);
    if (quiet_ || report.is_same) return;
    if (left_ == 0) {
      ++untold_;
      return;
    }
    print(compare::report_lines(report, "A", "B", left_));
    out_.line();
    left_ -= std::min(left_, std::max<std::uint64_t>(report.differences, 1));
  }
  void print_rest() {
    if (untold_ > 0)
      out_.line(fmt::format("and {} more connections differ: --limit 0 prints all\n", untold_));
  }
  void print(const std::vector<ReportLine>& lines) {
    for (const ReportLine& line : lines) out_.line(out_.paint(style_of(line.tone), line.text));
  }

 private:
  Prose& out_;
  bool quiet_;
  std::uint64_t left_;        // differences that may still be printed
  std::uint64_t untold_ = 0;  // connections that differ beyond them
  CompareJson* json_;
};

// Where a side is a run of its own, its options; --set and the like are for both.
SourceOptions options_of(const CompareCommand& command, const std::string& source,
                         const std::vector<std::string>& own) {
  const bool other_is_run = is_run(source == command.a ? command.b : command.a);
  SourceOptions options;
  options.sets = own;
  if (!is_run(source) && other_is_run) return options;
  options.sets = command.sets;
  options.sets.insert(options.sets.end(), own.begin(), own.end());
  options.quick = command.quick;
  options.seed = command.seed;
  return options;
}

// What explains a difference where a side was run on a machine that was late; empty: nothing does.
std::string excuse_of(const CompareCommand& command, const TraceSource& a, const TraceSource& b) {
  CompareOptions options = command.options;
  std::string excuse;
  bool may_have_decided = false;
  for (const TraceSource* source : {&a, &b}) {
    if (!source->run() || source->run()->end.lateness.worst().by == Duration::zero()) continue;
    const Lateness& lateness = source->run()->end.lateness;
    allow_for(lateness, options);
    may_have_decided = may_have_decided || lateness.may_have_decided();
    excuse += (excuse.empty() ? "" : "; ") + text_of(lateness);
  }
  if (excuse.empty()) return {};
  const bool is_explained = may_have_decided || compare_captures(a.path(), b.path(), options).is_same();
  return is_explained ? excuse : std::string{};
}

void print_verdict(Prose& out, const Comparison& comparison, const std::string& excuse) {
  const std::string what = fmt::format("{} connection{}, {} steps the same", comparison.connections,
                                       comparison.connections == 1 ? "" : "s", comparison.equal);
  for (const std::string& remark : comparison.remarks) out.line("note: " + remark);
  if (comparison.is_same()) {
    const char* word = comparison.has_trouble() ? "no difference found" : "the same";
    out.line(fmt::format("{}: {} (tolerance: {})", out.paint(Style::good, word), what, comparison.tolerance));
  } else {
    const char* word = excuse.empty() ? "different" : "unresolved";
    out.line(fmt::format("{}: {} difference{}; {} (tolerance: {})", out.paint(Style::bad, word),
                         comparison.differences, comparison.differences == 1 ? "" : "s", what,
                         comparison.tolerance));
    if (!excuse.empty()) out.line(excuse + "; run it again when it has less to do");
  }
}

void write_json(const std::string& name, const std::string& document) {
  OutputFile file{name, OutputFile::OnSignal::discard};
  file.write(document);
  file.finish();
}

}  // namespace

int run_compare(const CompareCommand& command) {
  if (command.a == "-" && command.b == "-") throw Trouble{"only one capture can come from standard input"};
  check_options(command.options);
  Prose out{command.json == "-" ? stderr : stdout};
  const TraceSource a{command.a, options_of(command, command.a, command.sets_a)};
  const TraceSource b{command.b, options_of(command, command.b, command.sets_b)};
  std::optional<CompareJson> json;
  if (!command.json.empty()) json.emplace(command.a, command.b);
  Telling telling{out, command, json ? &*json : nullptr};
  if (!command.quiet) {
    out.line(fmt::format("A: {}\nB: {}\n", a.name(), b.name()));
  }
  const Comparison comparison = compare_captures(a.path(), b.path(), command.options, &telling);
  telling.print_rest();
  if (!command.quiet) telling.print(compare::outcome_lines(comparison.outcomes, "A", "B"));
  if (!command.quiet && !comparison.outcomes.empty()) out.line();
  const std::string excuse = comparison.is_same() ? std::string{} : excuse_of(command, a, b);
  if (!command.quiet) print_verdict(out, comparison, excuse);
  if (json) write_json(command.json, json->document(comparison));
  out.flush();
  for (const std::string& fault : comparison.faults) complain(fault);
  if (comparison.has_trouble()) return kExitTrouble;
  if (comparison.is_same()) return kExitYes;
  return excuse.empty() ? kExitNo : kExitUnresolved;
}

}  // namespace halfopen
