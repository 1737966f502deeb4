// Signals by their Linux numbers, and what each does by default.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace halfopen {

namespace sig {
inline constexpr int hup = 1;
inline constexpr int intr = 2;
inline constexpr int kill = 9;
inline constexpr int pipe = 13;
inline constexpr int term = 15;
inline constexpr int chld = 17;
inline constexpr int cont = 18;
inline constexpr int stop = 19;
inline constexpr int last = 31;
}  // namespace sig

enum class SignalAction : std::uint8_t { terminate, ignore, stop, go_on };

// The default action (signal(7)).
[[nodiscard]] constexpr SignalAction default_action(int signal) {
  constexpr int kUrg = 23;
  constexpr int kWinch = 28;
  switch (signal) {
    case sig::chld:
    case kUrg:
    case kWinch: return SignalAction::ignore;
    case sig::cont: return SignalAction::go_on;
    case sig::stop: return SignalAction::stop;
    default: return SignalAction::terminate;
  }
}

// "SIGTERM" is 15; nullopt for a name that is none.
[[nodiscard]] std::optional<int> signal_from(std::string_view name);
// "SIGKILL" for 9; "signal 34" for one without a name.
[[nodiscard]] std::string signal_name(int signal);

}  // namespace halfopen
