#include "cli/drill/drill_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/plain_text.h"
#include "sim/why/rules.h"

namespace halfopen {
namespace {

using drill::Mismatch;
using Json = nlohmann::json;

constexpr std::string_view kIndent = "        ";

std::string place_of(const DrillCase& one, std::uint32_t line, bool names_host) {
  return name_of(one, names_host) + (line == 0 ? "" : fmt::format(":{}", line));
}

void add_reasons(const Mismatch& mismatch, OsFamily family, std::vector<std::string>& lines) {
  if (mismatch.sent && mismatch.sent->why.cause != Cause::unknown) {
    const Why& why = mismatch.sent->why;
    const std::string rule = rule_behind(why.cause, family);
    lines.push_back(fmt::format("{}why: {}{}", kIndent, explain(why, mismatch.sent->at),
                                rule.empty() ? "" : fmt::format("  [{}]", rule)));
  }
  for (const ProfileLine& line : mismatch.behind)
    lines.push_back(
        fmt::format("{}{}: {} = {}  [{}]", kIndent, line.group, line.name, line.value, line.source));
}

void add_mismatch(const DrillCase& one, const Mismatch& mismatch, bool names_host,
                  std::vector<std::string>& lines) {
  lines.push_back(place_of(one, mismatch.place.line, names_host) + ": " + mismatch.message);
  for (std::size_t i = 1; i < mismatch.differences.size(); ++i) {
    const drill::Difference& also = mismatch.differences[i];
    lines.push_back(fmt::format("{}also {}: expected: {} vs actual: {}", kIndent, also.field, also.expected,
                                also.actual));
  }
  if (!mismatch.expected.empty())
    lines.push_back(fmt::format("{}script packet: {}", kIndent, mismatch.expected));
  if (!mismatch.actual.empty()) lines.push_back(fmt::format("{}actual packet: {}", kIndent, mismatch.actual));
  add_reasons(mismatch, os_of(one), lines);
}

// packetdrill's names of fields as its notation has them.
std::string_view short_name(std::string_view field) {
  if (field == "tcp_window") return "win";
  if (field == "tcp_seq") return "seq";
  if (field == "tcp_ack_seq") return "ack";
  if (field == "tcp_urg_ptr") return "urg";
  if (field == "payload length") return "length";
  if (field == "tcp options") return "options";
  return field;
}

Style style_of(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::passed: return Style::good;
    case CaseOutcome::skipped:
    case CaseOutcome::known: return Style::faint;
    default: return Style::bad;
  }
}

Json json_of(const Mismatch& mismatch) {
  Json json = {{"line", mismatch.place.line},   {"message", mismatch.message}, {"differences", Json::array()},
               {"expected", mismatch.expected}, {"actual", mismatch.actual},   {"constants", Json::array()}};
  for (const drill::Difference& one : mismatch.differences)
    json["differences"].push_back({{"field", one.field}, {"expected", one.expected}, {"actual", one.actual}});
  for (const ProfileLine& line : mismatch.behind)
    json["constants"].push_back(
        {{"group", line.group}, {"name", line.name}, {"value", line.value}, {"source", line.source}});
  if (mismatch.sent) json["why"] = explain(mismatch.sent->why, mismatch.sent->at);
  return json;
}

}  // namespace

std::string_view word_of(CaseOutcome outcome) {
  switch (outcome) {
    case CaseOutcome::passed: return "ok";
    case CaseOutcome::failed: return "FAILED";
    case CaseOutcome::skipped: return "SKIP";
    case CaseOutcome::trouble: return "TROUBLE";
    case CaseOutcome::unresolved: return "UNRESOLVED";
    case CaseOutcome::known: return "known";
  }
  return "";
}

std::vector<std::string> complaints_of(const DrillCase& one, const DrillResult& result, bool names_host) {
  if (result.outcome == CaseOutcome::skipped) return {};
  if (result.outcome == CaseOutcome::trouble) return {result.reason};
  std::vector<std::string> lines;
  for (const Mismatch& mismatch : result.mismatches) add_mismatch(one, mismatch, names_host, lines);
  if (result.outcome != CaseOutcome::passed && lines.empty())
    lines.push_back(place_of(one, result.line, names_host) + ": " + result.reason);
  return lines;
}

