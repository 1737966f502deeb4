// The JSON of `halfopen check`.
#include <nlohmann/json.hpp>

#include "cli/check/check_report.h"
#include "cli/run/run_scenario.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;
double seconds(std::chrono::milliseconds took) { return static_cast<double>(took.count()) / 1000; }

}  // namespace

Json json_of(const std::vector<CheckResult>& results, const CaseTotals& totals, const CheckOptions& options) {
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
