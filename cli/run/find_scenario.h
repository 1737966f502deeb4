// From what a person writes after `sim` to a scenario.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace halfopen {

struct NamedScenario {
  std::string name;  // "host-crash", also for a file host-crash.toml
  Scenario scenario;
  bool is_shipped = false;
};

// A shipped scenario by name, or a file: anything with a '/' or a ".toml" is a file. `quick` applies its
// [quick] before `overrides`. Throws InputError, or Trouble where a name is unknown or a file cannot be read.
[[nodiscard]] NamedScenario find_scenario(const std::string& name_or_file,
                                          const std::vector<std::string>& overrides, bool quick = false);

// All of a TOML file, or one byte more than one may have, which its parser then says. Throws Trouble.
[[nodiscard]] std::string read_text(const std::string& path);

}  // namespace halfopen
