#include "cli/run/run_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "cli/run/own_programs.h"
#include "cli/tell/exit_code.h"
#include "replay/run/kernel_run.h"
#include "sim/base/plain_text.h"
#include "sim/run/world.h"

namespace halfopen {
namespace {

using namespace std::chrono_literals;

// A kernel is no profile: what the scenario says of one does not apply to it, and `when` sees Linux.
NamedScenario scenario_for(const RunSpec& spec) {
  std::vector<std::string> overrides = spec.sets;
  if (spec.hosts.client_is_kernel) overrides.emplace_back("client.profile=linux");
  if (spec.hosts.server_is_kernel) overrides.emplace_back("server.profile=linux");
  NamedScenario named = find_scenario(spec.scenario, overrides, spec.quick);
  std::erase_if(named.scenario.remarks, [&](const std::string& text) {
    const bool of_kernel = (spec.hosts.client_is_kernel && text.starts_with("client.")) ||
                           (spec.hosts.server_is_kernel && text.starts_with("server."));
    return of_kernel && text.ends_with("it is not modelled");
  });
  // A title speaks of the scenario as it stands in its file.
  std::vector<std::string> changes = spec.sets;
  if (spec.quick) changes.insert(changes.begin(), "quick");
  if (!changes.empty()) named.scenario.title += plain_line(fmt::format(" ({})", fmt::join(changes, ", ")));
  return named;
}

// A kernel host runs its program once, and has one address; its peer's is the one it has a route to.
void refuse_crowds(const ProgramStarts& starts, const Pairing& hosts) {
  if (hosts.client_is_kernel && starts.count > 1) {
    throw Trouble{"client.connections needs a client of the model: halfopen sim"};
  }
  if (!hosts.is_simulated() && starts.addresses) {
    throw Trouble{"client.addresses needs hosts of the model: halfopen sim"};
  }
}

RunFacts facts_of(const Scenario& scenario, const Pairing& hosts) {
  RunFacts facts = scenario.facts();
  if (hosts.is_simulated()) return facts;
  const std::string profile = "linux-" + kernel_release();
  if (hosts.client_is_kernel) {
    facts.client_kind = "kernel";
    facts.client_profile = profile;
  }
  if (hosts.server_is_kernel) {
    facts.server_kind = "kernel";
    facts.server_profile = profile;
  }
  return facts;
}

RunInfo info_of(const Scenario& scenario, const RunSpec& spec, const RunFacts& facts) {
  RunInfo info = run_info_of(scenario, facts, HALFOPEN_VERSION);
  info.seed = spec.seed.value_or(scenario.seed);
  info.tap = spec.tap;
  info.virtual_time = !spec.hosts.is_simulated() && is_in_guest();
  if (!spec.command.empty()) info.hosts[0].program = spec.command.front();
  if (!spec.server_command.empty()) info.hosts[1].program = spec.server_command;
  return info;
}

// How far a guest's runs are moved against the grid on which they start; nothing outside of a guest.
std::optional<std::chrono::milliseconds> guest_phase() {
  const char* text = std::getenv("HALFOPEN_PHASE_MS");
  if (text == nullptr) return std::nullopt;
  return std::chrono::milliseconds{std::strtoull(text, nullptr, 10)};
}

KernelRunOptions kernel_options(const RunSpec& spec, const Observers& observers, const RunHooks& hooks) {
  KernelRunOptions options{.kernel = {spec.hosts.client_is_kernel, spec.hosts.server_is_kernel},
                           .client_command = spec.command,
                           .server_command = {},
                           .programs = own_programs(),
                           .trace = spec.trace,
                           // A guest has nobody but root, and nothing that is worth guarding.
                           .as_root = spec.as_root || is_in_guest(),
                           .until_client_exits = spec.until_client_exits,
                           .seed = spec.seed,
                           .tap = spec.tap,
                           .observers = observers,
                           .phase = guest_phase(),
                           .output = hooks.output,
                           .on_wait = hooks.on_wait};
  if (!spec.server_command.empty()) options.server_command = {"/bin/sh", "-c", spec.server_command};
  return options;
}

// A kernel that has just booted is slow where it comes for the first time, and what it patches and draws then
// would be in the first round trip, which sets every timeout. So the scenario's programs meet once before it.
void warm_up(Scenario scenario, KernelRunOptions options) {
  TimelineEvent line;
  line.verb = Verb::types;
  line.text_of_verb = "client types";
  line.at = kTimeZero + 50ms;
  line.text = "hello\n";
  scenario.timeline = {line};
  scenario.until = kTimeZero + 100ms;
  scenario.path.to_server = scenario.path.to_client = LinkConfig{};
  options.client_command.clear();
  options.server_command.clear();
  options.observers.clear();
  options.phase.reset();
  options.output = {};
  options.on_wait = {};
  KernelRun{scenario, options}.run();
}

}  // namespace

bool is_in_guest() { return std::getenv("HALFOPEN_VIRTUAL_TIME") != nullptr; }

PreparedRun prepare_run(const RunSpec& spec) {
  PreparedRun run{.spec = spec, .named = scenario_for(spec), .facts = {}, .info = {}};
  refuse_crowds(run.named.scenario.client.starts, spec.hosts);
  run.facts = facts_of(run.named.scenario, spec.hosts);
  // A scenario of the user's own may be about these very programs.
  if (run.named.is_shipped && !spec.command.empty()) run.facts.client_stand_in = spec.command.front();
  if (run.named.is_shipped) run.facts.server_stand_in = spec.server_command;
  run.info = info_of(run.named.scenario, spec, run.facts);
  return run;
}

RunEnd run_scenario(const PreparedRun& run, const Observers& observers, const RunHooks& hooks) {
  const Scenario& scenario = run.named.scenario;
  if (run.spec.hosts.is_simulated()) {
    World world{scenario, {.seed = run.spec.seed, .tap = run.spec.tap, .observers = observers}};
    const TimePoint end = world.run();
    return {.at = end, .for_ever = world.is_quiet()};
  }
  RaceWatch race_watch{scenario, run.spec.command.empty() && run.spec.server_command.empty()};
  Observers all = observers;
  all.push_back(&race_watch);
  const KernelRunOptions options = kernel_options(run.spec, all, hooks);
  if (options.phase) warm_up(scenario, options);
  KernelRun kernel{scenario, options};
  const KernelRun::End end = kernel.run();
  RunEnd result{.at = end.at, .for_ever = end.for_ever};
  // In a guest all that is late is late in every run: its own time stands still meanwhile.
  if (!run.info.virtual_time) result.lateness = kernel.lateness();
  result.races = race_watch.finish(end.at);
  for (const HostId id : {HostId::client, HostId::server}) {
    const KernelHost* host = kernel.kernel(id);
    if (host == nullptr) continue;
    for (const std::string& sysctl : host->sysctls()) {
      result.sysctls.push_back(std::string{to_string(id)} + '.' + sysctl);
    }
  }
  return result;
}

}  // namespace halfopen
