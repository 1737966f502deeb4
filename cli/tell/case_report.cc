#include "cli/tell/case_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kOutcomes{"passed",  "failed",     "skipped",
                                                    "trouble", "unresolved", "known"};

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

// Names of files may hold any bytes: what is no UTF-8 becomes U+FFFD.
std::string valid_utf8(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

// Text of an attribute or an element. XML 1.0 has no way to write most control characters.
std::string xml(const std::string& text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c; break;
    }
  }
  return out;
}

double seconds(std::chrono::milliseconds took) { return static_cast<double>(took.count()) / 1000; }

std::string testcase(const CaseReport& report) {
  std::string out = fmt::format("    <testcase classname=\"halfopen.{}\" name=\"{}\" time=\"{:.3f}\"",
                                xml(report.group), xml(report.name), seconds(report.took));
  const std::vector<std::string>& lines = report.complaints;
  switch (report.outcome) {
    case CaseOutcome::passed: return out + "/>\n";
    case CaseOutcome::unresolved:
    case CaseOutcome::known:
      out +=
          fmt::format(">\n      <skipped message=\"{}\"/>\n", xml(fmt::format("{}", fmt::join(lines, "; "))));
      break;
    case CaseOutcome::skipped:
      out += fmt::format(">\n      <skipped message=\"{}\"/>\n", xml(report.reason));
      break;
    case CaseOutcome::failed:
    case CaseOutcome::trouble: {
      const std::string_view element = report.outcome == CaseOutcome::failed ? "failure" : "error";
      out += fmt::format(">\n      <{} message=\"{}\">{}</{}>\n", element,
                         xml(lines.empty() ? "" : lines.front()),
                         xml(fmt::format("{}", fmt::join(lines, "\n"))), element);
      break;
    }
  }
  return out + "    </testcase>\n";
}

}  // namespace

std::string_view to_string(CaseOutcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome)]; }

std::optional<CaseOutcome> case_outcome_from(std::string_view name) {
  const auto found = std::ranges::find(kOutcomes, name);
  if (found == kOutcomes.end()) return std::nullopt;
  return static_cast<CaseOutcome>(found - kOutcomes.begin());
}

void CaseTotals::add(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::passed: ++passed; break;
    case CaseOutcome::failed: ++failed; break;
    case CaseOutcome::skipped: ++skipped; break;
    case CaseOutcome::trouble: ++trouble; break;
    case CaseOutcome::unresolved: ++unresolved; break;
    case CaseOutcome::known: ++known; break;
  }
}

int CaseTotals::exit_code() const {
  if (trouble > 0) return kExitTrouble;
  if (failed > 0) return kExitNo;
  if (unresolved > 0) return kExitUnresolved;
  return passed + known == 0 && skipped > 0 ? kExitCannot : kExitYes;
}

std::vector<std::string> ktap_head(std::size_t count) {
  return {"KTAP version 1", fmt::format("1..{}", count)};
}

std::vector<std::string> ktap_lines(std::size_t number, const CaseReport& report) {
  std::vector<std::string> lines;
  for (const std::string& line : report.complaints) lines.push_back("# " + ktap_text(line));
  for (const std::string& line : report.comments) lines.push_back("# " + ktap_text(line));
  const bool bad = report.outcome == CaseOutcome::failed || report.outcome == CaseOutcome::trouble ||
                   report.outcome == CaseOutcome::known;
  std::string line = fmt::format("{} {} {}", bad ? "not ok" : "ok", number, ktap_name(report.name));
  if (report.outcome == CaseOutcome::skipped) line += " # SKIP " + ktap_text(report.reason);
  if (report.outcome == CaseOutcome::unresolved)
    line += " # SKIP unresolved: the machine was too busy to tell";
  if (report.outcome == CaseOutcome::known) line += " # XFAIL";
  lines.push_back(std::move(line));
  return lines;
}

std::string ktap_totals(const CaseTotals& totals) {
  return fmt::format("# Totals: pass:{} fail:{} xfail:{} xpass:0 skip:{} error:{}", totals.passed,
                     totals.failed, totals.known, totals.skipped + totals.unresolved, totals.trouble);
}

std::string junit_of(const std::string& suite, const std::vector<CaseReport>& reports,
                     const CaseTotals& totals) {
  const std::string counts = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", reports.size(),
      totals.failed, totals.trouble, totals.skipped + totals.unresolved + totals.known, seconds(totals.took));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites {}>\n  <testsuite name=\"{}\" {}>\n", counts, xml(suite), counts);
  for (const CaseReport& report : reports) out += testcase(report);
  return out + "  </testsuite>\n</testsuites>\n";
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace halfopen
