#include "sim/drill/model_commands.h"

#include <algorithm>
#include <utility>

#include "sim/drill/script_host.h"
#include "sim/os/kernel.h"
#include "sim/tcp/sysctl.h"

namespace halfopen::drill {
namespace {

constexpr int kDeepest = 8;  // scripts that name scripts

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// What a host without a device and a log need not do.
bool is_nothing(const std::vector<std::string>& words) {
  if (words.front() == "ethtool") return words.size() > 2 && words[1] == "-K";  // the device cuts nothing
  return words.front() == "true" || words.front() == ":" || words.front() == "set";
}

using Words = std::vector<std::string>;

// sockstat ... | grep ... | grep -c ... | grep N: whether the last one finds a line. nullopt for anything
// else.
std::optional<bool> grep_sockstat(ModelHost& host, const Words& words) {
  const std::vector<Words> pipe = commands_of_pipe(words);
  std::optional<Words> lines = sockstat_lines(host, pipe.front());
  if (!lines) return std::nullopt;
  for (std::size_t i = 1; i < pipe.size(); ++i)
    if (!grep(pipe[i], *lines)) return std::nullopt;
  return !lines->empty();
}

// What of a text is not understood: the first line that is not, where lines stand for themselves.
std::string_view culprit(std::string_view text) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!shell_commands(line)) return line;
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return text;
}

}  // namespace

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

NotSupported no_such(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return NotSupported{"the model makes nothing of `" + line + "`"};
}

std::optional<std::string> ModelCommands::run(TimePoint now, std::string_view line) {
  now_ = now;
  failure_.reset();
  run_text(line, 0);
  return failure_;
}

void ModelCommands::run_text(std::string_view text, int depth) {
  using Runs = ShellCommand::Runs;
  const auto commands = shell_commands(text);
  if (!commands)
    throw NotSupported{"the model makes nothing of `" + std::string{culprit(text).substr(0, 80)} + "`"};
  for (std::size_t i = 0; i < commands->size(); ++i) {
    const auto& [words, output, runs] = (*commands)[i];
    if (runs == (failure_ ? Runs::after_success : Runs::after_failure)) continue;
    failure_.reset();
    has_otherwise_ = i + 1 < commands->size() && (*commands)[i + 1].runs == Runs::after_failure;
    output.empty() ? run_simple(words, depth) : echo_into(words, output);
  }
}

// echo VALUE > /proc/sys/net/ipv4/NAME, or a parameter of a module.
void ModelCommands::echo_into(const Words& words, const std::string& path) {
  constexpr std::string_view kProc = "/proc/sys/";
  // Both ways to find that the queue grows (net/ipv4/tcp_cubic.c hystart_detect): the model's HyStart has
  // them.
  const bool is_usual = path == "/sys/module/tcp_cubic/parameters/hystart_detect" && words.back() == "3";
  const bool is_parameter = path.starts_with(kProc);
  if (words.front() != "echo" || words.size() < 2 || (!is_usual && !is_parameter)) {
    Words all = words;
    all.insert(all.end(), {">", path});
    throw no_such(all);
  }
  if (is_usual) return;
  std::string value;
  for (const std::string& word : std::span{words}.subspan(1)) value += (value.empty() ? "" : " ") + word;
  set_parameter(std::string_view{path}.substr(kProc.size()), value);
}

void ModelCommands::run_simple(const Words& words, int depth) {
  const std::string_view name = base_name(words.front());
  if (is_nothing(words)) return;
  if (name == "false") {
    failure_ = "non-zero status 1";
    return;
  }
  if (name == "sockstat") {
    const std::optional<bool> found = grep_sockstat(host_, words);
    if (!found) throw no_such(words);
    if (!*found) failure_ = "non-zero status 1";
    return;
  }
  if (name == "nstat") return nstat(commands_of_pipe(words));
  if (name == "grep" && grep_proc(words)) return;
  if (has(words, "|")) throw no_such(words);
  if (name == "ip") return ip(words);
  if (name == "tc") return tc(words);
  if (name == "tcpdrop") return drop_connections(words);
  if (name == "sysctl") return sysctl(words);
  if (name == "set_sysctls.py") return set_parameters_of_proc(words);
  if (name == "sysctl_restore_${PPID}.sh") {
    if (before_) host_.profile() = *before_;
    return;
  }
  if (run_file_command(words)) return;
  const bool is_script = words.size() == 1 && words.front().find('/') != std::string::npos;
  if (is_script && depth < kDeepest) return run_file(words.front(), depth + 1);
  throw no_such(words);
}

