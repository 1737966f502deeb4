#include "sim/tcp/limited_time.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

using By = LimitedTime::By;

// net/ipv4/tcp.c tcp_chrono_start: each moment counts for one state.
TEST(LimitedTime, EachMomentCountsForOneState) {
  LimitedTime time;
  const auto at = [](int seconds) { return kTimeZero + std::chrono::seconds{seconds}; };
  time.enter(at(10), By::busy);
  time.enter(at(11), By::busy);
  time.enter(at(13), By::window);
  time.enter(at(17), By::busy);
  time.enter(at(18), By::buffer);
  time.enter(at(20), By::idle);
  EXPECT_EQ(time.spent(at(50), By::busy), 4s);
  EXPECT_EQ(time.spent(at(50), By::window), 4s);
  EXPECT_EQ(time.spent(at(50), By::buffer), 2s);
  time.enter(at(60), By::window);
  EXPECT_EQ(time.spent(at(61), By::window), 5s) << "up to now";
}

}  // namespace
}  // namespace halfopen
