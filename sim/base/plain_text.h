// The door for text of strangers on its way to a terminal: what stands in a scenario, a capture, a file's
// name, a command line or a guest's messages may look like a command to the terminal (escape sequences, C0
// and C1 controls) or turn the direction of what follows. Here such characters lose their meaning.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace halfopen {

// `text` as one line of UTF-8: each control character (also a newline), each byte that is no UTF-8 and each
// character that overrides the direction of writing becomes '?'.
[[nodiscard]] std::string plain_line(std::string_view text);

// The same for text of several lines: newlines and tabs stay.
[[nodiscard]] std::string plain_text(std::string_view text);

// How many bytes at the start of `text` mean only themselves to a terminal, newlines and tabs among them.
[[nodiscard]] std::size_t plain_prefix(std::string_view text);

}  // namespace halfopen
