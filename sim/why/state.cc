#include "sim/why/state.h"

#include <array>

namespace halfopen {
namespace {

constexpr std::array<std::string_view, kStates> kStateNames{
    "CLOSED",     "LISTEN",     "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1",
    "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",  "LAST_ACK",     "TIME_WAIT",
};
static_assert(!kStateNames.back().empty());

constexpr std::array<std::string_view, kTimers> kTimerNames{
    "retransmission timer", "tail loss probe", "reordering timer",   "persist timer",    "delayed ACK timer",
    "keepalive timer",      "connect timer",   "user timeout timer", "FIN_WAIT_2 timer", "TIME_WAIT timer",
};
static_assert(!kTimerNames.back().empty());

}  // namespace

std::string_view to_string(State state) {
  const auto index = static_cast<std::size_t>(state);
  return index < kStates ? kStateNames[index] : "?";
}

std::optional<State> state_from(std::string_view name) {
  for (std::size_t i = 0; i < kStates; ++i) {
    if (kStateNames[i] == name) return static_cast<State>(i);
  }
  return std::nullopt;
}

std::string_view to_string(Timer timer) {
  const auto index = static_cast<std::size_t>(timer);
  return index < kTimers ? kTimerNames[index] : "no timer";
}

}  // namespace halfopen
