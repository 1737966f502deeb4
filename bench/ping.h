// The benchmark executable as the client of a run: it measures echoes from inside the sandbox.
#pragma once

namespace halfopen::bench {

inline constexpr const char* kPingWord = "ping";  // the argument that makes it one

// Prints the nanoseconds of each echo. Returns the exit status.
int ping();

}  // namespace halfopen::bench
