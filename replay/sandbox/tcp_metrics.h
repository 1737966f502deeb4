// What a kernel remembers of the hosts that it talked to: round-trip times, thresholds, Fast Open cookies.
#pragma once

#include <sys/types.h>

namespace halfopen {

// Lets the network namespace in which `member` is forget all of it, as `ip tcp_metrics flush` does. False
// where it is refused: only root of the machine may (net/ipv4/tcp_metrics.c, GENL_ADMIN_PERM), whoever is
// root in there.
[[nodiscard]] bool flush_tcp_metrics(pid_t member);

}  // namespace halfopen
