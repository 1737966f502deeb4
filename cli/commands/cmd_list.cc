#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "cli/commands/commands.h"
#include "cli/run/shipped.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "sim/scenario/scenario.h"

namespace halfopen {

int run_list() {
  Prose out{stdout};
  std::size_t width = 0;
  for (const ShippedScenario& shipped : shipped_scenarios()) width = std::max(width, shipped.name.size());
  for (const ShippedScenario& shipped : shipped_scenarios()) {
    const Scenario scenario = parse_scenario(shipped.toml, std::string{shipped.name} + ".toml");
    const std::string padded = fmt::format("{:<{}}", shipped.name, width);
    out.line(out.paint(Style::title, padded) + "  " + scenario.title);
  }
  out.flush();
  return kExitYes;
}

}  // namespace halfopen
