// What ProcessWatch remembers of processes and their threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "replay/watch/call_reader.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

// A call that was made and has not returned.
struct UnreturnedCall {
  CallEntry entry;
  TimePoint began;
  std::string args;              // text_at_entry()'s
  bool goes_on_by_name = false;  // interrupted, and continued by restart_syscall instead of by itself
};

// A signal handler that runs. The call that its signal interrupted fails with EINTR when the handler returns,
// or is made again.
struct HandlerRun {
  std::optional<UnreturnedCall> interrupted;
  std::uint64_t stack = 0;  // where the stack pointer was before the handler
};

struct TracedThread {
  pid_t tid = 0;
  pid_t process = 0;
  bool fresh = true;                          // has not shown the stop that it is born with
  std::optional<UnreturnedCall> running;      // in the kernel
  std::optional<UnreturnedCall> interrupted;  // left the kernel, to go on or to fail: not known yet
  std::vector<HandlerRun> handlers;           // the one that runs now is the last
  bool in_sigreturn = false;                  // the handler returns
};

struct WatchedProcess {
  pid_t pid = 0;
  pid_t parent = 0;            // who forked it; 0 for one that was adopted or whose parent is not known
  std::uint64_t birth = 0;     // counts up
  std::optional<HostId> host;  // none: nothing of it is told
  std::string program;
  std::uint32_t ns_pid = 0;  // as it sees it itself
  bool traced = false;
  bool first = false;        // was adopted
  bool before_exec = false;  // was adopted under the name of what it executes next
  bool frozen = false;
  bool listens = false;  // it has returned from listen() on an internet socket
  // It, or who forked it, has made a network call: its waiting for children is told, too.
  bool networked = false;
};

}  // namespace halfopen
