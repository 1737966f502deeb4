#include "sim/os/wait_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace halfopen {
namespace {

// Three who wait, by the letters a, b and c.
class WaitQueueTest : public ::testing::Test {
 protected:
  WaitQueueTest() {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      nodes[i].who = &who[i];
      queue.add(nodes[i]);
    }
  }
  // Who is woken, in order.
  std::string woken() {
    ReadyQueue ready;
    queue.wake(ready);
    std::string text;
    while (const Runnable* next = ready.pop()) text += static_cast<char>('a' + (next - who.data()));
    return text;
  }

  std::array<Runnable, 3> who;
  std::array<WaitNode, 3> nodes;
  WaitQueue queue;
};

TEST_F(WaitQueueTest, WakesInTheOrderOfWaiting) {
  EXPECT_EQ(woken(), "abc");
  EXPECT_EQ(woken(), "abc");  // they stay
}

TEST_F(WaitQueueTest, TheFirstMayLeave) {
  queue.remove(nodes[0]);
  EXPECT_EQ(woken(), "bc");
}

TEST_F(WaitQueueTest, OneBetweenOthersMayLeave) {
  queue.remove(nodes[1]);
  EXPECT_EQ(woken(), "ac");
}

TEST_F(WaitQueueTest, TheLastMayLeaveAndComeAgain) {
  queue.remove(nodes[2]);
  EXPECT_EQ(woken(), "ab");
  queue.add(nodes[2]);
  EXPECT_EQ(woken(), "abc");
}

TEST_F(WaitQueueTest, WhoLeavesAndComesAgainIsTheLast) {
  queue.remove(nodes[0]);
  queue.add(nodes[0]);
  EXPECT_EQ(woken(), "bca");
}

TEST_F(WaitQueueTest, IsEmptyWhenAllHaveLeft) {
  for (WaitNode& node : nodes) {
    EXPECT_FALSE(queue.empty());
    queue.remove(node);
  }
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(woken(), "");
}

}  // namespace
}  // namespace halfopen
