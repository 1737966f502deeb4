// Scripts on model hosts, for tests.
#pragma once

#include <string>
#include <string_view>

#include "sim/drill/model_script_host.h"
#include "sim/script/parser.h"

namespace halfopen::drill {

[[nodiscard]] inline PlayResult play_text(std::string_view text, std::string_view profile = "linux-6.18",
                                          ReadFile read_file = {}) {
  const script::Script script = script::parse_script(text, "test.pkt");
  return play_on_model(script, "test.pkt", *find_profile(profile), DrillConfig{}, std::move(read_file));
}

// A connection that was accepted as descriptor 4, at 0.2 seconds.
inline constexpr std::string_view kAccepted = R"(
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0.1 < S 0:0(0) win 32792 <mss 1000>
+0 > S. 0:0(0) ack 1 <...>
+0.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
)";
[[nodiscard]] inline PlayResult play_accepted(std::string_view rest,
                                              std::string_view profile = "linux-6.18") {
  return play_text(std::string{kAccepted} + std::string{rest}, profile);
}

}  // namespace halfopen::drill
