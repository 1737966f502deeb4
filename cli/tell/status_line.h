// The last line of a terminal, which says how far long work is and is rewritten in place. One for the
// process, as its standard error is. Whatever put() (stream.h) writes erases it first, so that nothing sticks
// to it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace halfopen {

// Standard error is a terminal, so that somebody looks.
[[nodiscard]] bool is_status_wanted();

// Rewrites the line with `text`, as much of it as the terminal is wide; nothing unless is_status_wanted().
// Strangers' text in it loses its meaning for the terminal. Where it cannot be written nothing is said.
void show_status(std::string_view text);
// Erases the line if it stands there.
void clear_status();

// What of `text` fits into `columns`: whole characters of UTF-8, each taken for one column.
[[nodiscard]] std::string_view cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace halfopen
