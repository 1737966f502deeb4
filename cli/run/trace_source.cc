#include "cli/run/trace_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "cli/tell/exit_code.h"
#include "cli/tell/status_line.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

struct Kind {
  std::string_view prefix;
  Pairing hosts;
};
constexpr std::array<Kind, 3> kKinds{{{"sim:", {.client_is_kernel = false, .server_is_kernel = false}},
                                      {"replay:", {.client_is_kernel = true, .server_is_kernel = false}},
                                      {"live:", {.client_is_kernel = true, .server_is_kernel = true}}}};

// A run in real time may take minutes: one line on a terminal says so.
TracedRun run(const std::string& name, const RunSpec& spec) {
  RunHooks hooks;
  const bool tells = is_status_wanted() && !spec.hosts.is_simulated();
  if (tells) {
    hooks.on_wait = [&name](TimePoint now) {
      show_status(fmt::format("{}: {:.0f} s", name, static_cast<double>(nanos(now)) / 1e9));
    };
  }
  TracedRun traced = run_to_capture(spec, hooks);
  clear_status();
  return traced;
}

}  // namespace

bool is_run(std::string_view name) {
  return std::ranges::any_of(kKinds, [&](const Kind& kind) { return name.starts_with(kind.prefix); });
}

TraceSource::TraceSource(const std::string& name, const SourceOptions& options) : name_{name} {
  for (const Kind& kind : kKinds) {
    if (!name.starts_with(kind.prefix)) continue;
    RunSpec spec;
    spec.scenario = name.substr(kind.prefix.size());
    spec.sets = options.sets;
    spec.quick = options.quick;
    spec.seed = options.seed;
    spec.hosts = kind.hosts;
    run_ = halfopen::run(name, spec);
    return;
  }
  const bool wants_run = options.quick || options.seed || !options.sets.empty();
  if (wants_run) {
    throw Trouble{
        fmt::format("{} is a capture: --set, --quick and --seed are for a scenario that is run here "
                    "(sim:NAME, replay:NAME, live:NAME)",
                    name)};
  }
}

}  // namespace halfopen
