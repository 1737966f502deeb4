// Makes a process stop for its tracer at network system calls, and only there.
#pragma once

namespace halfopen {

// For a forked child, between its release by the parent and its exec: from here on, in this process and in
// all that come from it, the calls of traced_calls.h stop for a tracer. False, with errno, if the kernel does
// not allow that. Safe after fork(): calls nothing but the kernel.
//
// Only after ProcessWatch::adopt() has succeeded: without a tracer the kernel answers those calls with
// ENOSYS. A child must therefore have waited for adopt() before this call, not after it.
[[nodiscard]] bool install_call_filter();

}  // namespace halfopen
