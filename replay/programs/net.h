// The calls that every one of the real programs makes, and how it reports what failed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/apps/program.h"

namespace halfopen::programs {

// "PROGRAM: TEXT" and a newline on standard error, in one write.
void complain(std::string_view program, std::string_view text);
// "PROGRAM: WHAT error: Connection timed out" for the errno value `error`.
void report(const ProgramConfig& config, std::string_view what, int error);

// Whether set_socket_options() knows an option of that name.
[[nodiscard]] bool is_socket_option(std::string_view name);
// The names it knows: "SO_KEEPALIVE, TCP_KEEPIDLE, ...".
[[nodiscard]] std::string socket_option_names();

// Sets config.sockopts in order, in the units of docs/scenario.md, then config.read_timeout. One that the
// kernel refuses is reported, and the program goes on.
void set_socket_options(const ProgramConfig& config, int fd);

// SIGPIPE as the config wants it, every other signal that a program depends on at its default, none blocked:
// whoever started the program may have left them otherwise.
void set_signals(const ProgramConfig& config);

// A socket connected to config.server, or -1 after reporting why not.
[[nodiscard]] int connect_to_server(const ProgramConfig& config);
// A socket that listens at config.server, or -1 after reporting why not.
[[nodiscard]] int listen_at_server(const ProgramConfig& config);

// read(2), again after EINTR. Bytes read, 0 at the end, or -1 and errno.
[[nodiscard]] ssize_t read_some(int fd, std::span<std::uint8_t> into);
// write(2) until all is written, at least once. False and errno when a write failed.
[[nodiscard]] bool write_all(int fd, std::span<const std::uint8_t> bytes);
[[nodiscard]] bool write_all(int fd, std::string_view text);

}  // namespace halfopen::programs
