// The command line of the commands that run nothing: list, show, profiles, doctor, help and completions.
#include "cli/line/command_line.h"

namespace halfopen {
namespace {

constexpr std::string_view kListExamples =
    "Examples:\n"
    "  halfopen list                                   all of them\n"
    "  halfopen list | grep reboot                     those about a reboot\n"
    "  halfopen sim host-reboot                        run one";

constexpr std::string_view kShowExamples =
    "Examples:\n"
    "  halfopen show crash.pcapng\n"
    "  halfopen show --explain crash.pcapng            with the rule behind each rung, in captures of ours\n"
    "  halfopen show --states crash.pcapng             what netstat would have shown, line by line\n"
    "  halfopen show --connection 'port 80' big.pcap   only connections that begin with such a packet\n"
    "  halfopen show --summary big.pcap                a line for each connection, and how it ended\n"
    "  halfopen show --summary --json big.pcap | jq 'select(.ending == \"unanswered\")'\n"
    "  tcpdump -i eth0 -c 100 -w - tcp | halfopen show -";

constexpr std::string_view kProfilesExamples =
    "Examples:\n"
    "  halfopen profiles                               a line for each\n"
    "  halfopen profiles 4.4bsd                        every constant with its source\n"
    "  halfopen profiles linux | grep keepalive        'linux' is the newest Linux";

constexpr std::string_view kDoctorExamples =
    "Examples:\n"
    "  halfopen doctor                                 what replay and live need here, and the cures";

constexpr std::string_view kHelpExamples =
    "Examples:\n"
    "  halfopen help                                   the commands, as 'halfopen --help'\n"
    "  halfopen help sim                               one of them, as 'halfopen sim --help'";

constexpr std::string_view kCompletionsExamples =
    "Examples:\n"
    "  halfopen completions bash > ~/.local/share/bash-completion/completions/halfopen\n"
    "  halfopen completions zsh > ~/.zfunc/_halfopen   a directory of fpath\n"
    "  halfopen completions fish > ~/.config/fish/completions/halfopen.fish\n"
    "An installed halfopen brings them along.";

}  // namespace

void add_readers(CommandLine& line) {
  add_command(line, "list", "List the shipped scenarios: name, then title", kListExamples);
  CLI::App* show =
      add_command(line, "show", "Print the ladder of a capture, ours or another's", kShowExamples);
  show->add_option("capture", line.show.capture, "A pcap or pcapng file; '-' is standard input")
      ->required()
      ->type_name("CAPTURE");
  CLI::Option* summary =
      show->add_flag("--summary", line.show.summary, "A line for each connection instead of the ladder");
  show->add_flag("--json", line.show.json, "With --summary: the line as JSON (docs/json.md)")->needs(summary);
  show->add_flag("--explain", line.show.explain, "Add the rule behind each rung, where the capture knows it")
      ->excludes(summary);
  show->add_flag("--states", line.show.states,
                 "Print each change of a connection's state in netstat's columns, not the packets")
      ->excludes(summary);
  show->add_option(
          "--connection", line.show.connection,
          "Only connections whose first packet matches, as tcpdump filters: 'host 10.0.0.2 and port 80'")
      ->type_name("FILTER");
  CLI::App* profiles = add_command(line, "profiles", "Print the constants of a TCP stack, with their sources",
                                   kProfilesExamples);
  profiles->add_option("name", line.profiles.name, "A profile's name or alias; without it a line for each")
      ->type_name("PROFILE");
  add_command(line, "doctor", "Try what replay and live need on this machine", kDoctorExamples);
  add_command(line, "help", "Print the help of a command, or of all of halfopen", kHelpExamples)
      ->add_option("command", line.help_command, "A command; without it the list of them")
      ->type_name("COMMAND");
  add_command(line, "completions", "Print the script with which a shell completes halfopen's words",
              kCompletionsExamples)
      ->add_option("shell", line.shell, "bash, zsh or fish")
      ->required()
      ->type_name("bash|zsh|fish");
}

}  // namespace halfopen
