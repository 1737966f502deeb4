// struct tcp_info as numbers with names.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/drill/script_host.h"

namespace halfopen::drill {

// Every field that lies wholly within what a kernel gave: a newer one has more (include/uapi/linux/tcp.h).
[[nodiscard]] std::vector<TcpInfoField> tcp_info_fields(std::span<const std::byte> given);
// The same of SO_MEMINFO (include/uapi/linux/sock_diag.h SK_MEMINFO_...).
[[nodiscard]] std::vector<TcpInfoField> memory_info_fields(std::span<const std::byte> given);

}  // namespace halfopen::drill
