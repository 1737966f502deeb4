// From what a scenario says about a program to the command line of the real program of that name.
#pragma once

#include <string>
#include <vector>

#include "sim/apps/program.h"

namespace halfopen {

// The arguments after the program's name that make the real program (replay/programs/) do what `config` says:
// options that the program knows and whose value is not the default, then address and port. config.name must
// be a program's. Throws InputError where no argument can hold what the config says: a reply with a zero
// byte.
[[nodiscard]] std::vector<std::string> program_arguments(const ProgramConfig& config);

}  // namespace halfopen
