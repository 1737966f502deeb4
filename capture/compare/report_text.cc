#include "capture/compare/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "capture/note/text.h"

namespace halfopen::compare {
namespace {

using Tone = ReportLine::Tone;

// As in diff's side-by-side form: < stands in A alone, > in B alone.
constexpr std::array<std::string_view, 7> kMarks{"=", "~", "~", "<", ">", "x", "?"};
constexpr std::array<Tone, 7> kTones{Tone::equal, Tone::changed, Tone::changed, Tone::missing,
                                     Tone::extra, Tone::changed, Tone::changed};
constexpr std::size_t kIndent = 30;  // where the packets begin

std::string time_text(const std::optional<TimePoint>& at) {
  return at ? seconds_text(*at) : std::string{"-"};
}

std::string change_text(const FieldChange& change) {
  return fmt::format("{}: {} | {}", to_string(change.field), change.a, change.b);
}

std::string gap_text(const GapChange& gap) {
  return fmt::format("{} by {} (allowed {})", gap.late() < Duration::zero() ? "early" : "late",
                     human_duration(std::chrono::abs(gap.late())), human_duration(gap.allowed));
}

// What is wrong with a row, without its packet.
std::string summary(const Row& row) {
  std::string text;
  if (row.what == What::missing) return "only in A";
  if (row.what == What::extra) return "only in B";
  if (row.what == What::moved) return "in another order";
  if (row.what == What::lost_step) return "lost step";
  for (const FieldChange& change : row.changes) text += (text.empty() ? "" : "; ") + change_text(change);
  if (row.gap) text += (text.empty() ? "" : "; ") + gap_text(*row.gap);
  return text;
}

const Row* first_difference(const ConnectionReport& report) {
  const auto found =
      std::ranges::find_if(report.rows, [](const Row& row) { return row.what != What::equal; });
  return found == report.rows.end() ? nullptr : &*found;
}

// Up to `most` differences and the equal steps around them; returns how many there were.
std::uint64_t add_rows(const ConnectionReport& report, std::uint64_t most, std::vector<ReportLine>& lines) {
  std::uint64_t shown = 0;
  for (const Row& row : report.rows) {
    if (shown == most && (row.what != What::equal || row.after_gap)) break;
    if (row.after_gap) lines.push_back({Tone::plain, fmt::format("{:>{}}", "...", kIndent - 3)});
    const auto index = static_cast<std::size_t>(row.what);
    lines.push_back({kTones[index], fmt::format("{:>12} {:>12}  {}  {}", time_text(row.at_a),
                                                time_text(row.at_b), kMarks[index], row.text)});
    if (row.what == What::equal) continue;
    ++shown;
    lines.push_back({kTones[index], fmt::format("{:{}}{}", "", kIndent, summary(row))});
    if (!row.explanation.empty()) {
      lines.push_back({Tone::reason, fmt::format("{:{}}{}", "", kIndent, row.explanation)});
    }
  }
  return shown;
}

}  // namespace

std::string signed_text(Duration duration) {
  const char* sign = duration < Duration::zero() ? "-" : "+";
  return sign + human_duration(std::chrono::abs(duration));
}

std::string first_line(const ConnectionReport& report) {
  const Row* row = first_difference(report);
  if (row == nullptr) {
    if (report.config.empty()) return report.remarks.empty() ? std::string{} : report.remarks.front();
    const auto& config = report.config.front();
    return fmt::format("{}: {} | {}: {}", config.what, config.a, config.b, config.explanation);
  }
  const TimePoint at = row->at_a ? *row->at_a : row->at_b.value_or(kTimeZero);
  std::string text = fmt::format("at {} s, {}: {}", seconds_text(at), row->text, summary(*row));
  if (!row->explanation.empty()) text += ": " + row->explanation;
  return text;
}

std::vector<ReportLine> report_lines(const ConnectionReport& report, std::string_view name_a,
                                     std::string_view name_b, std::uint64_t most) {
  std::vector<ReportLine> lines;
  const std::uint64_t number = report.number_a != 0 ? report.number_a : report.number_b;
  const std::string ends = report.ends_a == report.ends_b || report.ends_b.empty() ? report.ends_a
                           : report.ends_a.empty()                                 ? report.ends_b
                                                   : fmt::format("{} | {}", report.ends_a, report.ends_b);
  lines.push_back({Tone::title, fmt::format("connection {}: {}", number, ends)});
  for (const std::string& remark : report.remarks) lines.push_back({Tone::plain, "  " + remark});
  for (const auto& config : report.config) {
    lines.push_back({Tone::changed, fmt::format("  {}: {} | {}", config.what, config.a, config.b)});
    lines.push_back({Tone::reason, "    " + config.explanation});
  }
  if (first_difference(report) == nullptr) return lines;
  lines.push_back({Tone::plain, "  first difference: " + first_line(report)});
  lines.push_back({Tone::plain, {}});
  lines.push_back({Tone::title, fmt::format("{:>12} {:>12}", name_a, name_b)});
  const std::uint64_t shown = add_rows(report, most, lines);
  if (shown < report.differences) {
    lines.push_back({Tone::plain, fmt::format("  and {} more differences in this connection",
                                              report.differences - shown)});
  }
  return lines;
}

std::vector<ReportLine> outcome_lines(const std::vector<OutcomeDifference>& outcomes, std::string_view name_a,
                                      std::string_view name_b) {
  std::vector<ReportLine> lines;
  if (outcomes.empty()) return lines;
  lines.push_back({Tone::title, "what the programs were told"});
  for (const OutcomeDifference& outcome : outcomes) {
    lines.push_back({Tone::changed, fmt::format("  {}: {} {}, {} {}", outcome.subject, name_a, outcome.a,
                                                name_b, outcome.b)});
    if (!outcome.explanation.empty()) lines.push_back({Tone::reason, "    " + outcome.explanation});
  }
  return lines;
}

}  // namespace halfopen::compare
