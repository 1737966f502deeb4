#include "replay/drill/real_clock.h"

#include <poll.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "replay/base/errors.h"

namespace halfopen::drill {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr Duration kAwake = 60us;  // before what is due: longer than a sleeper is late where nothing is amiss
constexpr Duration kLongestSleep = 1h;  // of one call: a timespec holds it, whatever kNever is

nanoseconds read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds{now.tv_sec} + nanoseconds{now.tv_nsec};
}

timespec timespec_of(nanoseconds time) { return {.tv_sec = time / 1s, .tv_nsec = (time % 1s).count()}; }

}  // namespace

void RealClock::start() {
  if (wakes_in_time_) {
    const timespec quiet = timespec_of(read_clock(CLOCK_MONOTONIC) + 1s);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &quiet, nullptr) == EINTR) continue;
  }
  // The coarse clock is the time of the latest tick, and its resolution is a jiffy (time(7)).
  timespec jiffy{};
  clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy);
  const nanoseconds step{jiffy.tv_nsec};
  const timespec middle = timespec_of(read_clock(CLOCK_MONOTONIC_COARSE) + step + step / 2);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &middle, nullptr) == EINTR) continue;
  zero_real_ = read_clock(CLOCK_REALTIME);
  zero_ = read_clock(CLOCK_MONOTONIC);
  is_running_ = true;
}

TimePoint RealClock::now() const { return is_running_ ? at(read_clock(CLOCK_MONOTONIC)) : kTimeZero; }

TimePoint RealClock::at(nanoseconds monotonic) const {
  return is_running_ ? kTimeZero + (monotonic - zero_) : kTimeZero;
}

TimePoint RealClock::at_real(nanoseconds realtime) const { return kTimeZero + (realtime - zero_real_); }

void RealClock::wait(TimePoint until, const std::array<int, 3>& descriptors) const {
  const Duration left = until - now();
  if (left <= Duration::zero()) return;
  const Duration awake = wakes_in_time_ ? Duration::zero() : kAwake;
  const timespec sleep = timespec_of(std::clamp(left - awake, Duration::zero(), kLongestSleep));
  std::array<pollfd, 3> watched{};
  for (std::size_t i = 0; i < watched.size(); ++i)
    watched[i] = {.fd = descriptors[i], .events = POLLIN, .revents = 0};
  if (ppoll(watched.data(), watched.size(), &sleep, nullptr) < 0 && errno != EINTR) throw_system("ppoll");
}

}  // namespace halfopen::drill
