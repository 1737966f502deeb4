#include "sim/tcp/endpoint_event.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

EndpointEvent to(State state) { return {.to = state}; }

TEST(EventPool, KeepsTheQueuesApartAndEachInItsOrder) {
  EventPool pool;
  EventPool::Queue one, two;
  pool.push(one, to(State::syn_sent));
  pool.push(two, to(State::listen));
  pool.push(one, to(State::established));
  EndpointEvent event;
  ASSERT_TRUE(pool.pop(two, event));
  EXPECT_EQ(event.to, State::listen);
  EXPECT_FALSE(pool.pop(two, event));
  ASSERT_TRUE(pool.pop(one, event));
  EXPECT_EQ(event.to, State::syn_sent);
  ASSERT_TRUE(pool.pop(one, event));
  EXPECT_EQ(event.to, State::established);
  EXPECT_TRUE(one.empty());
}

TEST(EventPool, GrowsToTheMostThatWaitedAtOneTimeAndNoFurther) {
  EventPool pool;
  EventPool::Queue queue;
  EndpointEvent event;
  for (int round = 0; round < 1000; ++round) {
    pool.push(queue, to(State::syn_sent));
    pool.push(queue, to(State::established));
    ASSERT_TRUE(pool.pop(queue, event));
    ASSERT_EQ(event.to, State::syn_sent);
    ASSERT_TRUE(pool.pop(queue, event));
    ASSERT_EQ(event.to, State::established);
  }
  pool.push(queue, to(State::syn_sent));
  pool.clear(queue);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(pool.peak(), 2u);
}

// The two endpoints of one host. "FIRST>SECOND" for each change of state that is told.
class OneHost : public ::testing::Test {
 protected:
  std::unique_ptr<Endpoint> make(std::uint16_t port) {
    EndpointBirth birth;
    birth.addresses = {{IpAddress::v4({10, 9, 0, 1}), port}, {IpAddress::v4({10, 9, 0, 2}), 9998}};
    return std::make_unique<Endpoint>(env_, birth, SocketOptions{});
  }
  static std::string told(Endpoint& endpoint) {
    std::string text;
    for (EndpointEvent event; endpoint.poll_event(event);) {
      if (event.what == EndpointEvent::What::timer_armed) text += std::string{to_string(event.timer)} + " ";
      if (event.what != EndpointEvent::What::state_changed) continue;
      text += std::string{to_string(event.from)} + ">" + std::string{to_string(event.to)} + " ";
    }
    return text;
  }

  const OsProfile& profile_ = *find_profile("rfc");
  TickClock clock_{profile_.clock, Duration{}};
  BlockPool pool_;
  EndpointEnv env_{profile_, rules_of(profile_).reset, clock_, pool_, {}, false, 1};
};

TEST_F(OneHost, EachEndpointTellsItsOwnWhoeverIsAskedFirst) {
  const auto one = make(1);
  const auto two = make(2);
  one->connect(kTimeZero);
  two->connect(kTimeZero);
  one->close(kTimeZero);
  EXPECT_EQ(told(*two), "CLOSED>SYN_SENT ");
  EXPECT_EQ(told(*one), "CLOSED>SYN_SENT SYN_SENT>CLOSED ");
  EXPECT_EQ(told(*one), "");
}

TEST_F(OneHost, WhatSendingDidIsToldByTheSamePoll) {
  env_.wants_timer_events = true;
  const auto one = make(1);
  one->connect(kTimeZero);
  EXPECT_EQ(told(*one), "CLOSED>SYN_SENT ");
  Packet packet;
  ASSERT_TRUE(one->poll_segment(kTimeZero, packet));
  EXPECT_EQ(told(*one), std::string{to_string(Timer::retransmit)} + " ");
}

TEST_F(OneHost, AnEndpointThatDiesUnheardLeavesNothingBehind) {
  for (int i = 0; i < 100; ++i) make(1)->connect(kTimeZero);
  EXPECT_EQ(env_.events.peak(), 1u);
}

}  // namespace
}  // namespace halfopen::testing
