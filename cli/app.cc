#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/line/command_line.h"
#include "cli/signals.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/prose.h"
#include "cli/tell/stream.h"
#include "replay/base/errors.h"
#include "sim/base/input_error.h"
#include "sim/base/plain_text.h"
#include "sim/base/units.h"

namespace halfopen {
namespace {

constexpr std::string_view kAbout =
    "halfopen shows, packet for packet, what happens to a TCP connection when its peer goes away.\n";

constexpr std::string_view kExamples =
    "Examples:\n"
    "  halfopen list                                   the scenarios that come with halfopen\n"
    "  halfopen sim host-crash                         the server's host crashes: who notices, and when\n"
    "  halfopen sim host-crash -w crash.pcapng         the same, with a capture for Wireshark\n"
    "  halfopen replay host-crash -- nc server 9998    your own client on this kernel, before a server that "
    "dies\n"
    "  halfopen compare crash.pcapng sim:host-crash    what differs between two traces, and why\n"
    "  halfopen check                                  every scenario: as expected, and as ever?\n"
    "  halfopen vm -- live host-crash                  both ends on any kernel, fifteen minutes in seconds\n"
    "  halfopen packetdrill fast-retransmit.pkt        a script against the model's TCP, without root\n"
    "  halfopen show crash.pcapng                      its ladder, and that of anybody's capture\n"
    "  halfopen profiles linux-6.18                    every constant of a TCP stack, with its source\n"
    "  halfopen help sim                               the options of one command, with examples\n"
    "\n"
    "Exit status: 0 as the scenario says; 1 an expectation failed; 2 bad input or a file that fails;\n"
    "4 this machine lacks what is needed; 5 it was too busy to tell; 130 interrupted. 'halfopen COMMAND "
    "--help' says more.";

const std::vector<std::string_view> kCommands{"list",     "sim",     "replay", "live",       "run",
                                              "vm",       "compare", "check",  "show",       "packetdrill",
                                              "profiles", "doctor",  "help",   "completions"};

void add_commands(CommandLine& line) {
  line.app.set_version_flag("-V,--version", "halfopen " HALFOPEN_VERSION, "Print the version and exit");
  line.app.set_help_flag("-h,--help", "Print this help and exit");
  add_color(line, line.app);
  line.app.footer(std::string{kExamples});
  line.app.require_subcommand(1);
  line.app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  add_runs(line);
  add_compare(line);
  add_check(line);
  add_vm(line);
  add_packetdrill(line);
  add_readers(line);
}

int trouble(std::string_view message) {
  complain(message);
  return kExitTrouble;
}

// Before CLI11 looks: a word that is no command deserves a better answer than "not expected".
bool is_unknown_command(std::string_view word) {
  return !word.starts_with('-') && std::ranges::find(kCommands, word) == kCommands.end();
}

// What the commands take that run a program; any other would pass over it in silence.
bool takes_a_program(std::string_view command) {
  constexpr auto kTake = std::to_array<std::string_view>({"sim", "replay", "live", "run", "vm"});
  return std::ranges::find(kTake, command) != kTake.end();
}

int complain_of_command(std::string_view word) {
  const std::string_view meant = nearest(word, kCommands);
  return trouble(fmt::format("no command '{}'; {}", word,
                             meant.empty() ? std::string{"'halfopen --help' lists them"}
                                           : fmt::format("did you mean '{}'?", meant)));
}

int complain_of_usage(const CommandLine& line, const CLI::ParseError& error) {
  const std::vector<CLI::App*> chosen = line.app.get_subcommands();
  const std::string command = chosen.empty() ? "halfopen" : "halfopen " + chosen.front()->get_name();
  const std::vector<std::string> unknown = line.app.remaining();
  std::string what =
      chosen.empty() && !unknown.empty() ? fmt::format("no option '{}'", unknown.front()) : error.what();
  std::ranges::replace(what, '\n', ' ');
  return trouble(fmt::format("{} ('{} --help' says how)", what, command));
}

// The help of a command line that was not parsed: a parsed one tells of the command that was chosen.
int run_help(const std::string& command) {
  if (!command.empty() && std::ranges::find(kCommands, command) == kCommands.end()) {
    return complain_of_command(command);
  }
  CommandLine line{std::string{kAbout}};
  add_commands(line);
  Prose out{stdout};
  out.write(command.empty() ? line.app.help() : line.app.get_subcommand(command)->help("halfopen"));
  out.flush();
  return kExitYes;
}

ColourWish colour_wish(const std::string& given) {
  if (given == "auto") return ColourWish::automatic;
  if (given == "always") return ColourWish::always;
  if (given == "never") return ColourWish::never;
  throw InputError{"--color", "auto, always or never", given};
}

int run_command(CommandLine& line) {
  wish_for_colour(colour_wish(line.color));
  const std::string name = line.app.get_subcommands().front()->get_name();
  if (!line.run.command.empty() && !takes_a_program(name)) {
    return trouble(
        fmt::format("{} takes no program, but after '--' stands '{}' ('halfopen {} --help' says how)", name,
                    plain_line(line.run.command.front()), name));
  }
  if (name == "help") return run_help(line.help_command);
  if (name == "completions") return run_completions(line.app, line.shell);
  if (name == "list") return run_list();
  if (name == "compare") {
    line.compare.seed = seed_of(line);
    return run_compare(line.compare);
  }
  if (name == "show") return run_show(line.show);
  if (name == "profiles") return run_profiles(line.profiles);
  if (name == "doctor") return run_doctor_command();
  if (name == "check") {
    finish_check_options(line);
    return run_check(line.check);
  }
  if (name == "vm") {
    finish_vm_options(line);
    const std::string& word = line.vm.command.front();
    if (!line.vm.any_program && is_unknown_command(word)) return complain_of_command(word);
    return run_vm(line.vm);
  }
  if (name == "packetdrill") {
    finish_packetdrill_options(line);
    return run_packetdrill(line.packetdrill);
  }
  finish_run_options(line, name);
  return line.run.hosts.is_simulated() ? run_sim(line.run) : run_kernel(line.run);
}

// The text that --help or --version asks for; else the line is read, and there is a command to run.
std::optional<std::string> parse(CommandLine& line, int argc, char** argv) {
  try {
    line.app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::Success& help_or_version) {
    std::ostringstream text;
    line.app.exit(help_or_version, text, text);
    return text.str();
  }
}

// Takes away what follows "--": the user's program, whose options are not ours.
std::vector<std::string> split_command(int& argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view{argv[i]} != "--") continue;
    std::vector<std::string> command(argv + i + 1, argv + argc);
    argc = i;
    return command;
  }
  return {};
}

}  // namespace

