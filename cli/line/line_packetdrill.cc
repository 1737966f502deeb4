// The command line of packetdrill.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/line/command_line.h"
#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"
#include "sim/base/plain_text.h"
#include "sim/drill/config.h"
#include "sim/drill/script_host.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

constexpr std::string_view kDrillExamples =
    "Examples:\n"
    "  halfopen packetdrill fast-retransmit.pkt             a script on the newest Linux of the model\n"
    "  halfopen packetdrill --profile all gtests/net/tcp    every script of a directory on every profile\n"
    "  halfopen packetdrill -D CC=reno --tolerance_usecs=10000 mine.pkt\n"
    "  halfopen packetdrill --on kernel fast-retransmit.pkt   on this machine's kernel\n"
    "  halfopen packetdrill -w captures --expect known.txt --ktap gtests/net/tcp\n"
    "\n"
    "Of a directory every *.pkt is played with each IP version that it is for, as Google's run_all.py does.\n"
    "Exit status: the worst of 2 (a script that cannot be read), 1 (failed) and 0; 4 if everything was "
    "skipped,\nsince the host lacks what each script asks for; 5 if a script failed while this machine was "
    "late.";

// Options of packetdrill's that are handed on as they are: their names, what their value is called (empty:
// flags), and what they do.
struct PassedOn {
  const char* names;
  const char* name;
  const char* type;
  const char* about;
};
constexpr std::array kPassedOn = std::to_array<PassedOn>({
    {"--tolerance_usecs,--tolerance-usecs", "tolerance_usecs", "N",
     "How far times may be off, in microseconds (default 4000)"},
    {"--tolerance_percent,--tolerance-percent", "tolerance_percent", "N",
     "The same in percent of the time since the event before, where that is more (default 12.5)"},
    {"--local_ip,--local-ip", "local_ip", "ADDRESS", "The host's address"},
    {"--remote_ip,--remote-ip", "remote_ip", "ADDRESS", "The address of the script's side"},
    {"--gateway_ip,--gateway-ip", "gateway_ip", "ADDRESS", "Of the route to that (kernel hosts)"},
    {"--netmask_ip,--netmask-ip", "netmask_ip", "ADDRESS",
     "Of the network around the host's address (kernel hosts)"},
    {"--bind_port,--bind-port", "bind_port", "PORT", "Of bind() to '...' (default 8080)"},
    {"--connect_port,--connect-port", "connect_port", "PORT", "Of connect() to '...' (default 8080)"},
    {"--mtu", "mtu", "N", "Of the host's device (default 1500)"},
    {"--mss", "mss", "N", "Of the segments that an injected packet was merged from"},
    {"--speed", "speed", "N", "Of the host's device, in Mbit/s (kernel hosts)"},
    {"--init_scripts,--init-scripts", "init_scripts", "FILES",
     "Scripts of commands that come first, with commas"},
    {"--non_fatal,--non-fatal", "non_fatal", "KINDS",
     "packet, syscall or both with a comma: tell of such mismatches, and let the script pass all the same"},
    {"--tcp_ts_tick_usecs,--tcp-ts-tick-usecs", "tcp_ts_tick_usecs", "N",
     "Compare timestamps, too: so many microseconds are one step"},
    {"--tcp_ts_ecr_scaled,--tcp-ts-ecr-scaled", "tcp_ts_ecr_scaled", "",
     "Count an echo of no timestamp before from the first one"},
    {"--strict_segments,--strict-segments", "strict_segments", "",
     "An expected packet is one packet, not several in a row"},
    {"--send_omit_free,--send-omit-free", "send_omit_free", "", "Has no effect: nothing is allocated"},
    {"--dry_run,--dry-run", "dry_run", "", "Read the scripts, and do not play them"},
});

void add_passed_on(CLI::App& command, DrillOptions& drill) {
  for (const PassedOn& option : kPassedOn) {
    if (*option.type == '\0') {
      command.add_flag_callback(
          option.names, [&drill, &option] { drill.packetdrill.emplace_back(option.name, std::nullopt); },
          option.about);
      continue;
    }
    command
        .add_option_function<std::string>(
            option.names,
            [&drill, &option](const std::string& value) {
              drill.packetdrill.emplace_back(option.name, value);
            },
            option.about)
        ->type_name(option.type);
  }
}

