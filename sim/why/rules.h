// What each Cause means, in one line for people, and the rule behind it: RFC or book section, kernel source.
#pragma once

#include <string>
#include <string_view>

#include "sim/why/os_family.h"
#include "sim/why/why.h"

namespace halfopen {

// "tail loss probe: the last segment again, to provoke an ACK": no full stop, no newline.
[[nodiscard]] std::string_view describe(Cause cause);
// The rule under which an OS of this family does it: "RFC 8985 section 7.3; net/ipv4/tcp_output.c
// tcp_send_loss_probe". Empty for Cause::unknown.
[[nodiscard]] std::string rule_behind(Cause cause, OsFamily family);
// One sentence on why a packet was sent, with state, n-th retransmission and the next deadline: the comment
// in a capture. `now` is when it was sent. Example: "ESTABLISHED: retransmission 3, the retransmission timer
// ran out; next: retransmission timer in 12 s".
[[nodiscard]] std::string explain(const Why& why, TimePoint now);

}  // namespace halfopen
