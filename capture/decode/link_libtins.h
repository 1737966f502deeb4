// The link layers that we leave to libtins: those of wireless captures.
#pragma once

#include "capture/decode/link_layer.h"

namespace halfopen {

[[nodiscard]] bool libtins_knows(std::uint32_t link_type);

// As unwrap(), of a link type that it knows. Encrypted frames and those without data are not IP.
[[nodiscard]] std::optional<Unwrapped> unwrap_with_libtins(std::uint32_t link_type,
                                                           std::span<const std::uint8_t> frame,
                                                           std::string& issue);

}  // namespace halfopen