// tc qdisc: a queue that takes nothing, or one that takes all. fq only holds packets back for pacing, which
// the model's TCP does not ask for.
void ModelCommands::tc(const Words& words) {
  const bool takes_all = has(words, "pfifo") || has(words, "fq") || has(words, "delete") || has(words, "del");
  if (words.size() < 3 || words[1] != "qdisc" || !takes_all) throw no_such(words);
  const auto limit = std::ranges::find(words, "limit");
  const bool has_limit = limit != words.end();
  if (has_limit && (limit + 1 == words.end() || *(limit + 1) != "0")) throw no_such(words);
  // A queue of the same kind keeps its limit unless it is given another.
  const bool keeps = !has_limit && has(words, "pfifo") && (words[2] == "replace" || words[2] == "change");
  if (!keeps) host_.kernel().stack().set_device_full(has_limit);
}

// tcpdrop -s STATE.
void ModelCommands::drop_connections(const Words& words) {
  const std::optional<State> state =
      words.size() == 3 && words[1] == "-s" ? freebsd_state(words[2]) : std::nullopt;
  if (!state) throw no_such(words);
  TcpStack& stack = host_.kernel().stack();
  std::vector<FourTuple> found;
  stack.each_connection([&](const Connection& connection) {
    if (connection.endpoint().state() == *state) found.push_back(connection.endpoint().addresses());
  });
  for (const FourTuple& tuple : found)
    if (Connection* connection = stack.find(tuple))
      stack.input(now_, *connection, [this](Endpoint& endpoint) { endpoint.abort(now_); });
}

void ModelCommands::run_file(const std::string& path, int depth) {
  const std::optional<std::string> text = read_file_ ? read_file_(path) : std::nullopt;
  if (!text) throw NotSupported{"the script " + path + " cannot be read"};
  run_text(*text, depth);
}

// sysctl [-q] [-w] NAME=VALUE...
void ModelCommands::sysctl(const Words& words) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word.starts_with('-')) continue;
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;  // asks, and nobody reads the answer
    set_parameter(std::string_view{word}.substr(0, equals), std::string_view{word}.substr(equals + 1));
  }
}

// set_sysctls.py /proc/sys/net/ipv4/NAME=VALUE..., which remembers what was there.
void ModelCommands::set_parameters_of_proc(const Words& words) {
  constexpr std::string_view kProc = "/proc/sys/";
  before_ = host_.profile();
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string name = words[i].substr(0, words[i].find('='));
    if (!name.starts_with(kProc) || name.size() == words[i].size()) throw no_such(words);
    set_parameter(std::string_view{name}.substr(kProc.size()), words[i].substr(name.size() + 1));
  }
}

// `path`: net.ipv4.tcp_sack or net/ipv4/tcp_sack.
void ModelCommands::set_parameter(std::string_view path, std::string_view value) {
  std::string name{path};
  if (name.find('/') < name.find('.')) std::replace(name.begin(), name.end(), '/', '.');
  const SysctlOutcome outcome = set_sysctl(host_.profile(), name, value);
  switch (outcome.what) {
    case SysctlOutcome::What::applied: return host_.kernel().stack().follow_parameters();
    case SysctlOutcome::What::no_effect:
      if (std::ranges::find(ignored_, name) == ignored_.end()) ignored_.emplace_back(name);
      return;
    case SysctlOutcome::What::bad_value:
      throw NotSupported{"the model takes for " + name + " " + outcome.expected + ", not " +
                         std::string{value}};
    case SysctlOutcome::What::other_family:
    case SysctlOutcome::What::unknown:
      // No host of the model has it, so that there the command fails, as the script has foreseen.
      if (has_otherwise_) {
        failure_ = "non-zero status 255";
        return;
      }
      throw NotSupported{"the model has no parameter " + name};
  }
}

}  // namespace halfopen::drill
