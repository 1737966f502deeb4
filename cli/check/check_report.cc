#include "cli/check/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/run/run_scenario.h"
#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

using What = CheckResult::What;

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

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

// In KTAP '#' begins a directive, and a line is a line.
std::string ktap_text(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string ktap_name(std::string text) {
  std::ranges::replace(text, '#', '_');
  return ktap_text(std::move(text));
}

}  // namespace

void CheckTotals::add(const CheckResult& result) {
  switch (result.what) {
    case What::passed: ++passed; break;
    case What::failed: ++failed; break;
    case What::skipped: ++skipped; break;
    case What::trouble: ++trouble; break;
    case What::unresolved: ++unresolved; break;
  }
}

int CheckTotals::exit_code() const {
  if (trouble > 0) return kExitTrouble;
  if (failed > 0) return kExitNo;
  if (unresolved > 0) return kExitUnresolved;
  return passed == 0 && skipped > 0 ? kExitCannot : kExitYes;
}

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

CheckTelling::CheckTelling(Prose& out, const CheckPlan& plan, bool ktap)
    : out_{out}, plan_{plan}, ktap_{ktap} {
  for (const CheckCase& one : plan.cases) width_ = std::max(width_, one.name.size());
}

void CheckTelling::begin() {
  if (ktap_) {
    out_.line("KTAP version 1");
    out_.line(fmt::format("1..{}", plan_.cases.size()));
  }
  if (!plan_.has_references) {
    out_.line(
        fmt::format("{}no references here (pcaps/manifest.toml): only expectations are checked; --against "
                    "DIRECTORY says where they are",
                    ktap_ ? "# " : ""));
  }
  out_.flush();
}

void CheckTelling::tell(const CheckResult& result) {
  ++told_;
  if (ktap_) {
    tell_ktap(result);
  } else {
    tell_prose(result);
  }
  out_.flush();
}

void CheckTelling::tell_ktap(const CheckResult& result) {
  for (const std::string& line : result.complaints()) out_.line("# " + ktap_text(line));
  for (const std::string& line : comments_on(result)) out_.line("# " + ktap_text(line));
  const bool ok = result.what != What::failed && result.what != What::trouble;
  std::string line = fmt::format("{} {} {}", ok ? "ok" : "not ok", told_, ktap_name(result.name));
  if (result.what == What::skipped) line += " # SKIP " + ktap_text(result.reason);
  if (result.what == What::unresolved) line += " # SKIP unresolved: the machine was too busy to tell";
  out_.line(line);
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
  }
  for (const std::string& line : result.complaints()) out_.line("           " + line);
  for (const std::string& line : comments_on(result))
    out_.line("           " + out_.paint(Style::faint, line));
}

void CheckTelling::end(const CheckTotals& totals) {
  if (ktap_) {  // as kselftest's own programs end
    out_.line(fmt::format("# Totals: pass:{} fail:{} xfail:0 xpass:0 skip:{} error:{}", totals.passed,
                          totals.failed, totals.skipped + totals.unresolved, totals.trouble));
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
