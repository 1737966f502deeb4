// The command line of check.
#include "cli/line/command_line.h"
#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

constexpr std::string_view kCheckExamples =
    "Examples:\n"
    "  halfopen check                                  every shipped scenario in the model: expectations, "
    "references\n"
    "  halfopen check host-crash mine.toml             these\n"
    "  halfopen check scenarios                        every *.toml of a directory\n"
    "  halfopen check --client kernel --server model --quick    this machine's kernel against its past\n"
    "  halfopen check --client kernel --quick --against sim     and against the model\n"
    "  halfopen check host-crash --against pcaps/host-crash.replay.pcapng\n"
    "  halfopen check --ktap                           for kselftest's readers; --junit FILE for others\n"
    "  halfopen check --bless                          make what happens now the references\n"
    "\n"
    "Exit status: the worst of 2 (trouble), 1 (failed), 5 (unresolved: the machine was too busy to tell) and "
    "0; "
    "4 if everything\nwas skipped.\n"
    "docs/check.md has the manifest of references, and a script for 'git bisect run'.";

}  // namespace

void add_check(CommandLine& line) {
  CLI::App* command =
      add_command(line, "check", "Run scenarios, and check their expectations and their reference captures",
                  kCheckExamples);
  CheckOptions& check = line.check;
  command
      ->add_option("what", check.what,
                   "Scenarios: shipped ones, files, directories; without it all that are shipped")
      ->type_name("NAME|FILE.toml|DIRECTORY");
  command->add_option("--client", line.check_client, "kernel or model (default)")->type_name("kernel|model");
  command->add_option("--server", line.check_server, "kernel or model (default)")->type_name("kernel|model");
  command
      ->add_option("--against", check.against,
                   "What to compare with: the model, a capture, or the references of a directory (default: "
                   "those beside "
                   "a scenario's file, or else in pcaps)")
      ->type_name("sim|CAPTURE|DIRECTORY");
  command->add_option("--set", check.sets, "Override a value of each scenario; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--quick", check.quick, "Apply the scenarios' [quick], with which they take seconds");
  command->add_flag("--no-trace", check.no_trace, "Do not watch the programs' system calls on kernels");
  command->add_option("--jobs", check.jobs, "How many runs at a time (default: by the number of cores)")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--retry", check.retries,
                   "Run again, alone, what a busy machine left unresolved, so many times (default 2)")
      ->type_name("N")
      ->check(CLI::Range(0, 100));
  command->add_flag("--ktap", check.ktap, "Print KTAP version 1, as the kernel's own tests do");
  command->add_option("--junit", check.junit, "Write JUnit's XML; '-' is standard output")
      ->type_name("FILE|-");
  command->add_option("--json", check.json, "Write JSON (docs/check.md); '-' is standard output")
      ->type_name("FILE|-");
  command->add_flag("--bless", check.bless, "Write the references and their manifest, do not compare");
}

void finish_check_options(CommandLine& line) {
  if (!line.run.command.empty()) {
    throw Trouble{
        "check runs the scenarios' own programs: a program of your own (after --) is for replay and live"};
  }
  line.check.hosts.client_is_kernel = one_of("--client", line.check_client, "kernel", "model");
  line.check.hosts.server_is_kernel = one_of("--server", line.check_server, "kernel", "model");
}

}  // namespace halfopen
