#include "sim/tcp/sysctl.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "sim/base/units.h"
#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using What = SysctlOutcome::What;

constexpr std::string_view kLinuxPrefix = "net.ipv4.";

std::array<std::span<const SysctlRow>, 9> tables() {
  return {kLinuxSysctls,         kLinuxOpeningSysctls, kLinuxPathSysctls,
          kLinuxFastOpenSysctls, kLinuxIgnoredSysctls, kBsd44Sysctls,
          kFreebsdSysctls,       kFreebsdPathSysctls,  kRfcSysctls};
}

template <class Accept>
const SysctlRow* find_row(std::string_view name, Accept accept) {
  for (const auto table : tables()) {
    for (const SysctlRow& row : table) {
      if (row.name.name == name && accept(row.name.family)) return &row;
    }
  }
  return nullptr;
}

// The name that was meant: one of the profile's own family if any is near enough, else one of another's.
std::string_view meant_name(std::string_view name, OsFamily family) {
  std::vector<std::string_view> own;
  std::vector<std::string_view> all;
  for (const SysctlName& known : sysctl_names()) {
    all.push_back(known.name);
    if (known.family == family) own.push_back(known.name);
  }
  const std::string_view found = nearest(name, own);
  return found.empty() ? nearest(name, all) : found;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string expected_number(const SysctlRow& row) {
  if (row.low == 0 && row.high == 1) return "0 or 1";
  return fmt::format("a whole number from {} to {}", row.low, row.high);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

SysctlOutcome set_sysctl(OsProfile& profile, std::string_view name, std::string_view value) {
  const bool says_linux = name.starts_with(kLinuxPrefix);
  if (says_linux) name.remove_prefix(kLinuxPrefix.size());
  const auto plausible = [&](OsFamily family) { return !says_linux || family == OsFamily::linux_os; };
  const auto own = [&](OsFamily family) { return plausible(family) && family == profile.family; };

  const SysctlRow* row = find_row(name, own);
  if (row == nullptr) {
    if (find_row(name, plausible) != nullptr) return {What::other_family, {}};
    return {What::unknown, std::string{meant_name(name, profile.family)}};
  }
  value = trimmed(value);
  if (row->set_text != nullptr) {
    if (!row->set_text(profile, value)) return {What::bad_value, std::string{row->expected}};
    return {What::applied, {}};
  }
  if (row->set_number == nullptr) return {What::no_effect, {}};
  const auto number = whole_number(value);
  if (!number || *number < row->low || *number > row->high) return {What::bad_value, expected_number(*row)};
  row->set_number(profile, *number);
  return {What::applied, {}};
}

std::vector<SysctlName> sysctl_names() {
  std::vector<SysctlName> names;
  for (const auto table : tables()) {
    for (const SysctlRow& row : table) names.push_back(row.name);
  }
  return names;
}

}  // namespace halfopen
