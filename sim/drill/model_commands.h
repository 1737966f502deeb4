// The commands of a script, as far as they mean something to a model host. Nothing is run: what is not
// understood is told.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.h"
#include "sim/drill/model_files.h"
#include "sim/drill/script_host.h"
#include "sim/run/model_host.h"
#include "sim/tcp/host_counters.h"
#include "sim/tcp/route_metrics.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

// The text of a file; nullopt if it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

// A command of a line for sh, and when it is run: by how the one before has ended.
struct ShellCommand {
  enum class Runs : std::uint8_t { always, after_success, after_failure };  // ; && ||
  std::vector<std::string> words;  // of a pipe: all of them, with "|" between
  std::string output = {};         // a file into which it writes, if that is not /dev/null
  Runs runs = Runs::always;
  friend bool operator==(const ShellCommand&, const ShellCommand&) = default;
};

class ModelCommands {
 public:
  // `host` is up, and `remote` is whom the script plays. `host` and `files` outlive it. An empty `read_file`
  // reads none.
  ModelCommands(ModelHost& host, ModelFiles& files, const IpAddress& remote, ReadFile read_file)
      : host_{host}, files_{files}, remote_{remote}, read_file_{std::move(read_file)} {}

  // Does what a line for sh says; a message if its last command fails. Throws NotSupported (script_host.h)
  // for what the model makes nothing of.
  std::optional<std::string> run(TimePoint now, std::string_view line);

  // Names of parameters that were set without effect, each once.
  [[nodiscard]] const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  using Words = std::vector<std::string>;
  void run_text(std::string_view text, int depth);
  void run_simple(const Words& words, int depth);
  bool run_file_command(const Words& words);
  void ip(const Words& words);
  void tc(const Words& words);
  void echo_into(const Words& words, const std::string& path);
  bool grep_proc(const Words& words);
  void nstat(const std::vector<Words>& pipe);
  void drop_connections(const Words& words);
  void run_file(const std::string& path, int depth);
  void sysctl(const Words& words);
  void set_parameter(std::string_view path, std::string_view value);
  void set_parameters_of_proc(const Words& words);

  ModelHost& host_;
  ModelFiles& files_;
  IpAddress remote_;
  ReadFile read_file_;
  TimePoint now_;
  std::optional<std::string> failure_;  // of the last command
  bool has_otherwise_ = false;          // of the one that runs: the script provides for its failure
  HostCounters told_{};                 // by nstat, when it last ran
  std::vector<std::string> ignored_;
  std::optional<OsProfile> before_;  // set_sysctls.py: to be restored
};

// What FreeBSD's sockstat(1) tells of the host's connections, a line each, for its options: -4, -6, -P tcp,
// -s and -p PORT. nullopt for others.
[[nodiscard]] std::optional<std::vector<std::string>> sockstat_lines(ModelHost& host,
                                                                     const std::vector<std::string>& words);
// The state that a name of FreeBSD's stands for: "SYN_RCVD".
[[nodiscard]] std::optional<State> freebsd_state(std::string_view name);

// The last part of a path.
[[nodiscard]] std::string_view base_name(std::string_view path);
// The model makes nothing of such a command.
[[nodiscard]] NotSupported no_such(const std::vector<std::string>& words);

// What a route says: the words behind `ip route change`. nullopt where the model has not what is said;
// `concerns` becomes whether the route leads to `remote`.
[[nodiscard]] std::optional<RouteMetrics> route_metrics(std::span<const std::string> words,
                                                        const IpAddress& remote, bool& concerns);

// The commands of a pipe, which have "|" between them.
[[nodiscard]] std::vector<std::vector<std::string>> commands_of_pipe(const std::vector<std::string>& words);
// `grep [-c] [-q] WORD` over lines. False for another command.
bool grep(const std::vector<std::string>& words, std::vector<std::string>& lines);

// What /proc/net/tcp, or tcp6, tells of the host's listeners and connections: a line each, with as many
// columns as the model knows.
[[nodiscard]] std::vector<std::string> proc_net_tcp_lines(ModelHost& host, bool v6);

// A line of sh as its commands, without comments and redirections to /dev/null: quotes are taken off and
// $((numbers)) are worked out. nullopt for more of the shell than that.
[[nodiscard]] std::optional<std::vector<ShellCommand>> shell_commands(std::string_view text);
// 15*1024*1024; nullopt for anything but numbers, + - * / and parentheses.
[[nodiscard]] std::optional<std::int64_t> shell_arithmetic(std::string_view text);

}  // namespace halfopen::drill
