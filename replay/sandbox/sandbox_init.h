// What the first process of a sandbox does: it furnishes the namespaces, hands out the device, then waits for
// orders. It runs in a fresh child that shares nothing with us but a channel.
#pragma once

#include <string_view>

#include "replay/sandbox/channel.h"
#include "replay/sandbox/sandbox.h"

namespace halfopen {

// The messages of the channel. From the init: "ready" with the device, the diagnostics socket and, if asked
// for, the tap, "remark TEXT", "cannot TEXT" (this machine does not allow it), "bad TEXT" (the scenario's
// fault). To the init: first of all kMapped, when users and groups of its namespace are mapped, which it
// waits for; then "signal N".
inline constexpr std::string_view kMapped = "mapped";
[[noreturn]] void run_sandbox_init(Channel channel, const SandboxConfig& config);

}  // namespace halfopen
