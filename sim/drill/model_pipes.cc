// Commands whose output is looked through: grep, and the counters of nstat(8).
#include <algorithm>
#include <array>
#include <string_view>

#include "sim/drill/model_commands.h"
#include "sim/drill/script_host.h"
#include "sim/os/kernel.h"

namespace halfopen::drill {
namespace {

struct Counter {
  std::string_view name;
  std::uint64_t HostCounters::*value;
};
constexpr auto kCounters = std::to_array<Counter>({
    {"TcpActiveOpens", &HostCounters::active_opens},
    {"TcpPassiveOpens", &HostCounters::passive_opens},
    {"TcpRetransSegs", &HostCounters::retransmitted},
    {"TcpExtOutOfWindowIcmps", &HostCounters::out_of_window_icmps},
    {"TcpExtTCPDeferAcceptDrop", &HostCounters::deferred_accepts},
});

}  // namespace

std::vector<std::vector<std::string>> commands_of_pipe(const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> pipe(1);
  for (const std::string& word : words) {
    if (word == "|") {
      pipe.emplace_back();
    } else {
      pipe.back().push_back(word);
    }
  }
  return pipe;
}

bool grep(const std::vector<std::string>& words, std::vector<std::string>& lines) {
  if (words.empty() || words.front() != "grep") return false;
  const bool has_option = words.size() == 3 && (words[1] == "-c" || words[1] == "-q");
  if (!has_option && words.size() != 2) return false;
  const std::string& pattern = words.back();
  std::erase_if(lines, [&](const std::string& line) { return line.find(pattern) == std::string::npos; });
  if (has_option && words[1] == "-c") lines = {std::to_string(lines.size())};
  return true;
}

// nstat [-n] | grep COUNTER...: it tells what has grown since it was last run.
void ModelCommands::nstat(const std::vector<Words>& pipe) {
  const bool is_silent = pipe.front().size() == 2 && pipe.front()[1] == "-n";
  if (pipe.front().size() != 1 && !is_silent) throw NotSupported{"the model has no nstat " + pipe.front()[1]};
  const HostCounters& now = host_.kernel().stack().counters();
  Words lines;
  for (const auto& [name, value] : kCounters)
    if (now.*value != told_.*value && !is_silent)
      lines.push_back(std::string{name} + " " + std::to_string(now.*value - told_.*value) + " 0.0");
  told_ = now;
  for (std::size_t i = 1; i < pipe.size(); ++i) {
    const std::string counter = pipe[i].empty() ? "" : pipe[i].back();
    const bool is_known = std::ranges::find(kCounters, counter, &Counter::name) != kCounters.end();
    if (!is_known) throw NotSupported{"the model does not count " + counter};
    if (!grep(pipe[i], lines)) throw NotSupported{"the model has no " + pipe[i].front() + " of nstat's"};
  }
  if (pipe.size() > 1 && lines.empty()) failure_ = "non-zero status 1";
}

// grep [-q] WORD /proc/net/tcp /proc/net/tcp6 | grep ... False for other files.
bool ModelCommands::grep_proc(const Words& words) {
  std::vector<Words> pipe = commands_of_pipe(words);
  Words& first = pipe.front();
  Words lines;
  bool has_files = false;
  while (first.size() > 2 && first.back().starts_with("/proc/net/tcp")) {
    const bool is_v6 = first.back() == "/proc/net/tcp6";
    if (!is_v6 && first.back() != "/proc/net/tcp") return false;
    for (std::string& line : proc_net_tcp_lines(host_, is_v6)) lines.push_back(std::move(line));
    first.pop_back();
    has_files = true;
  }
  if (!has_files) return false;
  for (const Words& command : pipe)
    if (!grep(command, lines)) return false;
  if (lines.empty()) failure_ = "non-zero status 1";
  return true;
}

}  // namespace halfopen::drill
