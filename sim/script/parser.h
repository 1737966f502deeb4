// Reads scripts in packetdrill's language: Google's, and that of nplab's fork.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/script/lexer.h"
#include "sim/script/script.h"

namespace halfopen::script {

inline constexpr std::size_t kLongestScript = std::size_t{16} << 20;  // bytes

struct ParseSettings {
  // Given, what only the other dialect has is refused; else the first such thing in the script tells which
  // it is, and without any it is Google's.
  std::optional<Dialect> dialect;
  // As of -D on a command line: these come before the script's own --define.
  Definitions definitions;
};

// Throws InputError: "NAME:line:column: expected X, found Y". Symbolic words are taken as they are: whether a
// system has them, its run will tell.
[[nodiscard]] Script parse_script(std::string_view text, const std::string& name,
                                  const ParseSettings& settings = {});
// Only the options at the top: for who must know some of them (--ip_version) to define words for the rest.
[[nodiscard]] std::vector<Option> parse_options(std::string_view text, const std::string& name,
                                                const ParseSettings& settings = {});

}  // namespace halfopen::script
