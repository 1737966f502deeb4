#include "sim/tcp/timer_set.h"

#include <gtest/gtest.h>

namespace halfopen::test {
namespace {

TEST(TimerSet, TheEarliestIsNextAndOfSeveralAtOnceTheFirstInOrder) {
  TimerSet timers;
  EXPECT_EQ(timers.next().when, kNever);
  timers.set(Timer::keepalive, TimePoint{2s});
  timers.set(Timer::persist, TimePoint{1s});
  timers.set(Timer::delayed_ack, TimePoint{1s});
  EXPECT_EQ(timers.next().when, TimePoint{1s});
  EXPECT_EQ(timers.next().why, Timer::persist);
  timers.stop(Timer::persist);
  EXPECT_EQ(timers.next().why, Timer::delayed_ack);
}

TEST(TimerSet, SaysWhetherAnythingChanged) {
  TimerSet timers;
  EXPECT_FALSE(timers.stop(Timer::persist));
  EXPECT_TRUE(timers.set(Timer::persist, TimePoint{1s}));
  EXPECT_FALSE(timers.set(Timer::persist, TimePoint{1s}));
  EXPECT_TRUE(timers.is_running(Timer::persist));
  EXPECT_TRUE(timers.stop(Timer::persist));
  EXPECT_FALSE(timers.is_running(Timer::persist));
}

TEST(TimerSet, FitsAStateThatKnowsWhatRuns) {
  TimerSet timers;
  timers.set(Timer::time_wait, TimePoint{60s});
  EXPECT_TRUE(timers.fits(State::time_wait));
  EXPECT_FALSE(timers.fits(State::established));
  EXPECT_FALSE(TimerSet::may_run(State::closed, Timer::retransmit));
  EXPECT_TRUE(TimerSet::may_run(State::syn_sent, Timer::retransmit));
}

}  // namespace
}  // namespace halfopen::test