void add_hosts(CommandLine& line, CLI::App& command) {
  DrillOptions& drill = line.packetdrill;
  command
      .add_option("--on", drill.on, "model (default), or kernel: this machine's, in a sandbox, in real time")
      ->type_name("kernel|model");
  command
      .add_option("--profile", drill.profiles,
                  "Whose TCP: a profile, or all; may be repeated (default: linux)")
      ->type_name("PROFILE|all")
      ->allow_extra_args(false);
  command
      .add_option("--ip_version,--ip-version", drill.ip_versions,
                  "ipv4, ipv6 or ipv4-mapped-ipv6 (default: ipv4 of a script that says nothing, all of a "
                  "directory); may be repeated")
      ->type_name("VERSION")
      ->allow_extra_args(false);
  const auto version = [&](const char* names, const char* name, const char* about) {
    command.add_flag_callback(
        names, [&drill, name] { drill.ip_versions.emplace_back(name); }, about);
  };
  version("-4,--ipv4", "ipv4", "The same as --ip_version=ipv4");
  version("-6,--ipv6", "ipv6", "The same as --ip_version=ipv6");
  version("--ipv4mappedv6", "ipv4-mapped-ipv6", "The same as --ip_version=ipv4-mapped-ipv6");
  command.add_option("--dialect", drill.dialect, "google or nplab (default: as the script shows)")
      ->type_name("google|nplab")
      ->check(CLI::IsMember({"google", "nplab"}));
  command.add_option("-D,--define", line.definitions, "What a word of the scripts stands for")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_outputs(CLI::App& command, DrillOptions& drill) {
  command.add_flag("--continue", drill.goes_on,
                   "Go on after a mismatch of a packet or a call, to show all; the script has failed");
  command.add_flag("-v,--verbose,-l,--log_on_error", drill.logs_failures,
                   "Show the whole ladder of what fails, not only its end");
  command.add_flag("-L,--log_on_success", drill.logs_passes, "Show the ladder of what passes, too");
  command.add_option("-w,--write", drill.captures, "Keep the packets of each case in a directory, as pcapng")
      ->type_name("DIRECTORY");
  command.add_option("--jobs,-j", drill.jobs, "How many at a time (default: one for each processor)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command.add_flag_callback(
      "-S,--serialized", [&drill] { drill.jobs = 1; }, "The same as --jobs 1");
  command
      .add_option("--expect", drill.expect,
                  "A file of cases that are known to fail (docs/packetdrill.md): one that passes fails")
      ->type_name("FILE");
  command.add_flag("--table", drill.table, "Print a table of script by host, with first differences");
  command.add_flag("--packetdrill_status,--packetdrill-status", drill.packetdrill_status,
                   "packetdrill's exit status: 0 if everything passed, else 1");
  command.add_flag("--ktap", drill.ktap, "Print KTAP version 1, as the kernel's own tests do");
  command.add_option("--junit", drill.junit, "Write JUnit's XML; '-' is standard output")
      ->type_name("FILE|-");
  command.add_option("--json", drill.json, "Write JSON (docs/packetdrill.md); '-' is standard output")
      ->type_name("FILE|-");
}

void add_from_capture(CommandLine& line, CLI::App& command) {
  DrillOptions& drill = line.packetdrill;
  command
      .add_option("--from-capture", drill.from_capture,
                  "Write a script from one connection of a capture to standard output; nothing is played")
      ->type_name("CAPTURE");
  command
      .add_option("--connection", drill.connection,
                  "Which one: libpcap's filter, as of show (default: the only one)")
      ->type_name("FILTER");
  command
      .add_option("--side", line.side,
                  "Whose host the script is to play (default: that of the capture's device, or who opens)")
      ->type_name("client|server");
}

std::vector<std::string> profiles_of(const std::vector<std::string>& names) {
  std::vector<std::string> chosen;
  for (const std::string& name : names) {
    const OsProfile* profile = find_profile(name);
    if (name != "all" && profile == nullptr) throw InputError{"--profile", "a profile's name, or all", name};
    if (profile != nullptr) chosen.emplace_back(profile->name);
    if (name != "all") continue;
    for (const OsProfile* one : all_profiles()) chosen.emplace_back(one->name);
  }
  return chosen;
}

// What is wrong with them is found before anything is played.
void check_passed_on(const DrillOptions& drill) {
  for (const auto& [name, value] : drill.packetdrill) {
    drill::DrillConfig scratch;
    try {
      drill::apply_options(scratch, {{.name = name, .value = value, .place = {.line = 0, .column = 0}}}, "");
    } catch (const drill::NotSupported& missing) {
      throw Trouble{missing.what()};
    }
  }
}

}  // namespace

void add_packetdrill(CommandLine& line) {
  CLI::App* command = add_command(
      line, "packetdrill",
      "Play packetdrill's scripts against a TCP: a model's in virtual time, or a kernel's", kDrillExamples);
  command->add_option("what", line.packetdrill.what, "Scripts, and directories of them")
      ->type_name("SCRIPT.pkt|DIRECTORY");
  add_hosts(line, *command);
  add_passed_on(*command, line.packetdrill);
  add_outputs(*command, line.packetdrill);
  add_from_capture(line, *command);
}

void finish_packetdrill_options(CommandLine& line) {
  DrillOptions& drill = line.packetdrill;
  if (drill.what.empty() == drill.from_capture.empty())
    throw Trouble{"packetdrill takes scripts and directories, or --from-capture"};
  if (!line.side.empty())
    drill.side = one_of("--side", line.side, "client", "server") ? HostId::client : HostId::server;
  if (one_of("--on", drill.on, "kernel", "model")) {
    if (!drill.profiles.empty())
      throw InputError{"--profile", "none with --on kernel, which has its own TCP", drill.profiles.front()};
    drill.profiles = {std::string{kKernelHost}};
  } else {
    if (drill.profiles.empty()) drill.profiles = {"linux"};
    drill.profiles = profiles_of(drill.profiles);
  }
  check_passed_on(drill);
  for (const std::string& definition : line.definitions) {
    const std::size_t equals = definition.find('=');
    if (equals == std::string::npos || equals == 0) throw InputError{"--define", "NAME=VALUE", definition};
    drill.definitions.emplace_back(definition.substr(0, equals), definition.substr(equals + 1));
  }
}

}  // namespace halfopen
