#include "cli/tell/failure.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

TEST(Failure, TypingAndRepairHarmNobody) {
  for (const char* verb :
       {"client types", "client closes input", "server process thaws", "path is restored", ""}) {
    EXPECT_EQ(harm_in(verb), "") << verb;
  }
}

TEST(Failure, EveryHarmHasAName) {
  EXPECT_EQ(harm_in("server process is killed"), "the kill");
  EXPECT_EQ(harm_in("server process is frozen"), "the freeze");
  EXPECT_EQ(harm_in("client host crashes"), "the crash");
  EXPECT_EQ(harm_in("server host reboots"), "the reboot");
  EXPECT_EQ(harm_in("server host shuts down"), "the shutdown");
  EXPECT_EQ(harm_in("path is cut"), "the cut");
  EXPECT_EQ(harm_in("path drops"), "the path's drops");
  EXPECT_EQ(harm_in("router answers"), "the router's answers");
}

TEST(Failure, TheFirstHarmCounts) {
  FailureWatch watch;
  watch.on_note(TimelineNote{.at = kTimeZero + 1s, .verb = "client types", .detail = {}});
  EXPECT_FALSE(watch.failure());
  watch.on_note(TimelineNote{.at = kTimeZero + 2s, .verb = "server host crashes", .detail = {}});
  watch.on_note(TimelineNote{.at = kTimeZero + 3s, .verb = "client host crashes", .detail = {}});
  ASSERT_TRUE(watch.failure());
  EXPECT_EQ(watch.failure()->at, kTimeZero + 2s);
  EXPECT_EQ(watch.failure()->name, "the crash");
  EXPECT_FALSE(watch.failure()->of_client);
}

}  // namespace
}  // namespace halfopen
