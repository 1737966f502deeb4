// A scenario run on any pairing of hosts, silently: what every command that runs one stands on.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/note/run_info.h"
#include "cli/line/options.h"
#include "cli/run/find_scenario.h"
#include "cli/run/race_watch.h"
#include "replay/run/lateness.h"
#include "sim/base/time.h"
#include "sim/scenario/expectation.h"
#include "sim/trace/observe.h"

namespace halfopen {

// In a guest of `halfopen vm`, whose init says so in the environment: kernels keep virtual time there.
[[nodiscard]] bool is_in_guest();

// A run before its first packet.
struct PreparedRun {
  RunSpec spec;
  NamedScenario named;
  RunFacts facts;  // what `when` asks about, and in whose place the user's programs run
  RunInfo info;    // what a capture says of it
};

// Finds and reads the scenario. On a kernel host its profile does not apply: that is `linux`, by the kernel's
// release. Throws as find_scenario() does, and Trouble for many connections of a kernel host.
[[nodiscard]] PreparedRun prepare_run(const RunSpec& spec);

// What happens beside a run on kernel hosts; each may be empty.
struct RunHooks {
  // What the client's program writes, as it comes.
  std::function<void(std::string_view bytes, bool error_output)> output = {};
  // Called about once a second.
  std::function<void(TimePoint now)> on_wait = {};
};

struct RunEnd {
  TimePoint at;
  bool for_ever = false;   // nothing could happen any more; else the scenario's end cut it short
  Lateness lateness = {};  // of a run in real time
  Races races = {};        // likewise
  // What was set on kernel hosts, as the kernel had it: "client.tcp_retries2=5".
  std::vector<std::string> sysctls = {};
};

// Runs it, in virtual time if both hosts are models, else in real time. `observers` hear everything. Throws
// Cannot where this machine does not allow it, std::runtime_error where a program or a sysctl is wrong.
RunEnd run_scenario(const PreparedRun& run, const Observers& observers, const RunHooks& hooks = {});

}  // namespace halfopen
