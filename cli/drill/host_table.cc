#include "cli/drill/host_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "cli/drill/drill_report.h"

namespace halfopen {

void HostTable::add(const DrillCase& one, const DrillResult& result) {
  const std::string name = fmt::format("{} {}", one.path, name_of(one.ip_version));
  auto row = std::ranges::find(rows_, name, &Row::name);
  if (row == rows_.end()) row = rows_.insert(rows_.end(), {.name = name, .cells = {}});
  if (std::ranges::find(hosts_, one.profile) == hosts_.end()) hosts_.push_back(one.profile);
  Cell cell{.host = one.profile, .outcome = result.outcome, .difference = {}};
  if (result.outcome != CaseOutcome::passed && result.outcome != CaseOutcome::skipped) {
    cell.difference = first_difference(result);
    if (result.line != 0) cell.difference = fmt::format("line {}: {}", result.line, cell.difference);
  }
  row->cells.push_back(std::move(cell));
}

// Hosts with the same difference are told together. Empty where nobody fails.
std::string HostTable::story(const Row& row) {
  std::vector<std::string> passes;
  std::vector<std::pair<std::string, std::vector<std::string>>> fails;
  for (const Cell& cell : row.cells) {
    if (cell.outcome == CaseOutcome::passed) passes.push_back(cell.host);
    if (cell.difference.empty()) continue;
    auto same = std::ranges::find(fails, cell.difference, [](const auto& entry) { return entry.first; });
    if (same == fails.end()) same = fails.insert(fails.end(), {cell.difference, {}});
    same->second.push_back(cell.host);
  }
  if (fails.empty()) return {};
  std::vector<std::string> parts;
  if (!passes.empty()) parts.push_back(fmt::format("passes on {}", fmt::join(passes, ", ")));
  for (const auto& [difference, hosts] : fails)
    parts.push_back(fmt::format("fails on {}: {}", fmt::join(hosts, ", "), difference));
  return fmt::format("{}", fmt::join(parts, "; "));
}

std::vector<std::string> HostTable::lines() const {
  constexpr std::string_view kScript = "script";
  std::size_t width = kScript.size();
  for (const Row& row : rows_) width = std::max(width, row.name.size());
  const auto line_of = [&](std::string_view first, const auto& word_of) {
    std::string line = fmt::format("{:<{}}", first, width);
    for (const std::string& host : hosts_)
      line += fmt::format("  {:<{}}", word_of(host), std::max<std::size_t>(host.size(), 7));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::vector<std::string> lines{line_of(kScript, [](const std::string& host) { return host; })};
  for (const Row& row : rows_) {
    lines.push_back(line_of(row.name, [&](const std::string& host) -> std::string_view {
      const auto cell = std::ranges::find(row.cells, host, &Cell::host);
      return cell == row.cells.end() ? "-" : word_of(cell->outcome);
    }));
    if (const std::string text = story(row); !text.empty()) lines.push_back("  " + text);
  }
  return lines;
}

}  // namespace halfopen
