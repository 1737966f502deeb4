#include "capture/compare/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "sim/base/units.h"

namespace halfopen::compare {
namespace {

constexpr std::string_view kNothing = "nothing";
constexpr std::array<std::string_view, 10> kOtherFields{"time",
                                                        "packet",
                                                        "order",
                                                        "connection",
                                                        "window scale of the client",
                                                        "window scale of the server",
                                                        "result",
                                                        "state",
                                                        "MSS of the client",
                                                        "MSS of the server"};
constexpr Duration kRounding = 1us;  // of time_value()

std::string step_of(const Row& row) {
  return row.number_a != 0 ? fmt::format("{}", row.number_a) : fmt::format("run {}", row.number_b);
}

}  // namespace

bool Difference::is_same_as(const Difference& other) const {
  if (step != other.step || field != other.field) return false;
  if (field != "time") return from == other.from && to == other.to;
  const auto near = [&](const std::string& x, const std::string& y) {
    const auto a = duration_from(x);
    const auto b = duration_from(y);
    return a && b && std::chrono::abs(*a - *b) <= std::max(allowed, other.allowed) + kRounding;
  };
  return near(from, other.from) && near(to, other.to);
}

std::string Difference::text() const {
  const bool is_packet = !step.empty() && (std::isdigit(static_cast<unsigned char>(step[0])) != 0);
  std::string where = (is_packet ? "packet " : "") + step;
  if (!packet.empty() && field != "packet") where += fmt::format(" ({})", packet);
  return fmt::format("{}, {}: {} | {}", where, field, from, to);
}

std::string Difference::text_without_time() const {
  const std::string& what = packet.empty() ? step : packet;
  return field == "time" || field == "order" ? fmt::format("{}: {}", what, field)
                                             : fmt::format("{}: {}: {} | {}", what, field, from, to);
}

bool Difference::is_of_any_load() const {
  const std::string& text = from == kNothing ? to : from;
  const bool is_bare_ack =
      text.find("  .  ") != std::string::npos && text.find("(0)  ack ") != std::string::npos;
  return field == "order" || (field == "packet" && is_bare_ack);
}

bool is_field_name(std::string_view field) {
  for (std::size_t i = 0; i < kFields; ++i) {
    if (to_string(static_cast<Field>(i)) == field) return true;
  }
  return std::ranges::find(kOtherFields, field) != kOtherFields.end();
}

std::string time_value(Duration span) {
  std::string text = fmt::format("{:.6f}", static_cast<double>(span.count()) / 1e9);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + 's';
}

void DifferenceList::add_row(const Row& row) {
  const auto add = [&](std::string_view field, std::string from, std::string to) {
    all_.push_back({.step = step_of(row),
                    .field = std::string{field},
                    .from = std::move(from),
                    .to = std::move(to),
                    .allowed = row.gap ? row.gap->allowed : Duration::zero(),
                    .packet = row.text});
  };
  switch (row.what) {
    case What::equal: return;
    case What::missing: return add("packet", row.text, std::string{kNothing});
    case What::extra: return add("packet", std::string{kNothing}, row.text);
    case What::moved: return add("order", fmt::format("{}", row.number_a), fmt::format("{}", row.number_b));
    case What::lost_step: return add("lost step", row.text, row.explanation);
    case What::changed:
    case What::late: break;
  }
  for (const FieldChange& change : row.changes) add(to_string(change.field), change.a, change.b);
  if (row.gap) add("time", time_value(row.gap->a), time_value(row.gap->b));
}

void DifferenceList::on_connection(const ConnectionReport& report) {
  const std::string step =
      fmt::format("connection {}", report.number_a != 0 ? report.number_a : report.number_b);
  const auto add = [&](const std::string& field, const std::string& from, const std::string& to) {
    all_.push_back({.step = step, .field = field, .from = from, .to = to});
  };
  if (report.number_a == 0) return add("connection", std::string{kNothing}, report.ends_b);
  if (report.number_b == 0) return add("connection", report.ends_a, std::string{kNothing});
  for (const ConnectionReport::Config& config : report.config) add(config.what, config.a, config.b);
  std::uint64_t listed = 0;
  for (const Row& row : report.rows) {
    if (row.what != What::equal) ++listed;
    add_row(row);
  }
  if (listed < report.differences) {
    add("and more", fmt::format("{} more differences", report.differences - listed), "none of them listed");
  }
}

void DifferenceList::add_outcomes(const Comparison& comparison) {
  for (const OutcomeDifference& outcome : comparison.outcomes) {
    all_.push_back({.step = outcome.subject,
                    .field = outcome.field,
                    .from = outcome.from,
                    .to = outcome.to,
                    .allowed = outcome.allowed});
  }
}

}  // namespace halfopen::compare
