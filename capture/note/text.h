// Small pieces of text that ladder, reports and captures share.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace halfopen {

// For people: "20 ms", "1.5 s", "9 min 2.5 s", "2 h 10 min"; "never" for Duration::max().
[[nodiscard]] std::string human_duration(Duration duration);

// Seconds with six decimals, cut and not rounded, as tcpdump prints them: "545.120000", "-0.000001".
[[nodiscard]] std::string seconds_text(TimePoint at);

// Bytes as a C string, as strace prints them: "hello\n", "..." after it if there were more than `limit`.
[[nodiscard]] std::string quoted(std::string_view bytes, std::size_t limit = 64);

// Broken between words so that no line is longer than `width`, if no word is; lines after the first are
// indented. `width` 0 breaks nothing.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

// The paragraphs of `text`, which empty lines part, broken anew as wrapped() does; as they are if they fit.
[[nodiscard]] std::string reflowed(std::string_view text, std::size_t width);

}  // namespace halfopen
