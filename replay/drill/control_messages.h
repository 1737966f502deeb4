// Control messages that a recvmsg() gave (cmsg(3)), against those that a script expects.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <span>

#include "replay/drill/real_clock.h"
#include "sim/drill/script_host.h"
#include "sim/script/value.h"

namespace halfopen::drill {

// `expected`: [{cmsg_level=..., cmsg_type=..., cmsg_data=...}, ...]. Data are a number, fields of
// sock_extended_err (ee_...), or a time (scm_sec, scm_nsec) since the script's begin, which may be off by
// `tolerance`. Differences go to `outcome`. Throws NotSupported for anything else.
void compare_control(const script::Value& expected, const msghdr& message, const RealClock& clock,
                     Duration tolerance, Outcome& outcome);

// The control messages that a sendmsg() gives, as the kernel wants them, each with a number (an int) as its
// data. Gives how many bytes of `room`, which is zero and aligned, they take. Throws NotSupported for
// anything else, and for more than it holds.
[[nodiscard]] std::size_t write_control(const script::Value& given, std::span<std::byte> room);

}  // namespace halfopen::drill
