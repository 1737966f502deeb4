// Quantities as people write them in a scenario, and the nearest right word for a misspelt one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace halfopen {

// "10ms", "1.5s", "500us", "20ns", "9min", "2h"; digits, a unit, no sign. nullopt for anything else and for
// more than a hundred years.
[[nodiscard]] std::optional<Duration> duration_from(std::string_view text);
// The same notation in the largest unit that leaves at most three decimals: "1.5s", "9min", "542.5s".
[[nodiscard]] std::string duration_text(Duration duration);
// For people, with a space, and nothing rounded away: "200 ms", "1.5 s", "75 s", "2 h".
[[nodiscard]] std::string exact_duration(Duration duration);
// "100Mbit/s", "1.5Gbit/s", "64kbit/s", "9600bit/s": bits a second, at least 1.
[[nodiscard]] std::optional<std::uint64_t> rate_from(std::string_view text);
// "1500", "64KiB", "2MiB", "100kB", "1500 bytes": bytes, at most 1 GiB.
[[nodiscard]] std::optional<std::uint64_t> size_from(std::string_view text);
// "5%" or "0.05": a probability.
[[nodiscard]] std::optional<double> probability_from(std::string_view text);

// The candidate with the smallest edit distance to `word`, if it is near enough to be meant; else an empty
// view.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace halfopen
