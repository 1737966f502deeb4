#include <utility>

#include "library/parts.h"

namespace ho {

Scenario::Scenario(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Scenario::~Scenario() = default;
Scenario::Scenario(Scenario&&) noexcept = default;
Scenario& Scenario::operator=(Scenario&&) noexcept = default;

Scenario Scenario::parse(std::string_view toml, const std::string& name,
                         const std::vector<std::string>& overrides) {
  return Scenario{std::make_unique<Parts>(
      Parts{halfopen::parse_scenario(toml, name, {.overrides = overrides, .quick = false})})};
}

const std::string& Scenario::title() const { return parts_->scenario.title; }

std::uint64_t Scenario::seed() const { return parts_->scenario.seed; }

}  // namespace ho
