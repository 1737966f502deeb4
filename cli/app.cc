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
#include "replay/errors.h"
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
    "  halfopen replay host-crash -- nc server 9998    your own client on this kernel, before a server that "
    "dies\n"
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

constexpr std::string_view kReplayExamples =
    "Examples:\n"
    "  halfopen replay process-killed                  this machine's kernel and a real client, the model's "
    "server\n"
    "  halfopen replay host-crash --quick              the same in seconds, where the scenario knows how\n"
    "  halfopen replay host-crash --set client.sysctl.tcp_retries2=5 -- nc server 9998\n"
    "  halfopen replay mine.toml -- curl http://server:9998/\n"
    "  halfopen replay host-crash --quick --repeat 10  ten times, with min, median and max\n"
    "The name 'server' resolves, and HALFOPEN_SERVER holds its address:port.";

constexpr std::string_view kLiveExamples =
    "Examples:\n"
    "  halfopen live process-killed                    both ends on this machine's kernel, with us as the "
    "wire\n"
    "  halfopen live process-killed --server-command 'python3 server.py' -- python3 client.py";

constexpr std::string_view kRunExamples =
    "Examples:\n"
    "  halfopen run host-crash --client model --server kernel\n"
    "  halfopen run host-crash --client kernel --server model    the same as 'halfopen replay host-crash'";

constexpr std::string_view kDoctorExamples =
    "Examples:\n"
    "  halfopen doctor                                 what replay and live need here, and the cures";

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

const std::vector<std::string_view> kCommands{"list", "sim",  "replay",   "live",
                                              "run",  "show", "profiles", "doctor"};

// Everything that the command line can say.
struct CommandLine {
  RunOptions run;  // of sim, replay, live and run
  ShowOptions show;
  ProfilesOptions profiles;
  std::string seed;
  std::string tap = "client";
  std::string client = "kernel";
  std::string server = "kernel";
  bool no_trace = false;
  CLI::App app{std::string{kAbout}, "halfopen"};
};

CLI::App* add_command(CommandLine& line, const char* name, const char* about, std::string_view examples) {
  CLI::App* command = line.app.add_subcommand(name, about);
  command->group("Commands");
  command->footer(std::string{examples});
  return command;
}

// What sim and the runs on a real kernel have in common.
void add_run_options(CommandLine& line, CLI::App* command) {
  command->add_option("scenario", line.run.scenario, "A shipped scenario's name, or a file")
      ->required()
      ->type_name("NAME|FILE.toml");
  command->add_option("--set", line.run.sets, "Override a value of the scenario; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("-w,--write", line.run.captures,
                   "Write a capture, in the format of its extension; '-' is pcapng on standard output; "
                   "may be repeated")
      ->type_name("FILE.pcapng|FILE.pcap|-")
      ->allow_extra_args(false);
  command->add_option("--json", line.run.json, "Write the run as JSON (docs/json.md); '-' is standard output")
      ->type_name("FILE|-");
  command->add_option("--seed", line.seed, "Use this seed, not the scenario's")->type_name("N");
  command->add_option("--tap", line.tap, "Whose device captures packets: client (default) or server")
      ->type_name("client|server");
  command->add_flag("--explain", line.run.explain,
                    "Add the rule behind each rung: RFC or book section, kernel source");
  command->add_flag("--quick", line.run.quick, "Apply the scenario's [quick], with which it takes seconds");
  command->add_flag("-q,--quiet", line.run.quiet, "Print only expectations that failed");
}

void add_kernel_options(CommandLine& line, CLI::App* command) {
  add_run_options(line, command);
  command->add_option("--repeat", line.run.repeat, "Run N times, and sum up what the client was told")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--no-trace", line.no_trace, "Do not watch the programs' system calls");
}

void add_server_command(CommandLine& line, CLI::App* command) {
  command
      ->add_option("--server-command", line.run.server_command,
                   "Your own server in the server's place, as a line for sh; it listens on $HALFOPEN_SERVER")
      ->type_name("CMD");
}

