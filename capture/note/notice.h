// How a program learns that something is wrong with its connection, whatever call or signal tells it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sim/base/errno.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

struct Notice {
  enum class How : std::uint8_t {
    error,    // a call failed: "read() = -1 ETIMEDOUT"
    end,      // "read() = 0"
    event,    // a readiness call told of more than data: "poll() = 1, POLLERR|POLLHUP"
    option,   // SO_ERROR was fetched: "getsockopt(SO_ERROR) = ETIMEDOUT"
    timeout,  // a readiness call ran out of time, and the program gave up: "poll() = 0, timed out after 5 s"
    signal,   // "SIGPIPE"
  };
  How how = How::error;
  TimePoint at;
  TimePoint began;  // of the call; of a signal: when it came
  HostId host = HostId::client;
  std::string program;
  std::uint32_t pid = 0;
  std::string what;
  Errno error = Errno::none;  // of error and option
};

// A call that failed since there is nothing yet: interrupted, under way (EINPROGRESS), or told not to wait
// (EAGAIN of a call that did not).
[[nodiscard]] bool is_not_yet(const CallNote& call);

// Calls of these families (sim/scenario/trigger.h) tell a program something of its peer: read, write,
// connect. A readiness call that says "go on" is followed by one of them.
[[nodiscard]] bool speaks_of_the_peer(std::string_view family);

// A call that waited: longer than a kernel takes for one that does not.
[[nodiscard]] bool has_waited(const CallNote& call);

// Finds notices in a run's notes, each time a program has one. A readiness call that ran out of time is one
// if the program then closes a socket or ends, not if it goes on.
class NoticeWatch {
 public:
  [[nodiscard]] std::optional<Notice> on_note(const Note& note);
  [[nodiscard]] static bool wants(NoteKind kind) {
    return kind == NoteKind::call || kind == NoteKind::process;
  }

 private:
  using Process = std::pair<HostId, std::uint32_t>;
  std::optional<Notice> on_call(const CallNote& call);
  std::optional<Notice> on_process(const ProcessNote& process);
  std::optional<Notice> take_timeout(const Process& process);

  std::map<Process, Notice> timed_out_;  // the last call of a process that did, while it has made no other
};

}  // namespace halfopen
