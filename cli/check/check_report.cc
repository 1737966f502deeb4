#include "cli/check/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run/run_scenario.h"

namespace halfopen {
namespace {

using What = CheckResult::What;

// What else there is to say of a case, where nothing is wrong.
std::vector<std::string> comments_on(const CheckResult& result) {
  std::vector<std::string> all = result.remarks;
  for (const ReferenceResult& reference : result.references) {
    if (reference.what == ReferenceResult::What::expected) {
      all.push_back(fmt::format("differs from {} as expected: {}", reference.name, reference.text));
    }
  }
  return all;
}

}  // namespace

std::string summary_of(const CheckResult& result) {
  std::string text =
      counted(result.expectations_passed + result.failed.size() + result.unresolved.size(), "expectation");
  if (!result.blessed.empty()) {
    for (const ManifestEntry& entry : result.blessed) {
      const bool same = std::ranges::find(result.unchanged, entry.file) != result.unchanged.end();
      text += fmt::format(", {} {}", same ? "unchanged:" : "wrote", entry.file);
    }
    return text;
  }
  return text + ", " +
         (result.references.empty() ? "no reference" : counted(result.references.size(), "reference"));
}

CaseReport report_of(const CheckResult& result, const CheckOptions& options) {
  return {.group = std::string{to_string(options.hosts)},
          .name = result.name,
          .outcome = result.what,
          .reason = result.reason,
          .complaints = result.complaints(),
          .comments = comments_on(result),
          .took = result.took};
}

CheckTelling::CheckTelling(Prose& out, const CheckPlan& plan, const CheckOptions& options)
    : out_{out}, plan_{plan}, options_{options} {
  for (const CheckCase& one : plan.cases) width_ = std::max(width_, one.name.size());
}

void CheckTelling::begin() {
  if (options_.ktap)
    for (const std::string& line : ktap_head(plan_.cases.size())) out_.line(line);
  if (!plan_.has_references) {
    out_.line(
        fmt::format("{}no references here (pcaps/manifest.toml): only expectations are checked; --against "
                    "DIRECTORY says where they are",
                    options_.ktap ? "# " : ""));
  }
  out_.flush();
}

void CheckTelling::tell(const CheckResult& result) {
  ++told_;
  if (options_.ktap) {
    for (const std::string& line : ktap_lines(told_, report_of(result, options_))) out_.line(line);
  } else {
    tell_prose(result);
  }
  out_.flush();
}

void CheckTelling::tell_prose(const CheckResult& result) {
  const auto head = [&](std::string_view mark, Style style, const std::string& rest) {
    const std::string padded = fmt::format("{:<7}", mark);
    out_.line(fmt::format("{}  {:<{}}  {}", out_.paint(style, padded), result.name, width_, rest));
  };
  switch (result.what) {
    case What::passed: head("ok", Style::good, summary_of(result)); break;
    case What::failed: head("FAILED", Style::bad, summary_of(result)); break;
    case What::skipped: head("skipped", Style::faint, result.reason); break;
    case What::trouble: head("TROUBLE", Style::bad, ""); break;
    case What::unresolved: head("UNRESOLVED", Style::bad, summary_of(result)); break;
    case What::known: break;  // check has declared differences in its place
  }
  for (const std::string& line : result.complaints()) out_.line("           " + line);
  for (const std::string& line : comments_on(result))
    out_.line("           " + out_.paint(Style::faint, line));
}

void CheckTelling::end(const CaseTotals& totals) {
  if (options_.ktap) {
    out_.line(ktap_totals(totals));
  } else {
    std::string counts = fmt::format("{} ok", totals.passed);
    if (totals.failed > 0) counts += fmt::format(", {} failed", totals.failed);
    if (totals.unresolved > 0) counts += fmt::format(", {} unresolved", totals.unresolved);
    if (totals.trouble > 0) counts += fmt::format(", {} in trouble", totals.trouble);
    if (totals.skipped > 0) counts += fmt::format(", {} skipped", totals.skipped);
    const bool bad = totals.failed + totals.trouble + totals.unresolved > 0;
    out_.line(fmt::format("{}: {}, in {:.1f} s", counted(plan_.cases.size(), "scenario"),
                          out_.paint(bad ? Style::bad : Style::good, counts),
                          static_cast<double>(totals.took.count()) / 1000));
  }
  out_.flush();
}

}  // namespace halfopen
