// halfopen replay, live and run: a scenario with a real kernel at one end or both.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/progress.h"
#include "cli/repeated.h"
#include "cli/telling.h"
#include "replay/kernel_run.h"

namespace halfopen {
namespace {

// A kernel is no profile: what the scenario says of one does not apply to it, and `when` sees Linux.
NamedScenario scenario_for(const RunOptions& options) {
  std::vector<std::string> overrides = options.sets;
  if (options.client_is_kernel) overrides.emplace_back("client.profile=linux");
  if (options.server_is_kernel) overrides.emplace_back("server.profile=linux");
  NamedScenario named = find_scenario(options.scenario, overrides, options.quick);
  std::erase_if(named.scenario.remarks, [&](const std::string& text) {
    const bool of_kernel = (options.client_is_kernel && text.starts_with("client.")) ||
                           (options.server_is_kernel && text.starts_with("server."));
    return of_kernel && text.ends_with("the model does not depend on it");
  });
  return named;
}

RunFacts facts_of(const Scenario& scenario, const RunOptions& options) {
  RunFacts facts = scenario.facts();
  const std::string profile = "linux-" + kernel_release();
  if (options.client_is_kernel) {
    facts.client_kind = "kernel";
    facts.client_profile = profile;
  }
  if (options.server_is_kernel) {
    facts.server_kind = "kernel";
    facts.server_profile = profile;
  }
  return facts;
}

RunInfo info_of(const Scenario& scenario, const RunOptions& options, const RunFacts& facts) {
  RunInfo info = describe_run(scenario, options);
  for (HostInfo& host : info.hosts) {
    if (host.id == HostId::router) continue;
    const bool client = host.id == HostId::client;
    host.kind = client ? facts.client_kind : facts.server_kind;
    host.profile = client ? facts.client_profile : facts.server_profile;
    if (client && !options.command.empty()) host.program = options.command.front();
    if (!client && !options.server_command.empty()) host.program = options.server_command;
  }
  return info;
}

std::string directory_of_programs() {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) throw Trouble{"cannot find the programs beside halfopen: " + error.message()};
  return own.parent_path().string();
}

// The user's program speaks for itself, beside the ladder.
void pass_on(std::string_view bytes, bool error_output) {
  std::FILE* stream = error_output ? stderr : stdout;
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
  std::fflush(stream);
}

int run_once(const RunOptions& options, Repeated& repeated) {
  const NamedScenario named = scenario_for(options);
  const RunFacts facts = facts_of(named.scenario, options);
  Telling telling{named, options, info_of(named.scenario, options, facts), facts};
  Progress progress{named.scenario};
  telling.trace().subscribe(progress);
  if (options.repeat > 1) telling.trace().subscribe(repeated);
  telling.print_head();
  KernelRunOptions kernel{.kernel = {options.client_is_kernel, options.server_is_kernel},
                          .client_command = options.command,
                          .server_command = {},
                          .programs = directory_of_programs(),
                          .trace = options.trace,
                          .seed = options.seed,
                          .tap = options.tap,
                          .observer = &telling.trace(),
                          .output = {},
                          .on_wait = {}};
  if (!options.server_command.empty()) kernel.server_command = {"/bin/sh", "-c", options.server_command};
  if (!options.command.empty() && !takes_standard_output(options)) kernel.output = pass_on;
  kernel.on_wait = [&](TimePoint now) {
    telling.flush();
    if (Progress::is_wanted()) progress.show(now);
  };
  KernelRun run{named.scenario, kernel};
  const KernelRun::End end = run.run();
  progress.clear();
  repeated.end_run();
  return telling.finish(end.at, end.for_ever);
}

}  // namespace

int run_kernel(const RunOptions& options) {
  std::setvbuf(stdout, nullptr, _IOLBF,
               0);  // whoever follows a run in real time sees each line when it happens
  Repeated repeated;
  int worst = kExitYes;
  for (std::uint32_t i = 0; i < options.repeat; ++i) worst = std::max(worst, run_once(options, repeated));
  if (options.repeat > 1) {
    Prose out{takes_standard_output(options) ? stderr : stdout};
    for (const std::string& line : repeated.summary()) out.line(line);
    out.flush();
  }
  return worst;
}

}  // namespace halfopen
