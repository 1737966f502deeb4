#include "sim/drill/model_commands.h"

#include <algorithm>
#include <utility>

#include "sim/drill/script_host.h"
#include "sim/os/kernel.h"
#include "sim/tcp/sysctl.h"

namespace halfopen::drill {
namespace {

constexpr int kDeepest = 8;  // scripts that name scripts

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// What a host without a device queue or a log need not do.
bool is_nothing(const std::vector<std::string>& words) {
  // A queue that only holds packets back for pacing, which the model's TCP does not ask for; a default one.
  if (words.front() == "tc" && words.size() > 2 && words[1] == "qdisc") {
    const bool keeps_all = has(words, "pfifo") || has(words, "fq") || has(words, "delete");
    return keeps_all && !has(words, "limit");
  }
  if (words.front() == "ethtool") return words.size() > 2 && words[1] == "-K";  // the device cuts nothing
  return words.front() == "true" || words.front() == ":" || words.front() == "set";
}

using Words = std::vector<std::string>;

// One `grep [-c] WORD` of a pipe. False for another command.
bool grep(const Words& words, Words& lines) {
  const bool counts = words.size() == 3 && words[1] == "-c";
  if (words.front() != "grep" || (!counts && words.size() != 2)) return false;
  const std::string& pattern = words.back();
  std::erase_if(lines, [&](const std::string& line) { return line.find(pattern) == std::string::npos; });
  if (counts) lines = {std::to_string(lines.size())};
  return true;
}

// sockstat ... | grep ... | grep -c ... | grep N: whether the last one finds a line. nullopt for anything
// else.
std::optional<bool> grep_sockstat(ModelHost& host, const Words& words) {
  std::vector<Words> pipe(1);
  for (const std::string& word : words) {
    if (word == "|") {
      pipe.emplace_back();
    } else {
      pipe.back().push_back(word);
    }
  }
  std::optional<Words> lines = sockstat_lines(host, pipe.front());
  if (!lines) return std::nullopt;
  for (std::size_t i = 1; i < pipe.size(); ++i)
    if (pipe[i].empty() || !grep(pipe[i], *lines)) return std::nullopt;
  return !lines->empty();
}

}  // namespace

std::optional<std::string> ModelCommands::run(TimePoint now, std::string_view line) {
  now_ = now;
  failure_.reset();
  run_text(line, 0);
  return failure_;
}

void ModelCommands::run_text(std::string_view text, int depth) {
  const auto commands = shell_commands(text);
  if (!commands) throw NotSupported{"the model makes nothing of `" + std::string{text.substr(0, 80)} + "`"};
  for (const Words& words : *commands) run_simple(words, depth);
}

void ModelCommands::run_simple(const Words& words, int depth) {
  const std::string_view name = base_name(words.front());
  if (is_nothing(words)) return;
  if (words.front() == "ip" && words.size() > 2 && words[1] == "tcp_metrics" && words[2] == "flush")
    return host_.kernel().stack().forget_servers();
  if (name == "sockstat") {
    const std::optional<bool> found = grep_sockstat(host_, words);
    if (!found) throw NotSupported{"the model makes nothing of `" + joined(words) + "`"};
    if (!*found) failure_ = "non-zero status 1";
    return;
  }
  if (name == "tcpdrop") return drop_connections(words);
  if (has(words, "|")) throw NotSupported{"the model makes nothing of `" + joined(words) + "`"};
  if (name == "sysctl") return sysctl(words);
  if (name == "set_sysctls.py") return set_parameters_of_proc(words);
  if (name == "sysctl_restore_${PPID}.sh") {
    if (before_) host_.profile() = *before_;
    return;
  }
  const bool is_script = words.size() == 1 && words.front().find('/') != std::string::npos;
  if (is_script && depth < kDeepest) return run_file(words.front(), depth + 1);
  throw NotSupported{"the model makes nothing of `" + joined(words) + "`"};
}

// tcpdrop -s STATE.
void ModelCommands::drop_connections(const Words& words) {
  const std::optional<State> state =
      words.size() == 3 && words[1] == "-s" ? freebsd_state(words[2]) : std::nullopt;
  if (!state) throw NotSupported{"the model makes nothing of `" + joined(words) + "`"};
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
    std::string name = words[i].substr(0, words[i].find('='));
    if (!name.starts_with(kProc) || name.size() == words[i].size())
      throw NotSupported{"the model makes nothing of `" + joined(words) + "`"};
    const std::string value = words[i].substr(name.size() + 1);
    name.erase(0, kProc.size());
    std::replace(name.begin(), name.end(), '/', '.');
    set_parameter(name, value);
  }
}

void ModelCommands::set_parameter(std::string_view name, std::string_view value) {
  const SysctlOutcome outcome = set_sysctl(host_.profile(), name, value);
  switch (outcome.what) {
    case SysctlOutcome::What::applied: return host_.kernel().stack().follow_parameters();
    case SysctlOutcome::What::no_effect:
      if (std::ranges::find(ignored_, name) == ignored_.end()) ignored_.emplace_back(name);
      return;
    case SysctlOutcome::What::bad_value:
      throw NotSupported{"the model takes for " + std::string{name} + " " + outcome.expected + ", not " +
                         std::string{value}};
    case SysctlOutcome::What::other_family:
    case SysctlOutcome::What::unknown: throw NotSupported{"the model has no parameter " + std::string{name}};
  }
}

}  // namespace halfopen::drill
