// How programs learn, by every way that a real one was seen to take.
#include "capture/note/notice.h"

#include <gtest/gtest.h>

namespace halfopen {
namespace {

struct CallSpec {
  std::string call;
  std::int64_t result = 0;
  Errno error = Errno::none;
  Duration waited{};
  std::string args = "3";
  std::string detail = {};
};

class NoticeTest : public testing::Test {
 protected:
  // What the call told, or "".
  std::string told(const CallSpec& spec) {
    now_ += 1s;
    const auto notice = watch_.on_note(CallNote{.at = now_,
                                                .began = now_ - spec.waited,
                                                .host = HostId::client,
                                                .program = "nc",
                                                .pid = 7,
                                                .call = spec.call,
                                                .args = spec.args,
                                                .result = spec.result,
                                                .error = static_cast<int>(spec.error),
                                                .detail = spec.detail});
    return notice ? notice->what : "";
  }
  std::string told(ProcessNote::What what, int signal) {
    const auto notice = watch_.on_note(ProcessNote{.at = now_,
                                                   .host = HostId::client,
                                                   .program = "nc",
                                                   .pid = 7,
                                                   .what = what,
                                                   .signal = signal,
                                                   .status = 0,
                                                   .text = {}});
    return notice ? notice->what : "";
  }
  NoticeWatch watch_;
  TimePoint now_ = kTimeZero;
};

TEST_F(NoticeTest, AnErrorAndAnEndAreToldAndDataIsNot) {
  EXPECT_EQ(told({.call = "recv", .result = -1, .error = Errno::timedout}), "recv() = -1 ETIMEDOUT");
  EXPECT_EQ(told({.call = "recvmmsg", .result = -1, .error = Errno::connreset}),
            "recvmmsg() = -1 ECONNRESET");
  EXPECT_EQ(told({.call = "sendfile", .result = -1, .error = Errno::pipe}), "sendfile() = -1 EPIPE");
  EXPECT_EQ(told({.call = "read", .result = 0}), "read() = 0");
  EXPECT_EQ(told({.call = "read", .result = 5}), "");
  EXPECT_EQ(told({.call = "write", .result = 5}), "");
}

TEST_F(NoticeTest, WhatIsNotThereYetIsNoNoticeUnlessItWasWaitedFor) {
  EXPECT_EQ(told({.call = "read", .result = -1, .error = Errno::again}), "");
  EXPECT_EQ(told({.call = "read", .result = -1, .error = Errno::again, .waited = 9ms}), "");
  EXPECT_EQ(told({.call = "read", .result = -1, .error = Errno::again, .waited = 10ms}),
            "read() = -1 EAGAIN");
  EXPECT_EQ(told({.call = "connect", .result = -1, .error = Errno::inprogress}), "");
  EXPECT_EQ(told({.call = "read", .result = -1, .error = Errno::intr, .waited = 5s}), "");
}

TEST_F(NoticeTest, PollTellsByWhatItFoundNotByWhatItWasAskedFor) {
  const std::string asked = "[{fd=3, events=POLLIN|POLLRDHUP}], 1, -1";
  EXPECT_EQ(told({.call = "poll", .result = 1, .args = asked, .detail = "([{fd=3, revents=POLLIN}])"}), "");
  EXPECT_EQ(told({.call = "poll",
                  .result = 1,
                  .args = asked,
                  .detail = "([{fd=3, revents=POLLIN|POLLERR|POLLHUP}])"}),
            "poll() = 1, POLLERR|POLLHUP");
}

TEST_F(NoticeTest, TheEndOfTheTerminalIsNoNotice) {
  EXPECT_EQ(told({.call = "poll", .result = 1, .detail = "([{fd=0, revents=POLLHUP}])"}), "");
  EXPECT_EQ(
      told({.call = "poll", .result = 2, .detail = "([{fd=0, revents=POLLHUP}, {fd=4, revents=POLLRDHUP}])"}),
      "poll() = 2, POLLRDHUP");
}

TEST_F(NoticeTest, EpollTellsAmongItsArguments) {
  EXPECT_EQ(
      told({.call = "epoll_wait", .result = 1, .args = "4, [{events=EPOLLIN, data={u32=5, u64=5}}], 16, -1"}),
      "");
  EXPECT_EQ(told({.call = "epoll_pwait2",
                  .result = 1,
                  .args = "4, [{events=EPOLLIN|EPOLLERR|EPOLLHUP, data={u32=5, u64=5}}], 16, NULL, NULL, 8"}),
            "epoll_pwait2() = 1, EPOLLERR|EPOLLHUP");
}

TEST_F(NoticeTest, AnErrorThatIsFetchedIsTold) {
  EXPECT_EQ(told({.call = "getsockopt", .args = "3, SOL_SOCKET, SO_ERROR", .detail = "[0]"}), "");
  EXPECT_EQ(told({.call = "getsockopt", .args = "3, SOL_SOCKET, SO_ERROR", .detail = "[ECONNREFUSED]"}),
            "getsockopt(SO_ERROR) = ECONNREFUSED");
  EXPECT_EQ(told({.call = "getsockopt", .args = "3, SOL_SOCKET, SO_RCVBUF", .detail = "[131072]"}), "");
}

// psql gives up by itself; redis waits in turns of a tenth of a second, and goes on.
TEST_F(NoticeTest, AWaitThatRanOutIsANoticeForWhoThenGivesUp) {
  const CallSpec ran_out{.call = "poll", .result = 0, .waited = 5s, .detail = "(Timeout)"};
  EXPECT_EQ(told(ran_out), "");
  EXPECT_EQ(told({.call = "close", .result = 0}), "poll() = 0, timed out after 5 s");
  EXPECT_EQ(told({.call = "close", .result = 0}), "");
  EXPECT_EQ(told(ran_out), "");
  EXPECT_EQ(told({.call = "write", .result = 1}), "");
  EXPECT_EQ(told({.call = "close", .result = 0}), "");
  EXPECT_EQ(told(ran_out), "");
  EXPECT_EQ(told(ProcessNote::What::exited, 0), "poll() = 0, timed out after 5 s");
  EXPECT_EQ(told({.call = "poll", .result = 0, .detail = "(Timeout)"}), "");  // asked without waiting
  EXPECT_EQ(told(ProcessNote::What::exited, 0), "");
}

TEST_F(NoticeTest, TheSignalOfABrokenPipeIsOneAndOthersAreNot) {
  EXPECT_EQ(told(ProcessNote::What::signalled, 13), "SIGPIPE");
  EXPECT_EQ(told(ProcessNote::What::killed, 13), "SIGPIPE");
  EXPECT_EQ(told(ProcessNote::What::killed, 9), "");
}

}  // namespace
}  // namespace halfopen
