// What would have told the client sooner: the scenario run in the model, quietly, as it is and with each of
// the usual remedies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/scenario/scenario.h"

namespace halfopen {

// "keepalive (10 s idle, 3 probes 2 s apart): after 16 s (from the server's last segment); TCP_USER_TIMEOUT
// 5 s: after 5.5 s (from the write)", or in words that none helps. Empty where the question has no meaning:
// the scenario says so, nothing failed, it was the client that failed, or its program had ended before.
[[nodiscard]] std::string what_tells_sooner(const Scenario& scenario, std::optional<std::uint64_t> seed);

}  // namespace halfopen
