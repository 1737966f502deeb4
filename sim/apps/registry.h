// The programs that a scenario may name.
#pragma once

#include <span>
#include <string_view>

#include "sim/apps/program.h"
#include "sim/os/sys.h"

namespace halfopen {

// The main() of the program that `config` names; empty where the name is empty or no program's. `config`
// outlives the processes that it runs in.
[[nodiscard]] ProgramMain make_program(const ProgramConfig& config);
// Names, clients first.
[[nodiscard]] std::span<const std::string_view> program_names();

}  // namespace halfopen
