// Bytes of the packets that a script injects.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/drill/connection_map.h"
#include "sim/script/packet_spec.h"
#include "sim/wire/payload.h"

namespace halfopen::drill {

// The IP packet that reaches the host for `spec` on the connection of `map`, within the headers of tunnels
// that it has, checksums right. Throws NotSupported (script_host.h) for what cannot be injected.
[[nodiscard]] std::vector<std::uint8_t> make_packet(const script::PacketSpec& spec, ConnectionMap& map,
                                                    BlockPool& pool);

// Throws NotSupported for a packet, to inject or expected, within headers that the host does not know: of
// PSP, which none does, or of a tunnel, unless `knows_tunnels`. The message names them.
void refuse_encapsulation(const script::PacketSpec& spec, bool knows_tunnels);

}  // namespace halfopen::drill
