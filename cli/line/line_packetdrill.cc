// The command line of packetdrill.
#include "cli/line/command_line.h"
#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"
#include "sim/base/plain_text.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

constexpr std::string_view kDrillExamples =
    "Examples:\n"
    "  halfopen packetdrill fast-retransmit.pkt             a script on the newest Linux of the model\n"
    "  halfopen packetdrill --profile all gtests/net/tcp    every script of a directory on every profile\n"
    "  halfopen packetdrill --on kernel fast-retransmit.pkt on this machine's kernel\n"
    "  halfopen packetdrill -D CC=reno --tolerance_usecs=10000 mine.pkt\n"
    "\n"
    "Exit status: the worst of 2 (a script that cannot be read), 1 (failed) and 0; 4 if everything was "
    "skipped,\nsince the host lacks what each script asks for; 5 if a script failed while this machine was "
    "late.";

void choose_profiles(DrillOptions& drill) {
  if (drill.profiles.empty()) drill.profiles = {"linux"};
  std::vector<std::string> chosen;
  for (const std::string& name : drill.profiles) {
    const OsProfile* profile = find_profile(name);
    if (name != "all" && profile == nullptr) throw InputError{"--profile", "a profile's name, or all", name};
    if (profile != nullptr) chosen.emplace_back(profile->name);
    if (name != "all") continue;
    for (const OsProfile* one : all_profiles()) chosen.emplace_back(one->name);
  }
  drill.profiles = std::move(chosen);
}

}  // namespace

void add_packetdrill(CommandLine& line) {
  CLI::App* command = add_command(
      line, "packetdrill",
      "Play packetdrill's scripts against a TCP: a model's in virtual time, or a kernel's", kDrillExamples);
  DrillOptions& drill = line.packetdrill;
  command->add_option("what", drill.what, "Scripts, and directories of them")
      ->type_name("SCRIPT.pkt|DIRECTORY")
      ->required();
  command
      ->add_option("--on", drill.on, "model (default), or kernel: this machine's, in a sandbox, in real time")
      ->type_name("kernel|model");
  command
      ->add_option("--profile", drill.profiles,
                   "Whose TCP: a profile, or all; may be repeated (default: linux)")
      ->type_name("PROFILE|all")
      ->allow_extra_args(false);
  command
      ->add_option("--ip_version,--ip-version", drill.ip_versions,
                   "ipv4 (default), ipv6 or ipv4-mapped-ipv6, where a script says nothing; may be repeated")
      ->type_name("VERSION")
      ->allow_extra_args(false);
  command->add_option("-D,--define", line.definitions, "What a word of the scripts stands for")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  const auto passed_on = [&](const char* names, const char* name, const char* type, const char* about) {
    command
        ->add_option_function<std::string>(
            names, [&drill, name](const std::string& value) { drill.packetdrill.emplace_back(name, value); },
            about)
        ->type_name(type);
  };
  passed_on("--tolerance_usecs,--tolerance-usecs", "tolerance_usecs", "N",
            "How far times may be off, in microseconds (default 4000)");
  passed_on("--tolerance_percent,--tolerance-percent", "tolerance_percent", "N",
            "The same in percent of the time since the event before, where that is more (default 12.5)");
  passed_on("--local_ip,--local-ip", "local_ip", "ADDRESS", "The host's address");
  passed_on("--remote_ip,--remote-ip", "remote_ip", "ADDRESS", "The address of the script's side");
  passed_on("--mtu", "mtu", "N", "Of the host's device (default 1500)");
  passed_on("--tcp_ts_tick_usecs,--tcp-ts-tick-usecs", "tcp_ts_tick_usecs", "N",
            "Compare timestamps, too: so many microseconds are one step");
}

void finish_packetdrill_options(CommandLine& line) {
  DrillOptions& drill = line.packetdrill;
  if (drill.ip_versions.empty()) drill.ip_versions = {"ipv4"};
  if (one_of("--on", drill.on, "kernel", "model")) {
    if (!drill.profiles.empty())
      throw InputError{"--profile", "none with --on kernel, which has its own TCP", drill.profiles.front()};
    drill.profiles = {std::string{kKernelHost}};
  } else {
    choose_profiles(drill);
  }
  for (const std::string& definition : line.definitions) {
    const std::size_t equals = definition.find('=');
    if (equals == std::string::npos || equals == 0) throw InputError{"--define", "NAME=VALUE", definition};
    drill.definitions.emplace_back(definition.substr(0, equals), definition.substr(equals + 1));
  }
}

}  // namespace halfopen
