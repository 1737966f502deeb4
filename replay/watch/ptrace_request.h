// ptrace(2) with types. Every request but PTRACE_SEIZE fails, with ESRCH, only where the thread has been
// killed meanwhile: its end is then what waitpid() says next.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

namespace halfopen {

// False, with errno, if the kernel refused.
[[nodiscard]] bool ptrace_request(__ptrace_request request, pid_t tid, std::uintptr_t address,
                                  std::uintptr_t data);
// The number that belongs to a stop: the child's pid at a birth.
[[nodiscard]] bool get_event_message(pid_t tid, unsigned long& message);

// Where a stopped thread stands towards system calls.
struct CallStop {
  enum class Kind : std::uint8_t { none, enters, filtered, returns };
  Kind kind = Kind::none;
  std::uint64_t stack_pointer = 0;
  std::uint64_t number = 0;             // of the call that it enters or that was filtered
  std::array<std::uint64_t, 6> args{};  // the same call's
  std::int64_t result = 0;              // returns: the value, or the kernel's error number below zero
};
[[nodiscard]] bool get_call_stop(pid_t tid, CallStop& stop);

}  // namespace halfopen