std::string first_difference(const DrillResult& result) {
  if (result.mismatches.empty() || result.mismatches.front().differences.empty()) return result.reason;
  const drill::Difference& first = result.mismatches.front().differences.front();
  if (first.field == "time") return first.expected;
  return fmt::format("{} {} instead of {}", short_name(first.field), first.actual, first.expected);
}

CaseReport report_of(const DrillCase& one, const DrillResult& result) {
  std::string group = fmt::format("packetdrill.{}.{}", one.profile, name_of(one.ip_version));
  std::ranges::replace(group, ' ', '_');
  return {.group = std::move(group),
          .name = name_of(one, true),
          .outcome = result.outcome,
          .reason = result.line == 0 ? result.reason : fmt::format("line {}: {}", result.line, result.reason),
          .complaints = complaints_of(one, result, false),
          .took = result.took};
}

Json json_of(const DrillCase& one, const DrillResult& result) {
  Json json = {{"script", one.path},
               {"host", one.profile},
               {"ip_version", name_of(one.ip_version)},
               {"result", to_string(result.outcome)},
               {"line", result.line},
               {"reason", result.reason},
               {"seconds", static_cast<double>(result.took.count()) / 1000},
               {"mismatches", Json::array()}};
  for (const Mismatch& mismatch : result.mismatches) json["mismatches"].push_back(json_of(mismatch));
  return json;
}

std::pair<DrillCase, DrillResult> case_from_json(const Json& json) {
  DrillCase one{.path = json.at("script"), .profile = json.at("host")};
  one.ip_version = version_from(json.at("ip_version").get<std::string>()).value_or(drill::IpVersion::ipv4);
  DrillResult result;
  result.outcome = case_outcome_from(json.at("result").get<std::string>()).value_or(CaseOutcome::trouble);
  result.line = json.at("line");
  result.reason = json.at("reason");
  for (const Json& told : json.at("mismatches")) {
    Mismatch mismatch{.place = {}, .message = told.at("message")};
    for (const Json& difference : told.at("differences"))
      mismatch.differences.push_back({.field = difference.at("field"),
                                      .expected = difference.at("expected"),
                                      .actual = difference.at("actual")});
    result.mismatches.push_back(std::move(mismatch));
  }
  return {std::move(one), std::move(result)};
}

Json json_of(const CaseTotals& totals, Json results, int status) {
  return {{"format", "halfopen-packetdrill/1"},
          {"version", HALFOPEN_VERSION},
          {"seconds", static_cast<double>(totals.took.count()) / 1000},
          {"exit", status},
          {"totals",
           {{"passed", totals.passed},
            {"failed", totals.failed},
            {"skipped", totals.skipped},
            {"trouble", totals.trouble},
            {"unresolved", totals.unresolved},
            {"known", totals.known}}},
          {"results", std::move(results)}};
}

void tell(Prose& out, const DrillCase& one, const DrillResult& result, bool names_host,
          const std::vector<std::string>& ladder) {
  const std::string padded = fmt::format("{:<7} ", word_of(result.outcome));
  const std::string word = out.paint(style_of(result.outcome), padded);
  std::vector<std::string> lines = complaints_of(one, result, names_host);
  if (result.outcome == CaseOutcome::passed) {
    lines.insert(lines.begin(), name_of(one, names_host));
  } else if (result.outcome == CaseOutcome::skipped) {
    lines = {place_of(one, result.line, names_host) + ": " + result.reason};
  }
  for (std::size_t i = 0; i < lines.size(); ++i) out.line((i == 0 ? word : "") + lines[i]);
  for (const std::string& line : ladder) out.line(std::string{kIndent} + line);
}

std::string summary_of(const CaseTotals& totals) {
  std::string text =
      fmt::format("{} passed, {} failed, {} skipped", totals.passed, totals.failed, totals.skipped);
  if (totals.unresolved > 0) text += fmt::format(", {} unresolved", totals.unresolved);
  if (totals.known > 0) text += fmt::format(", {} failed as listed", totals.known);
  if (totals.trouble > 0) text += fmt::format(", {} could not be read", totals.trouble);
  return text;
}

}  // namespace halfopen
