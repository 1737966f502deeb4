// What a packet's comments say of what happened before it.
#include "capture/note/headlines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace halfopen {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CallNote read_that_fails(TimePoint at, Errno error) {
  return {.at = at,
          .began = kTimeZero,
          .host = HostId::client,
          .program = "line-client",
          .pid = 100,
          .call = "read",
          .args = "3, 4096",
          .result = -1,
          .error = static_cast<int>(error),
          .detail = {}};
}

ProcessNote end_of(std::string program, ProcessNote::What what, int signal, int status) {
  return {.at = kTimeZero + 3s,
          .host = HostId::server,
          .program = std::move(program),
          .pid = 7,
          .what = what,
          .signal = signal,
          .status = status,
          .text = {}};
}

TEST(Headlines, TellWhatWasDoneWhatWasNoticedAndHowItEnded) {
  Headlines headlines;
  EXPECT_TRUE(headlines.empty());
  headlines.on_note(TimelineNote{.at = kTimeZero + 2s, .verb = "server host crashes", .detail = {}});
  headlines.on_note(TimelineNote{.at = kTimeZero + 2500ms, .verb = "client types", .detail = "\"a\\n\""});
  headlines.on_note(read_that_fails(kTimeZero + 545'500'001us, Errno::timedout));
  headlines.on_note(end_of("echo-server", ProcessNote::What::exited, 0, 1));
  headlines.on_note(end_of("sink", ProcessNote::What::killed, 9, 0));
  EXPECT_FALSE(headlines.empty());
  EXPECT_THAT(headlines.take(), ElementsAre("server host crashes at 2 s", "client types (\"a\\n\") at 2.5 s",
                                            "client: read() = -1 ETIMEDOUT at 545.500001 s",
                                            "server: echo-server exits with status 1 at 3 s",
                                            "server: sink is killed by SIGKILL at 3 s"));
  EXPECT_THAT(headlines.take(), IsEmpty()) << "each once";
}

TEST(Headlines, LeaveOutWhatTellsNothing) {
  Headlines headlines;
  headlines.on_note(read_that_fails(kTimeZero, Errno::again));
  headlines.on_note(RemarkNote{.at = kTimeZero, .text = "a sysctl was skipped"});
  headlines.on_note(end_of("sink", ProcessNote::What::started, 0, 0));
  EXPECT_TRUE(headlines.empty());
}

TEST(Headlines, OfACrowdTheFirstAndHowManyMore) {
  Headlines headlines;
  for (int i = 0; i < 10'000; ++i) headlines.on_note(read_that_fails(kTimeZero + 1s, Errno::connreset));
  const std::vector<std::string> lines = headlines.take();
  ASSERT_EQ(lines.size(), 17u);
  EXPECT_EQ(lines[15], "client: read() = -1 ECONNRESET at 1 s");
  EXPECT_EQ(lines[16], "and 9984 more");
}

}  // namespace
}  // namespace halfopen
