// Puts the system calls of a traced process into words: sim/os/call_text.h's, as far as the model has the
// call, and strace's beyond that.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>

#include "replay/watch/traced_calls.h"
#include "sim/os/call_text.h"

namespace halfopen {

// A call as the process made it.
struct CallEntry {
  const TracedCallRow* row = nullptr;  // never null where a call is passed on
  std::array<std::uint64_t, 6> args{};
};

// All of these read the memory and the descriptors of `tid`, a traced thread that is stopped.

// Whether the call is about an internet socket: it asks for one, its descriptor is one,
// or one of the descriptors that it waits for is. To be asked before the call is made, as close() leaves no
// descriptor.
[[nodiscard]] bool is_network_call(pid_t tid, const CallEntry& entry);

// The arguments, of what is known before the call is made: the bytes that are written, the descriptors
// waited for. Empty for a call that has to return first (read).
[[nodiscard]] std::string text_at_entry(pid_t tid, const CallEntry& entry);

// The call after it returned `result`: a value, or the kernel's error number below zero. `args` is what
// text_at_entry() said. As a C program sees it, `result` is -1 then.
[[nodiscard]] CallText text_at_exit(pid_t tid, const CallEntry& entry, std::string args, std::int64_t result);

}  // namespace halfopen
