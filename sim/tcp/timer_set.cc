#include "sim/tcp/timer_set.h"

#include <cstdint>
#include <utility>

namespace halfopen {
namespace {

constexpr std::uint32_t bit(Timer t) { return 1u << static_cast<unsigned>(t); }

constexpr std::uint32_t kOpening = bit(Timer::retransmit) | bit(Timer::connect) | bit(Timer::user_timeout);
constexpr std::uint32_t kSending = bit(Timer::retransmit) | bit(Timer::loss_probe) | bit(Timer::reorder) |
                                   bit(Timer::persist) | bit(Timer::delayed_ack) | bit(Timer::keepalive) |
                                   bit(Timer::user_timeout);
constexpr std::array<std::uint32_t, kStates> kMayRun{
    0,                                                                         // CLOSED
    0,                                                                         // LISTEN
    kOpening,                                                                  // SYN_SENT
    kOpening,                                                                  // SYN_RECEIVED
    kSending,                                                                  // ESTABLISHED
    kSending,                                                                  // FIN_WAIT_1
    bit(Timer::delayed_ack) | bit(Timer::keepalive) | bit(Timer::fin_wait_2),  // FIN_WAIT_2
    kSending,                                                                  // CLOSE_WAIT
    kSending,                                                                  // CLOSING
    kSending,                                                                  // LAST_ACK
    bit(Timer::time_wait),                                                     // TIME_WAIT
};
static_assert(kMayRun.size() == kStates && kTimers <= 32);

}  // namespace

bool TimerSet::may_run(State state, Timer timer) {
  return (kMayRun[static_cast<std::size_t>(state)] & bit(timer)) != 0;
}

bool TimerSet::set(Timer timer, TimePoint when) {
  TimePoint& due = due_[static_cast<std::size_t>(timer)];
  return std::exchange(due, when) != when;
}

Deadline TimerSet::next() const {
  Deadline next;
  for (std::size_t t = 0; t < kTimers; ++t) {
    if (due_[t] < next.when) next = Deadline{due_[t], static_cast<Timer>(t)};
  }
  return next;
}

bool TimerSet::fits(State state) const {
  for (std::size_t t = 0; t < kTimers; ++t) {
    if (due_[t] != kNever && !may_run(state, static_cast<Timer>(t))) return false;
  }
  return true;
}

}  // namespace halfopen
