// The commands of a script, as far as they mean something to a model host. Nothing is run: what is not
// understood is told.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.h"
#include "sim/run/model_host.h"

namespace halfopen::drill {

// The text of a file; nullopt if it cannot be read.
using ReadFile = std::function<std::optional<std::string>(const std::string& path)>;

class ModelCommands {
 public:
  // `host` is up and outlives it. An empty `read_file` reads none.
  ModelCommands(ModelHost& host, ReadFile read_file) : host_{host}, read_file_{std::move(read_file)} {}

  // Does what a line for sh says; a message if that fails. Throws NotSupported (script_host.h) for what the
  // model makes nothing of.
  std::optional<std::string> run(TimePoint now, std::string_view line);

  // Names of parameters that were set without effect, each once.
  [[nodiscard]] const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  using Words = std::vector<std::string>;
  void run_text(std::string_view text, int depth);
  void run_simple(const Words& words, int depth);
  void drop_connections(const Words& words);
  void run_file(const std::string& path, int depth);
  void sysctl(const Words& words);
  void set_parameter(std::string_view name, std::string_view value);
  void set_parameters_of_proc(const Words& words);

  ModelHost& host_;
  ReadFile read_file_;
  TimePoint now_;
  std::optional<std::string> failure_;  // of the line that runs
  std::vector<std::string> ignored_;
  std::optional<OsProfile> before_;  // set_sysctls.py: to be restored
};

// What FreeBSD's sockstat(1) tells of the host's connections, a line each, for its options: -4, -6, -P tcp,
// -s and -p PORT. nullopt for others.
[[nodiscard]] std::optional<std::vector<std::string>> sockstat_lines(ModelHost& host,
                                                                     const std::vector<std::string>& words);
// The state that a name of FreeBSD's stands for: "SYN_RCVD".
[[nodiscard]] std::optional<State> freebsd_state(std::string_view name);

// A line of sh as simple commands, each as words, without comments and redirections to /dev/null: quotes are
// taken off and $((numbers)) are worked out. nullopt for more of the shell than that.
[[nodiscard]] std::optional<std::vector<std::vector<std::string>>> shell_commands(std::string_view text);
// 15*1024*1024; nullopt for anything but numbers, + - * / and parentheses.
[[nodiscard]] std::optional<std::int64_t> shell_arithmetic(std::string_view text);

}  // namespace halfopen::drill