void add_runs(CommandLine& line) {
  add_run_options(
      line, add_command(line, "sim", "Run a scenario in virtual time: its ladder, and what each program saw",
                        kSimExamples));
  add_kernel_options(
      line, add_command(line, "replay",
                        "Run a scenario with this machine's kernel as the client; '-- COMMAND' is the client",
                        kReplayExamples));
  CLI::App* live =
      add_command(line, "live", "Run a scenario with this machine's kernel at both ends", kLiveExamples);
  add_kernel_options(line, live);
  add_server_command(line, live);
  CLI::App* run = add_command(line, "run", "Run a scenario with any pairing of hosts", kRunExamples);
  add_kernel_options(line, run);
  add_server_command(line, run);
  run->add_option("--client", line.client, "kernel (default) or model")->type_name("kernel|model");
  run->add_option("--server", line.server, "kernel (default) or model")->type_name("kernel|model");
}

void add_commands(CommandLine& line) {
  line.app.set_version_flag("--version", "halfopen " HALFOPEN_VERSION, "Print the version and exit");
  line.app.set_help_flag("-h,--help", "Print this help and exit");
  line.app.footer(std::string{kExamples});
  line.app.require_subcommand(1);
  line.app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  add_command(line, "list", "List the shipped scenarios: name, then title", kListExamples);
  add_runs(line);
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
  add_command(line, "doctor", "Try what replay and live need on this machine", kDoctorExamples);
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

bool one_of(const char* option, const std::string& given, std::string_view first, std::string_view second) {
  if (given != first && given != second)
    throw InputError{option, fmt::format("{} or {}", first, second), given};
  return given == first;
}

// What CLI11 would take too lightly: it wraps -1 around and names a set as {a,b}.
void finish_run_options(CommandLine& line, const std::string& command) {
  line.run.tap = one_of("--tap", line.tap, "client", "server") ? HostId::client : HostId::server;
  line.run.client_is_kernel = one_of("--client", line.client, "kernel", "model");
  line.run.server_is_kernel = command != "replay" && one_of("--server", line.server, "kernel", "model");
  line.run.trace = !line.no_trace;
  if (!line.run.command.empty() && (command == "sim" || !line.run.client_is_kernel)) {
    throw Trouble{"a program of your own (after --) needs a client on the kernel: halfopen replay or live"};
  }
  if (!line.run.server_command.empty() && !line.run.server_is_kernel) {
    throw Trouble{"--server-command needs a server on the kernel"};
  }
  if (line.run.repeat > 1 && (!line.run.captures.empty() || !line.run.json.empty())) {
    throw Trouble{"--repeat would write each file again and again: leave out -w and --json"};
  }
  if (line.seed.empty()) return;
  std::uint64_t seed = 0;
  const char* end = line.seed.data() + line.seed.size();
  const auto [stop, error] = std::from_chars(line.seed.data(), end, seed);
  if (error != std::errc{} || stop != end) {
    throw InputError{"--seed", "a number from 0 to 2^64 - 1", line.seed};
  }
  line.run.seed = seed;
}

int run_command(CommandLine& line) {
  const std::string name = line.app.get_subcommands().front()->get_name();
  if (name == "list") return run_list();
  if (name == "show") return run_show(line.show);
  if (name == "profiles") return run_profiles(line.profiles);
  if (name == "doctor") return run_doctor_command();
  finish_run_options(line, name);
  const bool only_models = !line.run.client_is_kernel && !line.run.server_is_kernel;
  return name == "sim" || only_models ? run_sim(line.run) : run_kernel(line.run);
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

int run_app(int argc, char** argv) {
  install_signal_handlers();
  if (is_unknown_command(argc, argv)) return complain_of_command(argv[1]);
  CommandLine line;
  line.run.command = split_command(argc, argv);
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
  } catch (const Cannot& error) {
    complain(error.what());
    return kExitCannot;
  } catch (const std::exception& error) {  // InputError, Trouble, and bugs: one line each
    return complain(error.what());
  }
}

}  // namespace halfopen
