// What the programs were told, in one trace and the other: system calls with results and errno, how processes
// ended, and the states that connections were left in.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/compare/pair.h"
#include "capture/compare/report.h"
#include "sim/trace/observe.h"

namespace halfopen::compare {

class Outcomes {
 public:
  explicit Outcomes(const Terms& terms) : terms_{terms} {}

  // A note of trace 0 or 1, in the order of its trace.
  void add(std::size_t side, const Note& note);
  // Both traces are over. Empty also where a trace has no notes of the kind: see has_calls().
  [[nodiscard]] std::vector<OutcomeDifference> finish();
  [[nodiscard]] bool has_calls(std::size_t side) const { return has_calls_[side]; }

 private:
  // A call that returned, or the end of the process.
  struct Event {
    std::string what;    // "read", "exits"
    std::string result;  // "-1 ETIMEDOUT", "15", "status 1"; descriptors are no result
    TimePoint at;
    std::optional<TimePoint> before;  // the process's event before it
  };
  // Processes pair by host and order of appearance.
  struct Process {
    std::string name;
    std::array<std::deque<Event>, 2> events;
    std::array<std::optional<TimePoint>, 2> last;
  };
  using HostProcess = std::pair<HostId, std::size_t>;
  struct OpenState {
    std::size_t ordinal = 0;
    State state = State::closed;
  };

  void add_event(std::size_t side, HostId host, std::uint32_t pid, const std::string& program, Event event);
  Process& process_of(std::size_t side, HostId host, std::uint32_t pid, const std::string& program);
  void add_state(std::size_t side, const StateNote& note);
  void align(HostProcess id, Process& process, bool is_over);
  void compare_events(HostProcess id, const Process& process, const Event& a, const Event& b);
  void lone(HostProcess id, const Process& process, const Event& event, bool in_a);
  void compare_states();
  [[nodiscard]] static std::string subject(HostProcess id, const Process& process, const Event& event);

  const Terms& terms_;
  std::map<HostProcess, Process> processes_;
  std::array<std::map<std::pair<HostId, std::uint32_t>, std::size_t>, 2> ordinals_;  // by pid
  std::array<std::map<HostId, std::size_t>, 2> process_counts_;
  std::array<std::map<std::string, OpenState>, 2> open_;  // by host and connection
  std::array<std::map<HostId, std::size_t>, 2> connection_counts_;
  std::array<bool, 2> has_calls_{};
  std::array<bool, 2> has_states_{};
  std::vector<OutcomeDifference> differences_;
};

}  // namespace halfopen::compare
