// The command line of the real programs: `line-client [OPTIONS] ADDRESS PORT`. Its options are a scenario's
// keys with dashes, and what it says is kept as what a scenario says: a ProgramConfig.
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/apps/program.h"

namespace halfopen::programs {

// A command line that cannot be used. what() is one line without the program's name: "--backlog: expected X,
// found Y".
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct CommandLine {
  ProgramConfig config;  // whole unless help is asked for
  bool wants_help = false;
};

// Reads the arguments after the name of `program`, one of the programs of sim/apps/registry.h. Throws
// UsageError.
[[nodiscard]] CommandLine parse_command_line(std::string_view program,
                                             std::span<const std::string_view> arguments);

// What `program --help` prints: every option of the program, and an example.
[[nodiscard]] std::string help_of(std::string_view program);

// For main(): the config that its arguments ask for. Where they ask for help or cannot be used, it prints the
// help (exit status 0) or one line on standard error (exit status 2), and does not return.
[[nodiscard]] ProgramConfig config_or_exit(std::string_view program, int argc, const char* const* argv);

}  // namespace halfopen::programs
