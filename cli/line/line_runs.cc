// The command line of sim, replay, live and run.
#include <fmt/format.h>

#include "cli/line/command_line.h"
#include "cli/tell/exit_code.h"
#include "cli/tell/ladder_choice.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr std::string_view kSimExamples =
    "Examples:\n"
    "  halfopen sim host-crash                         a shipped scenario: see 'halfopen list'\n"
    "  halfopen sim mine.toml                          one of your own: see docs/scenario.md\n"
    "  halfopen sim host-crash --set client.profile=linux --set client.sysctl.tcp_retries2=12\n"
    "  halfopen sim host-crash -w crash.pcapng -w crash.pcap --json crash.json\n"
    "  halfopen sim host-crash -w - | tshark -r -      a capture on standard output is pcapng\n"
    "  halfopen sim host-crash --explain               each rung with the rule behind it\n"
    "  halfopen sim process-killed --states            what netstat would show at both ends, line by line\n"
    "  halfopen sim host-crash -q                      only what is not as the scenario says";

constexpr std::string_view kReplayExamples =
    "Examples:\n"
    "  halfopen replay process-killed                  this machine's kernel and a real client, the model's "
    "server\n"
    "  halfopen replay host-crash --quick              the same in seconds, where the scenario knows how\n"
    "  halfopen replay host-crash --set client.sysctl.tcp_retries2=5 -- nc server 9998\n"
    "  halfopen replay mine.toml -- curl http://server:9998/\n"
    "  halfopen replay host-crash --quick --expect 'client notices within 5s' -- nc server 9998\n"
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
  command
      ->add_option(
          "--expect", line.expects,
          "Expect this, too: 'client notices within 5s', 'client exits with 1', 'client sees ETIMEDOUT', "
          "'no retransmission'; may be repeated")
      ->type_name("SENTENCE")
      ->allow_extra_args(false);
  command
      ->add_option("--show", line.run.shown,
                   "Tell only these in the ladder: packets, calls, polls, processes, states, timeline; of "
                   "one host: client or server")
      ->type_name("LIST")
      ->allow_extra_args(false);
  command->add_option("--hide", line.run.hidden, "Do not tell these in the ladder: the same words")
      ->type_name("LIST")
      ->allow_extra_args(false);
  command->add_option("--seed", line.seed, "Use this seed, not the scenario's")->type_name("N");
  command->add_option("--tap", line.tap, "Whose device captures packets: client (default) or server")
      ->type_name("client|server");
  command->add_flag("--explain", line.run.explain,
                    "Add the rule behind each rung: RFC or book section, kernel source");
  command->add_flag("--states", line.run.states,
                    "Print each change of a connection's state in netstat's columns, not the ladder");
  command->add_flag("--quick", line.run.quick, "Apply the scenario's [quick], with which it takes seconds");
  command->add_flag("-q,--quiet", line.run.quiet, "Print only expectations that failed");
}

void add_kernel_options(CommandLine& line, CLI::App* command) {
  add_run_options(line, command);
  command->add_option("--repeat", line.run.repeat, "Run N times, and sum up what the client was told")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_flag(
      "--until-client-exits", line.run.until_client_exits,
      "End the run when the client's processes are over, whatever the kernel still has to send");
  command->add_flag("--as-root", line.run.as_root,
                    "Run as root: programs stay root, too, not the user of sudo or nobody");
  command->add_flag("--no-trace", line.no_trace, "Do not watch the programs' system calls");
}

void add_server_command(CommandLine& line, CLI::App* command) {
  command
      ->add_option("--server-command", line.run.server_command,
                   "Your own server in the server's place, as a line for sh; it listens on $HALFOPEN_SERVER")
      ->type_name("CMD");
}

}  // namespace

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

// What CLI11 would take too lightly: it wraps -1 around and names a set as {a,b}.
void finish_run_options(CommandLine& line, const std::string& command) {
  line.run.tap = one_of("--tap", line.tap, "client", "server") ? HostId::client : HostId::server;
  Pairing& hosts = line.run.hosts;
  hosts.client_is_kernel = command != "sim" && one_of("--client", line.client, "kernel", "model");
  hosts.server_is_kernel =
      command != "sim" && command != "replay" && one_of("--server", line.server, "kernel", "model");
  line.run.trace = !line.no_trace;
  for (const std::string& sentence : line.expects) line.run.demands.push_back(demand_from(sentence));
  if (!line.run.command.empty() && !hosts.client_is_kernel) {
    throw Trouble{"a program of your own (after --) needs a client on the kernel: halfopen replay or live"};
  }
  if (!line.run.server_command.empty() && !hosts.server_is_kernel) {
    throw Trouble{"--server-command needs a server on the kernel"};
  }
  if (line.run.repeat > 1 && (!line.run.captures.empty() || !line.run.json.empty())) {
    throw Trouble{"--repeat would write each file again and again: leave out -w and --json"};
  }
  LadderOptions ignored;  // what is wrong is said before the run
  choose_rungs(line.run.shown, line.run.hidden, ignored);
  line.run.seed = seed_of(line);
}

}  // namespace halfopen
