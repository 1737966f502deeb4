#include "replay/drill/plain_commands.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "replay/sandbox/link.h"
#include "replay/sandbox/sysctl_files.h"
#include "sim/drill/model_commands.h"

namespace halfopen::drill {
namespace {

constexpr int kDeepest = 8;  // scripts that name scripts

CommandOutcome set_parameters(const std::vector<std::pair<std::string, std::string>>& parameters) {
  CommandOutcome outcome;
  for (const auto& [name, value] : parameters)
    if (const std::string problem = write_sysctl(name, value); !problem.empty())
      outcome = {.status = 255, .words = "sysctl: " + problem};
  return outcome;
}

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream text;
  text << file.rdbuf();
  return file ? std::optional{std::move(text).str()} : std::nullopt;
}

// A script that a shell without options reads.
bool is_for_shell(std::string_view text) {
  if (!text.starts_with("#!")) return true;
  constexpr std::array<std::string_view, 4> kShells{"#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env sh",
                                                    "#!/usr/bin/env bash"};
  return std::ranges::find(kShells, text.substr(0, text.find('\n'))) != kShells.end();
}

}  // namespace

std::optional<CommandOutcome> PlainCommands::run(const std::string& line) {
  actions_.clear();
  if (!plan(line, 0)) return std::nullopt;
  CommandOutcome outcome;
  for (const Action& action : actions_) outcome = action();
  return outcome;
}

bool PlainCommands::plan(const std::string& text, int depth) {
  if (depth > kDeepest) return false;
  const auto commands = shell_commands(text);
  return commands && std::ranges::all_of(*commands, [&](const ShellCommand& command) {
           const bool is_simple = command.runs == ShellCommand::Runs::always && command.output.empty() &&
                                  std::ranges::find(command.words, "|") == command.words.end();
           return is_simple && plan_command(command.words, depth);
         });
}

bool PlainCommands::plan_command(const Words& words, int depth) {
  const std::string& name = words.front();
  if (name == "sysctl") return plan_sysctl(words);
  if (name == "tc") return plan_queue(words);
  if (name == "ip" && words.size() >= 3 && words[1] == "tcp_metrics" && words[2] == "flush") {
    actions_.emplace_back([] {  // net/ipv4/tcp_metrics.c: GENL_ADMIN_PERM
      return CommandOutcome{.status = 1, .words = "ip: only root of the machine may flush tcp_metrics"};
    });
    return true;
  }
  if (base_name(name) == "set_sysctls.py") return plan_set_sysctls(words);
  if (name == "/tmp/sysctl_restore_${PPID}.sh" && words.size() == 1 && !before_.empty()) {
    actions_.emplace_back([this] { return set_parameters(before_); });
    return true;
  }
  return words.size() == 1 && name.find('/') != std::string::npos && plan_file(name, depth);
}

// sysctl [-q] [-w] NAME=VALUE...
bool PlainCommands::plan_sysctl(const Words& words) {
  std::vector<Parameter> parameters;
  for (const std::string& word : std::vector<std::string>(words.begin() + 1, words.end())) {
    if (word == "-q" || word == "-w") continue;
    const std::size_t equals = word.find('=');
    if (!word.starts_with("net.") || equals == std::string::npos) return false;
    parameters.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  actions_.emplace_back([parameters] { return set_parameters(parameters); });
  return true;
}

// tc qdisc add|replace dev NAME root pfifo
bool PlainCommands::plan_queue(const Words& words) {
  const Words expected{
      "tc",   "qdisc", words.size() > 2 ? words[2] : "", "dev", words.size() > 4 ? words[4] : "",
      "root", "pfifo"};
  if (words != expected || (words[2] != "add" && words[2] != "replace")) return false;
  actions_.emplace_back([device = words[4], is_new = words[2] == "add"] {
    try {
      set_plain_queue(device, is_new);
      return CommandOutcome{};
    } catch (const std::exception& error) {
      return CommandOutcome{.status = 2, .words = std::string{"tc: "} + error.what()};
    }
  });
  return true;
}

// set_sysctls.py /proc/sys/NAME=VALUE...
bool PlainCommands::plan_set_sysctls(const Words& words) {
  constexpr std::string_view kProc = "/proc/sys/";
  constexpr std::string_view kNet = "/proc/sys/net/";
  if (access(words.front().c_str(), X_OK) != 0) return false;
  std::vector<Parameter> parameters;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (!words[i].starts_with(kNet) || equals == std::string::npos) return false;
    std::string name = words[i].substr(kProc.size(), equals - kProc.size());
    std::ranges::replace(name, '/', '.');
    parameters.emplace_back(std::move(name), words[i].substr(equals + 1));
  }
  actions_.emplace_back([this, parameters] { return set_and_remember(parameters); });
  return true;
}

// Leaves the script that restores them, too: a command that is not plain may name it.
CommandOutcome PlainCommands::set_and_remember(const std::vector<Parameter>& parameters) {
  const std::string path = "/tmp/sysctl_restore_" + std::to_string(getpid()) + ".sh";
  std::ofstream restoring{path};
  restoring << "#!/bin/sh\n";
  before_.clear();
  for (const auto& [name, value] : parameters) {
    const std::optional<std::string> now = read_sysctl(name);
    if (!now) return {.status = 1, .words = sysctl_path(name) + ": cannot be read"};
    before_.emplace_back(name, *now);
    restoring << "echo \"" << *now << "\" > " << sysctl_path(name) << "\n";
  }
  restoring.close();
  chmod(path.c_str(), S_IRWXU);
  static_cast<void>(set_parameters(parameters));  // it does not look at what becomes of them
  return {};
}

bool PlainCommands::plan_file(const std::string& path, int depth) {
  if (access(path.c_str(), X_OK) != 0) return false;
  const std::optional<std::string> text = text_of(path);
  return text && is_for_shell(*text) && plan(*text, depth + 1);
}

}  // namespace halfopen::drill
