// What a scenario does to its hosts and path, and when, as data: [[timeline]].
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/base/time.h"
#include "sim/os/host.h"
#include "sim/scenario/path_config.h"
#include "sim/scenario/trigger.h"

namespace halfopen {

enum class Verb : std::uint8_t {
  types,
  closes_input,
  process_killed,
  process_frozen,
  process_thaws,
  host_crashes,
  host_reboots,
  host_shuts_down,
  path_cut,
  path_restored,
  path_drops,
  path_delays,
  router_answers,
};

// `at = "start"`: at time zero, when the server listens and the client's program has not been started.
inline constexpr TimePoint kAtStart = TimePoint::min();

struct TimelineEvent {
  Verb verb = Verb::types;
  std::string text_of_verb;      // the scenario's words: "server host crashes"
  HostId host = HostId::client;  // of the verbs that have one

  std::optional<Trigger> after;  // else the event stands at `at`
  TimePoint at{};
  Duration delay{};  // after the trigger

  std::string text;                       // types; ends in a newline
  std::uint32_t times = 1;                // types: this often, at once
  int signal = 9;                         // process_killed
  Victim who = Victim::child;             // killed, frozen, thaws
  std::optional<Duration> reboot_after;   // host_reboots: crash now, up again this much later
  Duration grace = 5s;                    // host_shuts_down
  Duration dark = 1s;                     // host_shuts_down: after the last SIGKILL; Duration::max() is never
  Direction direction = Direction::both;  // path_cut, path_restored
  PacketRule rule;                        // path_drops, path_delays
  std::optional<AnswerRule> answer;       // router_answers; nullopt: no longer
};

}  // namespace halfopen
