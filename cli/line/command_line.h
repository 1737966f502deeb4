// The command line as it is declared and read: cli/line_*.cc, one file for each group of commands.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/line/options.h"

namespace halfopen {

// Everything that the command line can say.
struct CommandLine {
  explicit CommandLine(const std::string& about) : app{about, "halfopen"} {}

  RunOptions run;  // of sim, replay, live and run
  CompareCommand compare;
  CheckOptions check;
  ShowOptions show;
  ProfilesOptions profiles;
  DrillOptions packetdrill;
  std::vector<std::string> definitions;  // -D
  std::string side;                      // --side; empty: not given
  VmOptions vm;
  std::string vm_limit = "24h";
  std::string vm_wall_limit = "10min";
  std::string seed;
  std::string tap = "client";
  std::string client = "kernel";
  std::string server = "kernel";
  bool no_trace = false;
  std::vector<std::string> expects;  // --expect
  std::string color = "auto";
  std::string help_command;  // whose help is wanted; empty: of the whole
  std::string shell;         // whose completions
  std::string check_client = "model";
  std::string check_server = "model";
  CLI::App app;
};

// --color, before a command or among its options.
void add_color(CommandLine& line, CLI::App& app);
// A subcommand with its examples and --color. CLI11 owns what is returned.
CLI::App* add_command(CommandLine& line, const char* name, const char* about, std::string_view examples);
// True for `first`, false for `second`; throws InputError that names `option` for anything else.
[[nodiscard]] bool one_of(const char* option, const std::string& given, std::string_view first,
                          std::string_view second);
// What --seed says; nullopt without it. Throws InputError.
[[nodiscard]] std::optional<std::uint64_t> seed_of(const CommandLine& line);

// Each declares its commands and their options.
void add_runs(CommandLine& line);  // sim, replay, live, run
void add_compare(CommandLine& line);
void add_check(CommandLine& line);
void add_readers(CommandLine& line);  // list, show, profiles, doctor, help, completions
void add_vm(CommandLine& line);
void add_packetdrill(CommandLine& line);

// After parsing: what CLI11 would take too lightly. Throws InputError or Trouble.
void finish_run_options(CommandLine& line, const std::string& command);
void finish_check_options(CommandLine& line);
void finish_vm_options(CommandLine& line);
void finish_packetdrill_options(CommandLine& line);

}  // namespace halfopen
