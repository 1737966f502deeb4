// What a comparison found, as plain values: text for people, the same facts for programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/compare/fields.h"
#include "capture/compare/timing.h"
#include "sim/base/time.h"

namespace halfopen::compare {

enum class What : std::uint8_t {
  equal,  // context of a difference
  changed,
  late,  // or early; fields may be changed as well
  missing,
  extra,
  moved,
  lost_step,
};

// One step of a connection, as both traces have it.
struct Row {
  What what = What::equal;
  bool after_gap = false;         // equal steps before it are left out
  std::optional<TimePoint> at_a;  // since the trace's time zero; empty where it lacks the step
  std::optional<TimePoint> at_b;
  std::uint64_t number_a = 0;  // the packet's in its file, from 1; 0 for none
  std::uint64_t number_b = 0;
  std::string text;          // the packet; of a changed one as A has it
  bool is_bare_ack = false;  // and whether it is an acknowledgement that goes alone
  std::vector<FieldChange> changes;
  std::optional<GapChange> gap;  // out of time
  std::string explanation;       // why, where that can be told
};

// A system call, a state at the end or the like that differs.
struct OutcomeDifference {
  std::string subject;  // "client line-client: read()"
  std::string a;        // "-1 ETIMEDOUT at 545.5 s"; "nothing"
  std::string b;
  std::string explanation;
  // What differs, without when it was: "result", "time" or "state", and its values (compare::Difference).
  std::string field;
  std::string from;
  std::string to;
  Duration allowed{};  // of "time"
};

struct ConnectionReport {
  std::uint64_t number_a = 0;  // of the connection in each trace; 0: it lacks it
  std::uint64_t number_b = 0;
  std::string ends_a;  // "10.9.0.1.40000 > 10.9.0.2.9998"
  std::string ends_b;
  struct Config {      // one line a connection, not one a packet
    std::string what;  // "window scale of the client"
    std::string a;
    std::string b;
    std::string explanation;
  };
  std::vector<Config> config;
  std::vector<std::string> remarks;  // a missing handshake
  std::vector<Row> rows;             // differences with context, in order of time
  std::uint64_t equal = 0;           // steps
  std::uint64_t differences = 0;     // steps; more than in `rows` where those were too many
  bool is_same = true;
};

}  // namespace halfopen::compare
