// What a scenario expects of a run, as data: [[expect]]. Its evaluation on the stream of a run is
// capture/expect/expect.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/errno.h"
#include "sim/base/time.h"
#include "sim/scenario/packet_match.h"
#include "sim/scenario/trigger.h"
#include "sim/trace/observe.h"

namespace halfopen {

// A closed range of counts or values.
struct CountRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
  [[nodiscard]] bool contains(std::int64_t n) const { return low <= n && n <= high; }
};

// What `when` may ask about.
struct RunFacts {
  std::string client_os;  // "4.4bsd", "linux", "freebsd", "windows", ...
  std::string server_os;
  std::string client_profile;  // "linux-6.18"; of a kernel host "linux-" and its release
  std::string server_profile;
  std::string client_kind = "model";  // or "kernel"
  std::string server_kind = "model";
  bool quick = false;  // [quick] is in force
  // Not for `when`: the user's programs that run in the place of those that the expectations were written
  // for.
  std::string client_stand_in = {};  // "nc"; empty: none
  std::string server_stand_in = {};
};

// A condition over RunFacts in postfix form: == and != over names and strings, ! && || and parentheses.
struct Condition {
  enum class Op : std::uint8_t { equal, differ, fact, not_, and_, or_ };
  enum class Fact : std::uint8_t {
    client_os,
    server_os,
    client_profile,
    server_profile,
    client_kind,
    server_kind,
    quick,
  };
  struct Step {
    Op op = Op::fact;
    Fact fact = Fact::quick;
    std::string value;  // of equal and differ
  };
  std::vector<Step> steps;  // empty: always true
  std::string text;         // as the scenario wrote it
};
// Throws InputError with `place`.
[[nodiscard]] Condition condition_from(std::string_view text, const std::string& place);
[[nodiscard]] bool holds(const Condition& condition, const RunFacts& facts);

// A rung of a ladder with holes: "server > client R.", "client > server P. 1:6(5) ack 1", "server > client S.
// win 65160", "router > client icmp host unreachable". Sequence numbers are relative to the connection's SYN;
// a part left out, and "*" for the flags, match everything.
struct RungPattern {
  HostId from = HostId::client;
  HostId to = HostId::server;
  std::optional<std::uint8_t> flags;
  std::optional<std::uint32_t> seq;
  std::optional<std::uint32_t> end;
  std::optional<std::uint32_t> len;
  std::optional<std::uint32_t> ack;
  std::optional<std::uint32_t> win;  // the field as sent
  bool is_icmp = false;
  std::optional<IcmpKind> icmp;  // of an ICMP message; without it any kind
};
// Throws InputError with `place`.
[[nodiscard]] RungPattern rung_from(std::string_view text, const std::string& place);

// One [[expect]]. The window is [from, to] of the run, or of the time since `after` happened.
struct Expectation {
  enum class Subject : std::uint8_t {
    state,            // a state holds at some instant of the window
    call,             // a system call returned
    retransmissions,  // how many the host sent
    packets,          // how many packets of a match the tap saw
    rung,             // a rung of the ladder
    signal,           // a process got a signal
    exit_status,      // a process exited with it
    output,           // a process wrote it
    process,          // something happened to a process: forked, frozen, killed, reaped ...
  };
  Subject subject = Subject::state;
  HostId host = HostId::client;
  std::string place;  // "host-crash.toml:31:1"
  std::string text;   // the author's sentence (`says`), or one made of the keys
  Condition when;
  std::optional<HostId> by;  // whose program brings it about, where the subject does not say: `by`

  std::optional<Trigger> after;
  Duration from{};
  Duration to = Duration::max();
  bool at_end = false;  // at = "end": a state when the run is over
  bool never = false;
  std::optional<CountRange> count;  // occurrences in the window; without it at least one (never: none)

  std::optional<State> client_state;  // Subject::state; both must hold at once
  std::optional<State> server_state;
  std::string call;  // Subject::call: the family's name
  std::optional<Errno> error;
  std::optional<CountRange> result;
  std::optional<CountRange> waited;  // nanoseconds from the call to its return
  std::string contains;              // call: in its arguments and data; output: in what was written
  PacketMatch match;                 // packets
  RungPattern rung;
  std::int64_t number = 0;  // signal, exit_status
  ProcessNote::What process = ProcessNote::What::started;
};

}  // namespace halfopen
