#include "sim/tcp/patience.h"

#include <gtest/gtest.h>

#include <vector>

namespace halfopen::test {
namespace {

using namespace std::chrono_literals;
using Answer = Patience::Answer;

class PatienceTest : public ::testing::Test {
 protected:
  explicit PatienceTest(const char* row = "linux-6.18") : os{*find_profile(row)}, clock{os.clock, 0ms} {}
  Patience::Around at(Duration since) {
    return {.os = os,
            .options = options,
            .clock = clock,
            .now = kTimeZero + since,
            .last_received = last,
            .orphan = orphan};
  }
  void expire(int times) {
    for (int i = 0; i < times; ++i) patience.on_expiry(true);
  }
  bool is_over(Duration since_first_repair, bool closed = false) {
    return patience.is_over(at(since_first_repair), kTimeZero, kTimeZero - 1s, closed);
  }
  const OsProfile& os;
  TickClock clock;
  SocketOptions options;
  Patience patience;
  TimePoint last = kTimeZero;
  bool orphan = false;
};

class PatienceOfBsd : public PatienceTest {
 protected:
  PatienceOfBsd() : PatienceTest{"4.4bsd"} {}
};

// tcp_retries2 15 is a time, 924.6 s (Documentation/networking/ip-sysctl.rst).
TEST_F(PatienceTest, LinuxGivesUpAfterATime) {
  EXPECT_FALSE(is_over(2000s));  // nothing was sent again yet
  expire(3);
  EXPECT_FALSE(is_over(924'599ms));
  EXPECT_TRUE(is_over(924'600ms));
  orphan = true;  // eight of them
  EXPECT_FALSE(is_over(102'199ms));
  EXPECT_TRUE(is_over(102'200ms));
}

TEST_F(PatienceTest, TheUsersLimitTakesThePlaceOfTheRetries) {
  options.user_timeout = 10s;
  expire(1);
  EXPECT_FALSE(is_over(9999ms));
  EXPECT_TRUE(is_over(10s));
  EXPECT_EQ(Patience::within_limit(at(9s), kTimeZero, 5s), 1s);
  EXPECT_EQ(Patience::within_limit(at(9s), kNever, 5s), 5s);
  EXPECT_EQ(Patience::within_limit(at(20s), kTimeZero, 5s), clock.tick());
}

// net/ipv4/tcp_timer.c tcp_rtx_probe0_timed_out: while it answers with a closed window, 240 s of silence.
TEST_F(PatienceTest, APeerThatTookItsWindowBackIsWaitedForWhileItAnswers) {
  expire(15);
  last = kTimeZero + 1000s;
  EXPECT_FALSE(is_over(1240s, true));
  EXPECT_TRUE(is_over(1241s, true));
  EXPECT_TRUE(is_over(1100s));
}

// Twelve retransmissions (netinet/tcp_timer.h TCP_MAXRXTSHIFT), however long they take.
TEST_F(PatienceOfBsd, BsdGivesUpAfterANumber) {
  expire(11);
  EXPECT_FALSE(is_over(10'000s));
  expire(1);
  EXPECT_TRUE(is_over(1s));
}

// tcp_syn_retries 6, and four timeouts of 1 s before they double: 131 s and no more than the 127 s that the
// doublings alone would take.
TEST_F(PatienceTest, ASynHasAnotherLimit) {
  expire(8);
  EXPECT_FALSE(patience.is_syn_over(at(126'999ms), kTimeZero));
  EXPECT_TRUE(patience.is_syn_over(at(127s), kTimeZero));
  expire(2);
  EXPECT_TRUE(patience.is_syn_over(at(1s), kTimeZero));
  options.syn_retries = 1;
  Patience fresh;
  fresh.on_expiry(false);
  EXPECT_FALSE(fresh.is_syn_over(at(2999ms), kTimeZero));
  EXPECT_TRUE(fresh.is_syn_over(at(3s), kTimeZero));
}

TEST_F(PatienceTest, AnAckMakesItAsAtFirst) {
  expire(40);
  EXPECT_EQ(patience.expiries(), 40u);
  EXPECT_EQ(patience.backoff(), 32u);
  patience.take_back();
  EXPECT_EQ(patience.backoff(), 31u);
  patience.on_progress();
  EXPECT_EQ(patience.expiries(), 0u);
  EXPECT_EQ(patience.backoff(), 31u);  // until a round trip is measured (RFC 6298 section 5.7)
  patience.on_sample();
  EXPECT_EQ(patience.backoff(), 0u);
}

// Probes double up to 120 s; answers set the count back, not the wait.
TEST_F(PatienceTest, WindowProbesDouble) {
  std::vector<Duration> delays;
  for (int i = 0; i < 11; ++i) {
    delays.push_back(patience.persist_delay(at(0s), 200ms));
    EXPECT_EQ(patience.on_persist_timer(at(0s), 200ms), Answer::ask);
    patience.on_ack(false);
  }
  EXPECT_EQ(delays[0], 200ms);
  EXPECT_EQ(delays[1], 400ms);
  EXPECT_EQ(delays[9], 102'400ms);
  EXPECT_EQ(delays[10], 120s);
  patience.on_window_open();
  EXPECT_EQ(patience.persist_delay(at(0s), 200ms), 200ms);
}

TEST_F(PatienceTest, FifteenWindowProbesWithoutAnswerAreTheEnd) {
  for (int i = 0; i < 15; ++i) EXPECT_EQ(patience.on_persist_timer(at(0s), 200ms), Answer::ask) << i;
  EXPECT_EQ(patience.on_persist_timer(at(0s), 200ms), Answer::die);
}

// Of probes that are answered the user's limit counts from the first.
TEST_F(PatienceTest, AnswersDoNotHelpAgainstTheUsersLimit) {
  options.user_timeout = 10s;
  EXPECT_EQ(patience.on_persist_timer(at(1s), 200ms), Answer::ask);
  patience.on_ack(false);
  EXPECT_EQ(patience.within_probing(at(10s), 5s), 1s);
  EXPECT_EQ(patience.on_persist_timer(at(10'999ms), 200ms), Answer::ask);
  patience.on_ack(false);
  EXPECT_EQ(patience.on_persist_timer(at(11s), 200ms), Answer::die);
  patience.on_ack(true);
  EXPECT_EQ(patience.on_persist_timer(at(12s), 200ms), Answer::ask);
}

// tcp_keepalive_time, _intvl and _probes: 7200 s, 75 s, 9.
TEST_F(PatienceTest, KeepaliveAsksNineTimes) {
  const Patience::Keepalive soon = patience.on_keepalive_timer(at(7000s), false, true);
  EXPECT_EQ(soon.what, Answer::wait);
  EXPECT_EQ(soon.wait, 200s);
  Duration now = 7200s;
  for (int i = 0; i < 9; ++i, now += 75s) {
    const Patience::Keepalive next = patience.on_keepalive_timer(at(now), false, true);
    EXPECT_EQ(next.what, Answer::ask);
    EXPECT_EQ(next.wait, 75s);
  }
  EXPECT_EQ(patience.on_keepalive_timer(at(now), false, true).what, Answer::die);
}

// What is out has a timer of its own (net/ipv4/tcp_timer.c tcp_keepalive_timer).
TEST_F(PatienceTest, KeepaliveWaitsWhileDataIsOut) {
  const Patience::Keepalive next = patience.on_keepalive_timer(at(8000s), true, true);
  EXPECT_EQ(next.what, Answer::wait);
  EXPECT_EQ(next.wait, 7200s);
}

// netinet/tcp_timer.c: dead after the idle time and eight intervals, 14,400 halves of a second and 8 times
// 150.
TEST_F(PatienceOfBsd, KeepaliveOfBsdIsATime) {
  EXPECT_EQ(patience.on_keepalive_timer(at(7200s), true, true).what, Answer::ask);
  EXPECT_EQ(patience.on_keepalive_timer(at(7799s), true, true).what, Answer::ask);
  EXPECT_EQ(patience.on_keepalive_timer(at(7800s), true, true).what, Answer::die);
  EXPECT_EQ(patience.on_keepalive_timer(at(9000s), false, false).what, Answer::wait);
}

}  // namespace
}  // namespace halfopen::test
