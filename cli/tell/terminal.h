// How much room a terminal has.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace halfopen {

// Columns of the terminal that `out` is: COLUMNS, if it is set to a number, else what the terminal says. 0
// where `out` is none, or does not know: there is as much room as a line takes.
[[nodiscard]] std::size_t terminal_width(std::FILE* out);

// "(TCP options left out to fit 80 columns; COLUMNS=200 or a pipe has them)", and fits itself.
[[nodiscard]] std::string left_out_text(std::size_t width, std::string_view what);

}  // namespace halfopen
