// What comes before the first script in a guest.
#pragma once

namespace halfopen {

// A kernel that has just booted is slow where it comes for the first time (docs/vm.md), and a script's first
// packets would be late by that. So a connection each way, over IPv4 and IPv6, comes before, each in a
// process and a sandbox of its own, and nobody looks at it.
void rehearse_on_kernel();

}  // namespace halfopen
