// The eleven connection states of RFC 9293 section 3.3.2 and the timers an endpoint may run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace halfopen {

enum class State : std::uint8_t {
  closed,
  listen,
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
  count_,
};
inline constexpr std::size_t kStates = static_cast<std::size_t>(State::count_);

// "CLOSED", "SYN_SENT", "FIN_WAIT_2" ...
[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] std::optional<State> state_from(std::string_view name);

// Both SYNs have been seen and acknowledged at this end.
[[nodiscard]] constexpr bool is_synchronized(State s) { return s >= State::established; }

// Every timer of a connection; several may run at once. In firing order for equal deadlines.
enum class Timer : std::uint8_t {
  retransmit,    // RFC 6298
  loss_probe,    // tail loss probe, RFC 8985 section 7
  reorder,       // RACK's reordering window, RFC 8985 section 6.2
  persist,       // zero-window probe, RFC 9293 section 3.8.6.1
  delayed_ack,   // RFC 9293 section 3.8.6.3
  keepalive,     // RFC 9293 section 3.8.4
  connect,       // BSD's limit on connection establishment
  user_timeout,  // RFC 9293 section 3.8.3, where a stack keeps a timer for it
  fin_wait_2,
  time_wait,
  count_,
};
inline constexpr std::size_t kTimers = static_cast<std::size_t>(Timer::count_);

// "retransmission timer", "tail loss probe" ...: for people.
[[nodiscard]] std::string_view to_string(Timer timer);

}  // namespace halfopen
