#include "sim/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace halfopen {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr auto kTimeUnits = std::to_array<Unit>({
    {"ns", 1},
    {"us", 1e3},
    {"ms", 1e6},
    {"s", 1e9},
    {"min", 60e9},
    {"h", 3600e9},
});
constexpr auto kRateUnits =
    std::to_array<Unit>({{"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}});
constexpr auto kSizeUnits = std::to_array<Unit>({
    {"", 1},
    {"B", 1},
    {"bytes", 1},
    {"kB", 1e3},
    {"MB", 1e6},
    {"KiB", 1024},
    {"MiB", 1048576},
    {"GiB", 1073741824},
});
constexpr auto kProbabilityUnits = std::to_array<Unit>({{"", 1}, {"%", 0.01}});

constexpr double kLongest = 100.0 * 366 * 24 * 3600 * 1e9;
constexpr double kLargest = 1073741824;

// A number without sign or exponent, then one of `units`. Whole numbers stay exact up to 2^53.
std::optional<double> quantity_from(std::string_view text, std::span<const Unit> units) {
  const auto digits_end = std::min(text.find_first_not_of("0123456789."), text.size());
  if (digits_end == 0 || digits_end > 20) return std::nullopt;
  double number = 0;
  const char* const end = text.data() + digits_end;
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || stop != end || text[0] == '.') return std::nullopt;
  std::string_view unit = text.substr(digits_end);
  if (!unit.empty() && unit[0] == ' ') unit.remove_prefix(1);
  for (const Unit& known : units) {
    if (known.name == unit) return number * known.factor;
  }
  return std::nullopt;
}

// Letters to add and to take away. A replaced letter is one of each, so a word left out of a phrase weighs
// less than one that was exchanged.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 2);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<Duration> duration_from(std::string_view text) {
  const auto value = quantity_from(text, kTimeUnits);
  if (!value || *value > kLongest) return std::nullopt;
  return Duration{std::llround(*value)};
}

std::string duration_text(Duration duration) {
  const std::int64_t n = duration.count();
  if (n == 0) return "0s";
  if (n % Duration{1h}.count() == 0) return fmt::format("{}h", n / Duration{1h}.count());
  if (n % Duration{1min}.count() == 0) return fmt::format("{}min", n / Duration{1min}.count());
  constexpr auto kDecimal = std::to_array<Unit>({{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}});
  for (const Unit& unit : kDecimal) {
    const auto whole = static_cast<std::int64_t>(unit.factor);
    if (n % (whole / 1000) == 0 && std::abs(n) >= whole) {
      return fmt::format("{}{}", static_cast<double>(n) / unit.factor, unit.name);
    }
  }
  return fmt::format("{}ns", n);
}

std::optional<std::uint64_t> rate_from(std::string_view text) {
  const auto value = quantity_from(text, kRateUnits);
  if (!value || *value < 1 || *value > 1e13) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*value));
}

std::optional<std::uint64_t> size_from(std::string_view text) {
  const auto value = quantity_from(text, kSizeUnits);
  if (!value || *value > kLargest || *value != std::floor(*value)) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

std::optional<double> probability_from(std::string_view text) {
  const auto value = quantity_from(text, kProbabilityUnits);
  if (!value || *value > 1) return std::nullopt;
  return value;
}

std::string exact_duration(Duration value) {
  struct Unit {
    Duration length;
    std::string_view name;
  };
  constexpr Unit units[] = {{1s, "s"}, {1ms, "ms"}, {1us, "us"}, {1ns, "ns"}};
  if (value == Duration{0}) return "0";
  if (value % Duration{1h} == Duration{0}) return fmt::format("{} h", value / Duration{1h});
  const auto* unit = units;
  while (value < unit->length && unit->length > Duration{1}) ++unit;
  const auto whole = value / unit->length;
  std::string fraction = fmt::format("{:09}", (value % unit->length).count() * (Duration{1s} / unit->length));
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fmt::format("{}{}{} {}", whole, fraction.empty() ? "" : ".", fraction, unit->name);
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > 64) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(3, word.size() / 2) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace halfopen
