// Whole files in memory.
#pragma once

#include <string>

namespace halfopen::guest {

// All bytes of a file. Throws std::runtime_error "cannot read FILE: why".
[[nodiscard]] std::string read_bytes(const std::string& path);
// The first `count` bytes of a file, or fewer where it is shorter.
[[nodiscard]] std::string read_start(const std::string& path, std::size_t count);

}  // namespace halfopen::guest