CLI::App* add_command(CommandLine& line, const char* name, const char* about, std::string_view examples) {
  CLI::App* command = line.app.add_subcommand(name, about);
  command->group("Commands");
  command->footer(std::string{examples});
  add_color(line, *command);
  return command;
}

void add_color(CommandLine& line, CLI::App& app) {
  app.add_option("--color", line.color, "Colours: auto (default: on a terminal), always or never")
      ->type_name("auto|always|never");
}

bool one_of(const char* option, const std::string& given, std::string_view first, std::string_view second) {
  if (given != first && given != second)
    throw InputError{option, fmt::format("{} or {}", first, second), given};
  return given == first;
}

std::optional<std::uint64_t> seed_of(const CommandLine& line) {
  if (line.seed.empty()) return std::nullopt;
  std::uint64_t seed = 0;
  const char* end = line.seed.data() + line.seed.size();
  const auto [stop, error] = std::from_chars(line.seed.data(), end, seed);
  if (error != std::errc{} || stop != end) {
    throw InputError{"--seed", "a number from 0 to 2^64 - 1", line.seed};
  }
  return seed;
}

int run_app(int argc, char** argv) {
  try {
    occupy_standard_descriptors();
  } catch (const Trouble& error) {
    return trouble(error.what());
  }
  install_signal_handlers();
  if (argc > 1 && is_unknown_command(argv[1])) return complain_of_command(argv[1]);
  CommandLine line{std::string{kAbout}};
  line.run.command = split_command(argc, argv);
  add_commands(line);
  if (argc == 1) {
    std::fputs(line.app.help().c_str(), stderr);
    return kExitTrouble;
  }
  try {
    if (const auto answer = parse(line, argc, argv)) {
      Prose out{stdout};
      out.write(*answer);
      out.flush();
      return kExitYes;
    }
    return run_command(line);
  } catch (const CLI::ParseError& error) {
    return complain_of_usage(line, error);
  } catch (const Cannot& error) {
    complain(error.what());
    return kExitCannot;
  } catch (const std::exception& error) {  // InputError, Trouble, and bugs: one line each
    return trouble(error.what());
  }
}

}  // namespace halfopen
