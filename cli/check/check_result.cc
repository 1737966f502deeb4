#include "cli/check/check_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/run/run_scenario.h"

namespace halfopen {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 6> kReferences{"same", "different", "expected",
                                                      "gone", "broken",    "unresolved"};

template <class What, std::size_t N>
What value_of(const std::array<std::string_view, N>& names, const std::string& name) {
  return static_cast<What>(std::ranges::find(names, name) - names.begin());
}

Json json_of(const ManifestEntry& entry) {
  return {{"file", entry.file},         {"scenario", entry.scenario},  {"hosts", to_string(entry.hosts)},
          {"profiles", entry.profiles}, {"kernel", entry.kernel},      {"date", entry.date},
          {"command", entry.command},   {"quick", entry.quick},        {"set", entry.sets},
          {"sysctls", entry.sysctls},   {"tolerance", entry.tolerance}};
}

ManifestEntry entry_from(const Json& json) {
  ManifestEntry entry;
  entry.file = json.at("file");
  entry.scenario = json.at("scenario");
  entry.hosts = pairing_from(json.at("hosts").get<std::string>()).value_or(Pairing{});
  entry.profiles = json.at("profiles");
  entry.kernel = json.at("kernel");
  entry.date = json.at("date");
  entry.command = json.at("command");
  entry.quick = json.at("quick");
  entry.sets = json.at("set");
  entry.sysctls = json.at("sysctls");
  entry.tolerance = json.at("tolerance");
  return entry;
}

std::string complaint_of(const ReferenceResult& reference) {
  switch (reference.what) {
    case ReferenceResult::What::different:
      return fmt::format("differs from {}: {}", reference.name, reference.text);
    case ReferenceResult::What::gone:
      return fmt::format("does not differ from {} as declared: {}", reference.name, reference.text);
    case ReferenceResult::What::broken:
      return fmt::format("cannot be compared with {}: {}", reference.name, reference.text);
    case ReferenceResult::What::unresolved:
      return fmt::format("unresolved: differs from {}: {}", reference.name, reference.text);
    case ReferenceResult::What::same:
    case ReferenceResult::What::expected: break;
  }
  return {};
}

}  // namespace

std::string_view to_string(ReferenceResult::What what) { return kReferences[static_cast<std::size_t>(what)]; }

std::vector<std::string> CheckResult::complaints() const {
  std::vector<std::string> all = failed;
  for (const std::string& text : unresolved) all.push_back("unresolved: " + text);
  for (const ReferenceResult& reference : references) {
    if (std::string text = complaint_of(reference); !text.empty()) all.push_back(std::move(text));
  }
  if (what == What::trouble && !reason.empty()) all.push_back(reason);
  return all;
}

Json json_of(const CheckResult& result) {
  Json json = {{"name", result.name},
               {"result", to_string(result.what)},
               {"reason", result.reason},
               {"seconds", static_cast<double>(result.took.count()) / 1000},
               {"expectations",
                {{"passed", result.expectations_passed},
                 {"other", result.expectations_other},
                 {"failed", result.failed},
                 {"unresolved", result.unresolved}}},
               {"unsized", result.unsized},
               {"remarks", result.remarks},
               {"unchanged", result.unchanged}};
  json["references"] = Json::array();
  for (const ReferenceResult& reference : result.references) {
    json["references"].push_back({{"name", reference.name},
                                  {"result", to_string(reference.what)},
                                  {"text", reference.text},
                                  {"undeclared", reference.undeclared}});
  }
  json["blessed"] = Json::array();
  for (const ManifestEntry& entry : result.blessed) json["blessed"].push_back(json_of(entry));
  return json;
}

CheckResult result_from(const Json& json) {
  CheckResult result;
  result.name = json.at("name");
  result.what = case_outcome_from(json.at("result").get<std::string>()).value_or(CaseOutcome::trouble);
  result.reason = json.at("reason");
  const Json& expectations = json.at("expectations");
  result.expectations_passed = expectations.at("passed");
  result.expectations_other = expectations.at("other");
  result.failed = expectations.at("failed");
  result.unresolved = expectations.at("unresolved");
  result.unsized = json.at("unsized");
  result.remarks = json.at("remarks");
  result.unchanged = json.at("unchanged");
  for (const Json& item : json.at("references")) {
    result.references.push_back({.name = item.at("name"),
                                 .what = value_of<ReferenceResult::What>(kReferences, item.at("result")),
                                 .text = item.at("text"),
                                 .undeclared = item.at("undeclared")});
  }
  for (const Json& item : json.at("blessed")) result.blessed.push_back(entry_from(item));
  return result;
}

}  // namespace halfopen
