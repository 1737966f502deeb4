// Commands that need no shell: those with which almost every script of the public suites begins, parameters
// of the network and the queue of the device. In a guest a shell, and a program for each of twenty
// parameters, take many times as long as the script; a program in Python takes longer still.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace halfopen::drill {

struct CommandOutcome {
  int status = 0;     // as a shell's exit status
  std::string words;  // what it has to say, if it failed
};

// Of one script, in the process that runs its commands and in whose working directory they are.
class PlainCommands {
 public:
  // Does what a line for sh says, if it is made of nothing but: sysctl that sets something, `tc qdisc add` or
  // `replace` of a pfifo without options, `ip tcp_metrics flush`, scripts named by path that consist of
  // these, and the suites' set_sysctls.py with the script that it leaves to restore the values. nullopt: it
  // is not, and nothing was done.
  [[nodiscard]] std::optional<CommandOutcome> run(const std::string& line);

 private:
  using Words = std::vector<std::string>;
  using Action = std::function<CommandOutcome()>;
  using Parameter = std::pair<std::string, std::string>;  // its name, and a value
  // False for what is not plain.
  bool plan(const std::string& text, int depth);
  bool plan_command(const Words& words, int depth);
  bool plan_sysctl(const Words& words);
  bool plan_queue(const Words& words);
  bool plan_set_sysctls(const Words& words);
  bool plan_file(const std::string& path, int depth);
  [[nodiscard]] CommandOutcome set_and_remember(const std::vector<Parameter>& parameters);

  std::vector<Action> actions_;    // of the line
  std::vector<Parameter> before_;  // values that set_sysctls.py was to remember
};

}  // namespace halfopen::drill
