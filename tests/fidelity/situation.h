// What happened to two real hosts: a line of linux.txt or 4.4bsd.txt, the log that was kept of it, and the
// scenario that says the same to the model. README.md explains the words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.h"

namespace halfopen::fidelity {

struct Situation {
  std::string name;
  std::map<std::string, std::string, std::less<>> facts;

  [[nodiscard]] std::optional<std::string> find(std::string_view fact) const;
};

// Throws std::runtime_error where a line has no name or a word no value.
[[nodiscard]] std::vector<Situation> read_situations(const std::filesystem::path& file);

// A system call of the client's program on its socket.
struct Call {
  TimePoint at;  // when it returned
  std::string name;
  std::int64_t result = 0;  // -1 on error
  std::string error;        // "ETIMEDOUT"; empty for none
  friend bool operator==(const Call& a, const Call& b) {
    return a.name == b.name && a.result == b.result && a.error == b.error;
  }
};

struct Log {
  std::vector<Call> calls;
  TimePoint end;     // of the record
  Duration phase{};  // from jiffy 0 to time zero, where the log has it
};

[[nodiscard]] Log read_log(const std::filesystem::path& file);

// A kernel of which there are traces, and the row of the model that plays it.
struct Stack {
  std::string suffix;      // of the files: "k61"; empty: none
  std::string name;        // "Linux 6.1"
  std::string profile;     // "linux-6.1"
  std::string rmem, wmem;  // tcp_rmem, tcp_wmem as that kernel had them; empty: its own
  Duration wire{};         // what the wire added to rtt_ms
  std::string
      rate{};  // of the wire, as a scenario has it: its packets come one after the other; empty: at once
  std::string wakeup_preemption{};  // a scenario's word; empty: its default
};

// The scenario as TOML. `log` gives the lengths of typed lines and the clock's phase. nullopt where the model
// has no words for a fact; `missing` then names it.
[[nodiscard]] std::optional<std::string> scenario_text(const Situation& situation, const Log& log,
                                                       const Stack& stack, std::string& missing);

}  // namespace halfopen::fidelity
