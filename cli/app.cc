#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/signals.h"
#include "sim/input_error.h"
#include "sim/units.h"

namespace halfopen {
namespace {

constexpr std::string_view kAbout =
    "halfopen shows, packet for packet, what happens to a TCP connection when its peer goes away.\n";

constexpr std::string_view kExamples =
    "Examples:\n"
    "  halfopen list                                   the scenarios that come with halfopen\n"
    "  halfopen sim host-crash                         the server's host crashes: who notices, and when\n"
    "  halfopen sim host-crash -w crash.pcapng         the same, with a capture for Wireshark\n"
    "  halfopen show crash.pcapng                      its ladder, and that of anybody's capture\n"
    "  halfopen profiles linux-6.18                    every constant of a TCP stack, with its source\n"
    "\n"
    "Exit status: 0 as the scenario says; 1 an expectation failed; 2 bad input or a file that fails;\n"
    "4 this machine lacks what is needed; 130 interrupted. 'halfopen COMMAND --help' says more.";

constexpr std::string_view kListExamples =
    "Examples:\n"
    "  halfopen list                                   all of them\n"
    "  halfopen list | grep reboot                     those about a reboot\n"
    "  halfopen sim host-reboot                        run one";

constexpr std::string_view kSimExamples =
    "Examples:\n"
    "  halfopen sim host-crash                         a shipped scenario: see 'halfopen list'\n"
    "  halfopen sim mine.toml                          one of your own: see docs/scenario.md\n"
    "  halfopen sim host-crash --set client.profile=linux --set client.sysctl.tcp_retries2=8\n"
    "  halfopen sim host-crash -w crash.pcapng -w crash.pcap --json crash.json\n"
    "  halfopen sim host-crash -w - | tshark -r -      a capture on standard output is pcapng\n"
    "  halfopen sim host-crash --explain               each rung with the rule behind it\n"
    "  halfopen sim host-crash -q                      only what is not as the scenario says";

constexpr std::string_view kShowExamples =
    "Examples:\n"
    "  halfopen show crash.pcapng\n"
    "  halfopen show --explain crash.pcapng            with the rule behind each rung, in captures of ours\n"
    "  tcpdump -i eth0 -c 100 -w - tcp | halfopen show -";

constexpr std::string_view kProfilesExamples =
    "Examples:\n"
    "  halfopen profiles                               a line for each\n"
    "  halfopen profiles 4.4bsd                        every constant with its source\n"
    "  halfopen profiles linux | grep keepalive        'linux' is the newest Linux";

const std::vector<std::string_view> kCommands{"list", "sim", "show", "profiles"};

// Everything that the command line can say.
struct CommandLine {
  SimOptions sim;
  ShowOptions show;
  ProfilesOptions profiles;
  std::string seed;
  std::string tap = "client";
  CLI::App app{std::string{kAbout}, "halfopen"};
};

CLI::App* add_command(CommandLine& line, const char* name, const char* about, std::string_view examples) {
  CLI::App* command = line.app.add_subcommand(name, about);
  command->group("Commands");
  command->footer(std::string{examples});
  return command;
}

void add_sim(CommandLine& line) {
  CLI::App* sim = add_command(
      line, "sim", "Run a scenario in virtual time: its ladder, and what each program saw", kSimExamples);
  sim->add_option("scenario", line.sim.scenario, "A shipped scenario's name, or a file")
      ->required()
      ->type_name("NAME|FILE.toml");
  sim->add_option("--set", line.sim.sets, "Override a value of the scenario; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  sim->add_option("-w,--write", line.sim.captures,
                  "Write a capture, in the format of its extension; '-' is pcapng on standard output; "
                  "may be repeated")
      ->type_name("FILE.pcapng|FILE.pcap|-")
      ->allow_extra_args(false);
  sim->add_option("--json", line.sim.json, "Write the run as JSON (docs/json.md); '-' is standard output")
      ->type_name("FILE|-");
  sim->add_option("--seed", line.seed, "Use this seed, not the scenario's")->type_name("N");
  sim->add_option("--tap", line.tap, "Whose device captures packets: client (default) or server")
      ->type_name("client|server");
  sim->add_flag("--explain", line.sim.explain,
                "Add the rule behind each rung: RFC or book section, kernel source");
  sim->add_flag("-q,--quiet", line.sim.quiet, "Print only expectations that failed");
}

void add_commands(CommandLine& line) {
  line.app.set_version_flag("--version", "halfopen " HALFOPEN_VERSION, "Print the version and exit");
  line.app.set_help_flag("-h,--help", "Print this help and exit");
  line.app.footer(std::string{kExamples});
  line.app.require_subcommand(1);
  line.app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  add_command(line, "list", "List the shipped scenarios: name, then title", kListExamples);
  add_sim(line);
  CLI::App* show =
      add_command(line, "show", "Print the ladder of a capture, ours or another's", kShowExamples);
  show->add_option("capture", line.show.capture, "A pcap or pcapng file; '-' is standard input")
      ->required()
      ->type_name("CAPTURE");
  show->add_flag("--explain", line.show.explain, "Add the rule behind each rung, where the capture knows it");
  CLI::App* profiles = add_command(line, "profiles", "Print the constants of a TCP stack, with their sources",
                                   kProfilesExamples);
  profiles->add_option("name", line.profiles.name, "A profile's name or alias; without it a line for each")
      ->type_name("NAME");
}

int complain(std::string_view message) {
  std::fflush(stdout);
  const std::string line = fmt::format("halfopen: {}\n", message);
  std::fwrite(line.data(), 1, line.size(), stderr);  // where that fails, the status still tells
  return kExitTrouble;
}

// Before CLI11 looks: a word that is no command deserves a better answer than "not expected".
bool is_unknown_command(int argc, char** argv) {
  return argc > 1 && argv[1][0] != '-' && std::ranges::find(kCommands, argv[1]) == kCommands.end();
}

int complain_of_command(std::string_view word) {
  const std::string_view meant = nearest(word, kCommands);
  return complain(fmt::format("no command '{}'; {}", word,
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
  return complain(fmt::format("{} ('{} --help' says how)", what, command));
}

// The two options of sim that CLI11 would take too lightly: it wraps -1 around and names a set as {a,b}.
void finish_sim_options(CommandLine& line) {
  if (line.tap != "client" && line.tap != "server") throw InputError{"--tap", "client or server", line.tap};
  line.sim.tap = line.tap == "server" ? HostId::server : HostId::client;
  if (line.seed.empty()) return;
  std::uint64_t seed = 0;
  const char* end = line.seed.data() + line.seed.size();
  const auto [stop, error] = std::from_chars(line.seed.data(), end, seed);
  if (error != std::errc{} || stop != end)
    throw InputError{"--seed", "a number from 0 to 2^64 - 1", line.seed};
  line.sim.seed = seed;
}

int run_command(CommandLine& line) {
  const std::string name = line.app.get_subcommands().front()->get_name();
  finish_sim_options(line);
  if (name == "list") return run_list();
  if (name == "sim") return run_sim(line.sim);
  if (name == "show") return run_show(line.show);
  return run_profiles(line.profiles);
}

}  // namespace

int run_app(int argc, char** argv) {
  install_signal_handlers();
  if (is_unknown_command(argc, argv)) return complain_of_command(argv[1]);
  CommandLine line;
  add_commands(line);
  if (argc == 1) {
    std::fputs(line.app.help().c_str(), stderr);
    return kExitTrouble;
  }
  try {
    line.app.parse(argc, argv);
    return run_command(line);
  } catch (const CLI::Success& help_or_version) {
    const int status = line.app.exit(help_or_version);
    if (std::fflush(stdout) == 0 || errno == EPIPE) return status;
    return complain(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
  } catch (const CLI::ParseError& error) {
    return complain_of_usage(line, error);
  } catch (const std::exception& error) {  // InputError, Trouble, and bugs: one line each
    return complain(error.what());
  }
}

}  // namespace halfopen
