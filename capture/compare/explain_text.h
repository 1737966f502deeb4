// Phrases that all explanations share.
#pragma once

#include <string>
#include <string_view>

#include "sim/base/time.h"

namespace halfopen::compare {

// "why cannot be told from the packets (it depends on the TTL of its sender, and the routers on the way)";
// without the brackets where `depends_on` is empty.
[[nodiscard]] std::string untold(std::string_view depends_on);
// "20.1 ms"
[[nodiscard]] std::string ms_text(Duration span);
// The same up to a second, then "1.824 s".
[[nodiscard]] std::string span_text(Duration span);
// "13.0 s"
[[nodiscard]] std::string tenths_text(Duration span);

}  // namespace halfopen::compare
