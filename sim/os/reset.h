// The reset that answers a segment which no connection and no listener wants (RFC 9293 section 3.10.7.1).
#pragma once

#include <cstdint>
#include <optional>

#include "sim/os/os_rules.h"
#include "sim/tcp/profile.h"
#include "sim/wire/packet.h"

namespace halfopen {

// The packet that answers `offender`, whose body is a TCP segment. nullopt where that is itself a reset:
// resets are never answered. `id` is the IP ID.
[[nodiscard]] std::optional<Packet> make_reset(const Packet& offender, const OsProfile& profile,
                                               const OsRules& rules, std::uint16_t id);

}  // namespace halfopen
