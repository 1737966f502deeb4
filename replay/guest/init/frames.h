// The guest's end of the frames.
#pragma once

#include <cstdint>
#include <string_view>

#include "replay/guest/protocol.h"

namespace halfopen::guest {

// Opens the ports; false where this kernel does not let anybody at them.
[[nodiscard]] bool open_ports();
// The guest's clock, in nanoseconds since the boot.
[[nodiscard]] std::int64_t uptime();
// Frames tell times since now.
void set_time_zero();
// A payload in two parts, together at most FrameHeader::kMaxPayload.
void send_frame(FrameType type, std::string_view payload = {}, std::string_view more = {});
// Ends the machine.
[[noreturn]] void end_machine();

}  // namespace halfopen::guest
