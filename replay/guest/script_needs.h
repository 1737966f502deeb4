// What the commands of a packetdrill script need beside the script.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

// The words of its commands, which stand between backticks, and "python3" if it has code (%{ }%). A word may
// be anything: a program, a file, an option, a value.
[[nodiscard]] std::vector<std::string> words_of_script(std::string_view script);

// The words of a program for a shell, or for another interpreter that has comments behind a #; what names
// the interpreter (#!) counts, comments do not.
[[nodiscard]] std::vector<std::string> words_of_shell(std::string_view program);

}  // namespace halfopen::guest
