// The command line of compare.
#include "cli/line/command_line.h"

namespace halfopen {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  halfopen compare before.pcap after.pcapng       the same, or the first thing that differs, and why\n"
    "  halfopen compare sim:host-crash replay:host-crash --quick --set client.profile=linux\n"
    "                                                  the model against this machine's kernel\n"
    "  halfopen compare sim:host-crash sim:host-crash --set client.profile=linux --set-b "
    "client.sysctl.tcp_retries2=12\n"
    "  halfopen compare a.pcap b.pcap --connection 'port 80' --ignore config --ignore window\n"
    "  tcpdump -i any -w - tcp port 80 | halfopen compare good.pcap -\n"
    "Exit status: 0 the same, 1 different, 2 trouble, as diff has it; 5 the machine was too busy to tell.";

}  // namespace

void add_compare(CommandLine& line) {
  CLI::App* command =
      add_command(line, "compare", "Hold two traces against each other, and say why they differ", kExamples);
  command->add_option("a", line.compare.a, "A capture, '-', or sim:SCENARIO, replay:SCENARIO, live:SCENARIO")
      ->required()
      ->type_name("A");
  command->add_option("b", line.compare.b, "The other one")->required()->type_name("B");
  command
      ->add_option("--connection", line.compare.options.connection,
                   "Only connections whose first packet passes this filter (pcap-filter(7))")
      ->type_name("FILTER");
  command
      ->add_option(
          "--tolerance", line.compare.options.tolerance,
          "How far gaps may differ: exact, 5ms+1%, or a profile for its timers: linux, linux-6.1:10ms+2% "
          "(default: exact in virtual time, else 5ms+1% and the profile's timers)")
      ->type_name("T");
  command
      ->add_option(
          "--ignore", line.compare.options.ignored,
          "Let this differ: config (window scale, MSS), time, outcomes, or a field: window, options, "
          "ttl, ...; may be repeated")
      ->type_name("WHAT")
      ->allow_extra_args(false);
  command
      ->add_option("--context", line.compare.options.context, "Equal steps around a difference (default 3)")
      ->type_name("N")
      ->check(CLI::Range(0, 1000));
  command
      ->add_option("--json", line.compare.json,
                   "Write the result as JSON (docs/compare.md); '-' is standard output")
      ->type_name("FILE|-");
  command->add_option("--set", line.compare.sets, "Override a value of the scenarios that are run")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--set-a", line.compare.sets_a, "The same for A only")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--set-b", line.compare.sets_b, "The same for B only")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--quick", line.compare.quick, "Run scenarios with their [quick]");
  command->add_option("--seed", line.seed, "Run scenarios with this seed, not their own")->type_name("N");
  command
      ->add_option("--limit", line.compare.limit,
                   "Print at most so many differences (default 100); 0 prints all")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("-q,--quiet", line.compare.quiet, "Print nothing but trouble; the exit status tells");
}

}  // namespace halfopen
