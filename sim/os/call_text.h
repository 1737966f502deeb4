// System calls in strace's notation.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sim/os/call.h"
#include "sim/os/call_result.h"
#include "sim/wire/address.h"

namespace halfopen {

// The parts of "read(3, \"hello\\n\", 4096) = 6".
struct CallText {
  std::string call;         // "read"
  std::string args;         // "3, \"hello\\n\", 4096"
  std::string detail;       // behind the result: "(in [3])", "[ECONNRESET]"
  std::int64_t result = 0;  // as the C function returns it
};

// A call that returned. Bytes read and written are cut after 32, as strace does.
[[nodiscard]] CallText describe(const Call& call, const CallResult& result);

// "\"hello\\n\"", cut after 32 bytes: "\"0123...\"...".
[[nodiscard]] std::string quote(std::span<const std::uint8_t> bytes);
// waitpid()'s status in strace's words.
[[nodiscard]] std::string wait_status_text(int status);
// "10.9.0.2:9998", "[fd00:9::2]:9998".
[[nodiscard]] std::string to_text(const SocketAddress& address);

}  // namespace halfopen
