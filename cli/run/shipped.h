// The scenarios that come with the executable (scenarios/*.toml, compiled in).
#pragma once

#include <string_view>
#include <vector>

namespace halfopen {

struct ShippedScenario {
  std::string_view name;  // the file's name without ".toml"
  std::string_view toml;
};

// In the order of cmake/EmbedScenarios.cmake: the normal close, the four failures, each followed by its
// variants.
[[nodiscard]] const std::vector<ShippedScenario>& shipped_scenarios();

}  // namespace halfopen
