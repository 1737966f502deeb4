// The kernel's parameters as files, as the calling process's network namespace has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace halfopen {

// "tcp_retries2" and "net.ipv4.tcp_retries2" are /proc/sys/net/ipv4/tcp_retries2.
[[nodiscard]] std::string sysctl_path(std::string_view name);

// Sets one. Empty when it is set; else a sentence that says which it is: this kernel has no such parameter,
// has it for the whole machine only, does not let us, or refuses the value.
[[nodiscard]] std::string write_sysctl(std::string_view name, std::string_view value);

// What one is set to, its words divided by single spaces: "4096 131072 6291456". nullopt where this kernel
// has none, or does not let us read it.
[[nodiscard]] std::optional<std::string> read_sysctl(std::string_view name);

}  // namespace halfopen
