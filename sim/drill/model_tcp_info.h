// TCP_INFO of a model's connection.
#pragma once

#include <vector>

#include "sim/drill/script_host.h"
#include "sim/tcp/endpoint.h"

namespace halfopen::drill {

// The number that Linux has for a state (include/net/tcp_states.h).
[[nodiscard]] std::int64_t linux_state(State state);

// The fields that the model has, by Linux's names and in its units (microseconds, segments).
// `now`: when it is asked, for what counts from the past.
[[nodiscard]] std::vector<TcpInfoField> tcp_info_of(const Endpoint& endpoint, TimePoint now);
// Those that say something of a socket that has no connection, or whose attempt at one has failed: CLOSED or
// LISTEN.
[[nodiscard]] std::vector<TcpInfoField> tcp_info_of_unconnected(State state);

}  // namespace halfopen::drill
