// What a run tells the world outside the model: packets at the tap and notes between them. Subscribers
// implement Observer (the trace of capture/ does); sim/ knows nobody by name. A note is built only if
// somebody wants its kind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/base/time.h"
#include "sim/why/state.h"
#include "sim/why/why.h"
#include "sim/wire/address.h"
#include "sim/wire/packet.h"

namespace halfopen {

enum class HostId : std::uint8_t { client, server, router };
[[nodiscard]] std::string_view to_string(HostId host);  // "client", "server", "router"

// What becomes of a packet. At the tap a lost packet is still seen; `fate` says that nobody will receive it.
enum class PacketFate : std::uint8_t {
  delivered,
  lost,
  cut,
  dropped_by_match,
  queue_full,
  too_big,
  nobody_there,  // the path carries it to a host that is dead when it leaves, and will be when it arrives
};
[[nodiscard]] std::string_view to_string(PacketFate fate);

// A packet at the tap.
struct PacketNote {
  TimePoint at;
  HostId from = HostId::client;  // who sent it
  PacketFate fate = PacketFate::delivered;
  const Packet* packet = nullptr;  // valid during the call only
};

struct StateNote {  // a connection changed state
  TimePoint at;
  HostId host = HostId::client;
  FourTuple connection;
  State from = State::closed;
  State to = State::closed;
  Cause why = Cause::unknown;
};

struct TimerNote {  // a timer was set, stopped or ran out
  enum class What : std::uint8_t { armed, stopped, fired };
  TimePoint at;
  HostId host = HostId::client;
  FourTuple connection;
  Timer timer = Timer::retransmit;
  What what = What::armed;
  TimePoint deadline = kNever;  // of an armed timer
};

struct CallNote {   // a system call returned
  TimePoint at;     // when it returned
  TimePoint began;  // when it was made
  HostId host = HostId::client;
  std::string program;  // "line-client"
  std::uint32_t pid = 0;
  std::string call;         // "read"
  std::string args;         // strace's notation without the parentheses: "3, \"hello\\n\", 6"
  std::int64_t result = 0;  // -1 on error
  int error = 0;            // halfopen's Errno value of this error, 0 for none
  std::string detail;       // behind the result, in strace's notation: "(in [3])"; may be empty
};

struct ProcessNote {  // something happened to a process
  enum class What : std::uint8_t {
    started,
    forked,
    signalled,
    output,
    exited,
    killed,
    frozen,
    thawed,
    reaped
  };
  TimePoint at;
  HostId host = HostId::client;
  std::string program;
  std::uint32_t pid = 0;
  What what = What::started;
  int signal = 0;    // signalled, killed
  int status = 0;    // exited
  std::string text;  // output: what it wrote to its standard output or error
};

struct TimelineNote {  // the scenario did something; `verb` is the scenario's own word
  TimePoint at;
  std::string verb;    // "server host crashes"
  std::string detail;  // "SIGKILL to the child"
};

struct RemarkNote {  // something a reader should know: a skipped sysctl, an option an OS does not have
  TimePoint at;
  std::string text;
};

using Note = std::variant<StateNote, TimerNote, CallNote, ProcessNote, TimelineNote, RemarkNote>;
enum class NoteKind : std::uint8_t { state, timer, call, process, timeline, remark };  // Note's order

class Observer {
 public:
  virtual ~Observer() = default;
  [[nodiscard]] virtual bool wants_packets() const { return true; }
  [[nodiscard]] virtual bool wants(NoteKind) const { return true; }
  virtual void on_packet(const PacketNote& note) = 0;
  virtual void on_note(const Note& note) = 0;
};
// Those who listen to one run, in the order in which they hear; each outlives it.
using Observers = std::vector<Observer*>;

}  // namespace halfopen
