#include "capture/compare/report_json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "capture/compare/fields.h"

namespace halfopen {
namespace {

using nlohmann::ordered_json;
using namespace compare;

constexpr std::array<std::string_view, 7> kWhats{"equal", "changed", "time",     "missing",
                                                 "extra", "moved",   "lost_step"};
static_assert(kWhats[static_cast<std::size_t>(What::lost_step)] == "lost_step");

constexpr std::size_t kMostSteps = 100'000;  // in a document, which is kept whole until it is written

ordered_json time_json(const std::optional<TimePoint>& at) {
  return at ? ordered_json(nanos(*at)) : ordered_json(nullptr);
}
ordered_json number_json(std::uint64_t number) {
  return number == 0 ? ordered_json(nullptr) : ordered_json(number);
}

ordered_json row_json(const Row& row) {
  ordered_json json{{"what", kWhats[static_cast<std::size_t>(row.what)]},
                    {"packet_a", number_json(row.number_a)},
                    {"packet_b", number_json(row.number_b)},
                    {"t_a", time_json(row.at_a)},
                    {"t_b", time_json(row.at_b)},
                    {"text", row.text}};
  for (const FieldChange& change : row.changes) {
    json["changes"].push_back({{"field", to_string(change.field)}, {"a", change.a}, {"b", change.b}});
  }
  if (row.gap) {
    json["gap"] = {
        {"a", row.gap->a.count()}, {"b", row.gap->b.count()}, {"allowed", row.gap->allowed.count()}};
  }
  if (!row.explanation.empty()) json["explanation"] = row.explanation;
  return json;
}

ordered_json connection_json(const ConnectionReport& report) {
  ordered_json json{{"connection_a", number_json(report.number_a)},
                    {"connection_b", number_json(report.number_b)},
                    {"ends_a", report.ends_a},
                    {"ends_b", report.ends_b},
                    {"equal", report.equal},
                    {"differences", report.differences},
                    {"config", ordered_json::array()},
                    {"remarks", report.remarks},
                    {"steps", ordered_json::array()}};
  for (const auto& config : report.config) {
    json["config"].push_back(
        {{"what", config.what}, {"a", config.a}, {"b", config.b}, {"explanation", config.explanation}});
  }
  for (const Row& row : report.rows) {
    if (row.what != What::equal) json["steps"].push_back(row_json(row));
  }
  return json;
}

}  // namespace

struct CompareJson::Impl {
  std::size_t steps = 0;
  bool is_cut = false;
  ordered_json sources;
  ordered_json connections = ordered_json::array();
};

CompareJson::CompareJson(const std::string& source_a, const std::string& source_b)
    : impl_{std::make_unique<Impl>()} {
  impl_->sources = {{"a", source_a}, {"b", source_b}};
}

CompareJson::~CompareJson() = default;

void CompareJson::on_connection(const ConnectionReport& report) {
  if (report.is_same) return;
  impl_->is_cut |= impl_->steps >= kMostSteps || report.differences > report.rows.size();
  if (impl_->steps >= kMostSteps) return;
  impl_->steps += report.rows.size() + 1;
  impl_->connections.push_back(connection_json(report));
}

std::string CompareJson::document(const Comparison& comparison) const {
  ordered_json json{{"format", "halfopen-compare/1"},    {"a", impl_->sources["a"]},
                    {"b", impl_->sources["b"]},          {"same", comparison.is_same()},
                    {"tolerance", comparison.tolerance}, {"connections", comparison.connections},
                    {"equal", comparison.equal},         {"differences", comparison.differences},
                    {"first", comparison.first},         {"remarks", comparison.remarks},
                    {"faults", comparison.faults},       {"complete", !impl_->is_cut},
                    {"different", impl_->connections},   {"outcomes", ordered_json::array()}};
  for (const OutcomeDifference& outcome : comparison.outcomes) {
    json["outcomes"].push_back({{"subject", outcome.subject},
                                {"a", outcome.a},
                                {"b", outcome.b},
                                {"explanation", outcome.explanation}});
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace halfopen
