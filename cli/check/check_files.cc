// The files of `halfopen check`: JUnit's XML and JSON.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/check/check_report.h"
#include "cli/run/run_scenario.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;
using What = CheckResult::What;

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

std::string testcase(const CheckResult& result, std::string_view pairing) {
  std::string out = fmt::format("    <testcase classname=\"halfopen.{}\" name=\"{}\" time=\"{:.3f}\"",
                                pairing, xml(result.name), seconds(result.took));
  const std::vector<std::string> lines = result.complaints();
  switch (result.what) {
    case What::passed: return out + "/>\n";
    case What::unresolved:
      out +=
          fmt::format(">\n      <skipped message=\"{}\"/>\n", xml(fmt::format("{}", fmt::join(lines, "; "))));
      break;
    case What::skipped: out += fmt::format(">\n      <skipped message=\"{}\"/>\n", xml(result.reason)); break;
    case What::failed:
    case What::trouble: {
      const std::string_view element = result.what == What::failed ? "failure" : "error";
      out += fmt::format(">\n      <{} message=\"{}\">{}</{}>\n", element,
                         xml(lines.empty() ? "" : lines.front()),
                         xml(fmt::format("{}", fmt::join(lines, "\n"))), element);
      break;
    }
  }
  return out + "    </testcase>\n";
}

}  // namespace

std::string junit_of(const std::vector<CheckResult>& results, const CheckTotals& totals,
                     const CheckOptions& options) {
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", results.size(),
                  totals.failed, totals.trouble, totals.skipped + totals.unresolved, seconds(totals.took));
  const std::string_view pairing = to_string(options.hosts);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out +=
      fmt::format("<testsuites {}>\n  <testsuite name=\"halfopen check {}\" {}>\n", counts, pairing, counts);
  for (const CheckResult& result : results) out += testcase(result, pairing);
  return out + "  </testsuite>\n</testsuites>\n";
}

Json json_of(const std::vector<CheckResult>& results, const CheckTotals& totals,
             const CheckOptions& options) {
  Json json = {{"format", "halfopen-check/1"},
               {"version", HALFOPEN_VERSION},
               {"hosts", to_string(options.hosts)},
               {"quick", options.quick},
               {"set", options.sets},
               {"seconds", seconds(totals.took)},
               {"exit", totals.exit_code()},
               {"totals",
                {{"passed", totals.passed},
                 {"failed", totals.failed},
                 {"skipped", totals.skipped},
                 {"trouble", totals.trouble},
                 {"unresolved", totals.unresolved}}}};
  json["results"] = Json::array();
  for (const CheckResult& result : results) json["results"].push_back(json_of(result));
  return json;
}

}  // namespace halfopen
