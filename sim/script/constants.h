// What the symbolic words of system calls stand for on each system: SOL_SOCKET, O_NONBLOCK, EAGAIN.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "sim/why/os_family.h"

namespace halfopen::script {

// The number behind `word` on a system of that family (Linux on x86-64; FreeBSD also for 4.4BSD, Linux also
// for rfc); nullopt where the system has no such word.
[[nodiscard]] std::optional<std::int64_t> constant_of(std::string_view word, OsFamily os);

struct Constant {
  std::string_view word;
  std::int64_t value;
};

// The rows behind it, in no order that matters: those that both systems have in common, and each one's own.
[[nodiscard]] std::span<const Constant> common_constants();   // constants.cc
[[nodiscard]] std::span<const Constant> linux_constants();    // constants_linux.cc
[[nodiscard]] std::span<const Constant> freebsd_constants();  // constants_freebsd.cc

}  // namespace halfopen::script
