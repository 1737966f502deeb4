// The families of stacks that the house knows: whose rule is cited, whose sysctl names apply.
#pragma once

#include <cstdint>
#include <string_view>

namespace halfopen {

enum class OsFamily : std::uint8_t { bsd44, linux_os, freebsd, rfc };
[[nodiscard]] std::string_view to_string(OsFamily family);  // "4.4bsd", "linux", "freebsd", "rfc"

}  // namespace halfopen
