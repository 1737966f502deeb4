// A scenario: two hosts, a path, a timeline and expectations, from TOML text and overrides, or built in code.
// docs/scenario.md is the reference of the format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/apps/program.h"
#include "sim/base/input_error.h"
#include "sim/base/time.h"
#include "sim/scenario/expectation.h"
#include "sim/scenario/path_config.h"
#include "sim/scenario/timeline_event.h"
#include "sim/tcp/profile.h"
#include "sim/wire/address.h"

namespace halfopen {

// One side. A default one runs no program on the default profile.
struct HostScenario {
  HostScenario();

  OsProfile profile;         // the row, with hz, truesize and sysctls already applied
  std::string profile_name;  // the row's own name: "linux-6.18"
  IpAddress address;
  Duration timer_phase{};
  std::uint16_t mtu = 1500;  // of the device
  ProgramConfig program;
  ProgramStarts starts;
  std::vector<std::pair<std::string, std::string>> sysctls;  // as written, for a kernel host
};

struct Scenario {
  Scenario();  // IPv4, the standard addresses, port 9998, no program, an empty timeline

  std::string title;
  std::string story;
  int ip_version = 4;                 // or 6
  TimePoint until = kTimeZero + 24h;  // the run ends here at the latest
  std::uint64_t seed = 1;
  std::uint64_t salt =
      0;  // of the model hosts' ports and sequence numbers, from the file's title: merged captures stay apart
  bool sooner = true;  // "what would have told it sooner" is a meaningful question here
  PathConfig path;
  HostScenario client;
  HostScenario server;
  std::vector<TimelineEvent> timeline;
  std::vector<Expectation> expect;
  bool has_quick = false;            // the file has a [quick] section
  std::vector<std::string> remarks;  // skipped sysctls and the like; a run notes them at its start

  // What `when` asks about, for two model hosts.
  [[nodiscard]] RunFacts facts() const;
  bool quick = false;  // [quick] was applied
};

// Switches to IPv4 or IPv6 with the standard addresses of client, server and router.
void set_ip_version(Scenario& scenario, int version);

struct ScenarioOptions {
  std::vector<std::string> overrides;  // "path.delay=100ms": list items count from 1, "timeline.2.at=5s"
  bool quick = false;                  // apply [quick] before them
};

// Every key of the file, its path, its router and its hosts that an override may name, hosts' sysctls and
// socket options included; not those of the lists timeline and expect. In the order of docs/scenario.md.
[[nodiscard]] std::vector<std::string> override_keys();

inline constexpr std::size_t kMaxScenarioBytes = std::size_t{1} << 20;

// Reads a scenario; `name` stands for the file in messages. Throws InputError, and nothing else.
[[nodiscard]] Scenario parse_scenario(std::string_view toml, const std::string& name,
                                      const ScenarioOptions& options = {});

}  // namespace halfopen
