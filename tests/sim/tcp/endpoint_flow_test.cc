// Windows, Nagle, and when acknowledgments leave.
#include <gtest/gtest.h>

#include "sim/tcp/sysctl.h"
#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

constexpr const char* kEvery[] = {"4.4bsd", "linux-6.1", "linux-6.18", "freebsd-14", "rfc"};

// --- The window we offer

// Measured: after 20, 200 and (server) 100 bytes the fields are 502, 501 and 509 with a scale of 7.
TEST(OfferedWindow, LinuxKeepsTheRightEdgeOfItsSyn) {
  Alone a{"linux-6.1"};
  a.open();
  EXPECT_EQ(a.pair.rungs[1].packet.segment()->window, 502);
  a.take(a.segment(tcp_flag::ack, std::string(20, 'd')));
  EXPECT_EQ(a.last().window, 502);
  Alone b{"linux-6.1"};
  b.open().take(b.segment(tcp_flag::ack, std::string(200, 'd')));
  EXPECT_EQ(b.last().window, 501);
  Alone server{"linux-6.1"};
  server.accept().take(server.segment(tcp_flag::ack, std::string(100, 'd')));
  EXPECT_EQ(server.last().window, 509);
}

// netinet/tcp_input.c tcp_mss: 8192 rounded up to whole segments.
TEST(OfferedWindow, BsdRoundsItsBufferToSegments) {
  Alone a{"4.4bsd"};
  a.open(20ms, {.timestamps = false});
  EXPECT_EQ(a.last().window, 8760);
}

// RFC 9293 section 3.8.6: the right edge never moves back, whatever comes in and is not read.
TEST(OfferedWindow, TheRightEdgeNeverMovesBack) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.open();
    a.pair.a.reads = false;
    Seq edge = a.tcp().info().rcv_nxt + a.tcp().info().rcv_wnd;
    for (int i = 0; i < 300; ++i) {
      const std::uint32_t room = a.tcp().info().rcv_wnd;
      if (room > 0) a.take(a.segment(tcp_flag::ack, std::string(std::min<std::size_t>(room, 700), 'd')));
      a.run(50ms);
      const Seq next = a.tcp().info().rcv_nxt + a.tcp().info().rcv_wnd;
      ASSERT_FALSE(next.before(edge)) << os << " " << i;
      edge = next;
    }
  }
}

// RFC 9293 section 3.8.6.2.2: a closed window opens by a segment or half the buffer, not by crumbs.
TEST(OfferedWindow, AReaderOfSingleBytesDoesNotOpenItInCrumbs) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.pair.a.options.receive_buffer = 16'384;
    a.open();
    a.pair.a.reads = false;
    for (int i = 0; i < 200 && a.tcp().info().rcv_wnd > 0; ++i) {
      a.take(a.segment(tcp_flag::ack, std::string(std::min<std::size_t>(a.tcp().info().rcv_wnd, 1000), 'd')));
      a.run(50ms);
    }
    a.run(1s);
    ASSERT_EQ(a.tcp().info().rcv_wnd, 0u) << os;
    (void)a.sent();
    std::array<std::uint8_t, 1> byte;
    for (int i = 0; i < 300; ++i) {
      a.tcp().read(a.now(), byte);
      a.pair.after_input(a.pair.a);
    }
    EXPECT_EQ(a.sent(), "") << os;
    std::array<std::uint8_t, 16'384> rest;
    a.tcp().read(a.now(), rest);
    a.pair.after_input(a.pair.a);
    EXPECT_NE(a.sent(), "") << os;
    EXPECT_GE(a.tcp().info().rcv_wnd, 1448u) << os;
  }
}

// --- Nagle and silly windows at the sender

// RFC 896: 2000 bytes are a segment and a rest that waits. Linux (Minshall): only a small one before it makes
// it wait. BSD looks once, before the first of them leaves.
TEST(Nagle, TheRestOfAWriteWaitsOrNot) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.ideal().open(20ms, {.timestamps = false}).run(1s);
    for (int i = 0; i < 4; ++i) {  // 4.4BSD begins with one segment, and two must fit into the window
      a.write(1460).run(20ms);
      a.take(a.segment(tcp_flag::ack));
    }
    (void)a.sent();
    const Seq start = a.tcp().info().snd_nxt;
    a.write(2000);
    const std::uint32_t goes = std::string_view{os} == "rfc" ? 1460 : 2000;
    EXPECT_EQ(distance(start, a.tcp().info().snd_nxt), goes) << os;
    a.write(10);
    EXPECT_EQ(distance(start, a.tcp().info().snd_nxt), goes) << os;
    a.run(20ms);
    a.take(a.segment(tcp_flag::ack));
    EXPECT_EQ(distance(start, a.tcp().info().snd_nxt), 2010u) << os;
  }
}

TEST(Nagle, IsOffWithNodelay) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.pair.a.options.nodelay = true;
    a.ideal().open().run(1s);
    a.write(10).write(10).write(10);
    EXPECT_EQ(a.sent(), "> P. 1:11(10) ack 1\n> P. 11:21(10) ack 1\n> P. 21:31(10) ack 1\n") << os;
  }
}

TEST(Nagle, ALoneSmallWriteGoesAtOnce) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.open().run(1s);
    a.write(1);
    EXPECT_EQ(a.sent(), "> P. 1:2(1) ack 1\n") << os;
  }
}

// RFC 9293 section 3.8.6.2.1: no small segments into a window that could take a large one soon.
TEST(SillyWindow, TheSenderWaitsForRoomForASegment) {
  for (const char* os : kEvery) {
    Alone a{os};
    a.ideal().open(20ms, {.timestamps = false, .scale = std::nullopt, .window = 8000}).run(1s);
    Segment s = a.segment(tcp_flag::ack);
    s.window = 1000;
    a.take(s);
    a.write(5000);
    EXPECT_EQ(a.sent(), "") << os;
    s.window = 1460;
    a.take(s);
    EXPECT_EQ(a.sent(), "> . 1:1461(1460) ack 1\n") << os;
  }
}

// --- When acknowledgments leave

// netinet/tcp_timer.c tcp_fasttimo: at the next tick of 200 ms.
TEST(DelayedAck, BsdsComesAtTheNextTick) {
  Alone a{"4.4bsd"};
  a.open().run(at(1'130ms) - a.now());
  a.take(a.segment(tcp_flag::ack, "data"));
  EXPECT_EQ(a.sent(), "");
  a.run(70ms - 1ns);
  EXPECT_EQ(a.sent(), "");
  a.run(1ns);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 5\n");
  EXPECT_EQ(a.now(), at(1200ms));
}

TEST(DelayedAck, BsdAnswersEverySecondSegmentAsItsReaderMakesRoom) {
  Alone a{"4.4bsd"};
  a.open(20ms, {.timestamps = false}).run(1s);
  a.take(a.segment(tcp_flag::ack, std::string(1460, 'd')));
  EXPECT_EQ(a.sent(), "");
  a.take(a.segment(tcp_flag::ack, std::string(1460, 'd')));
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 2921\n");
}

TEST(DelayedAck, FreebsdAndTheRfcsWaitForASecondSegmentOrTheirTime) {
  for (const auto& [os, wait] : {std::pair<const char*, Duration>{"freebsd", 40ms}, {"rfc", 200ms}}) {
    Alone a{os};
    a.ideal().open().run(1s);
    a.take(a.segment(tcp_flag::ack, "one"));
    EXPECT_EQ(a.sent(), "") << os;
    a.take(a.segment(tcp_flag::ack, "two"));
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 7\n") << os;
    a.take(a.segment(tcp_flag::ack, "one"));
    a.run(wait - 1ns);
    EXPECT_EQ(a.sent(), "") << os;
    a.run(1ns);
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 10\n") << os;
    EXPECT_EQ(a.last_cause(), Cause::ack_delayed) << os;
  }
}

TEST(DelayedAck, WithoutDelayEverySegmentIsAnsweredAtOnce) {
  Alone a{"freebsd"};
  ASSERT_EQ(set_sysctl(a.os(), "net.inet.tcp.delayed_ack", "0").what, SysctlOutcome::What::applied);
  a.open().run(1s);
  a.take(a.segment(tcp_flag::ack, "one"));
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 4\n");
}

// net/ipv4/tcp_input.c tcp_event_data_recv: sixteen at once, then after 40 ms (to the next jiffy and one).
TEST(DelayedAck, LinuxAnswersSixteenAtOnceAndThenDelays) {
  Alone a{"linux"};
  a.ideal().open().run(1s);
  a.pair.a.reads = false;
  int at_once = 0;
  for (int i = 0; i < 16; ++i) {
    a.take(a.segment(tcp_flag::ack, "small"));
    at_once += a.sent().empty() ? 0 : 1;
  }
  EXPECT_EQ(at_once, 16);
  a.take(a.segment(tcp_flag::ack, "small"));
  EXPECT_EQ(a.sent(), "");
  a.run(40ms - 1ns);
  EXPECT_EQ(a.sent(), "");
  a.run(1ns);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 86\n");
}

// A FIN on a connection that never received data: at the next jiffy; after data: 40 ms (measured).
TEST(DelayedAck, LinuxsAckOfAFinWaitsForTheProcess) {
  Alone a{"linux"};
  a.open().run(at(1s) - a.now());
  a.take(a.segment(tcp_flag::ack | tcp_flag::fin));
  EXPECT_EQ(a.sent(), "");
  a.run(4ms);
  EXPECT_EQ(a.sent(), "> . 1:1(0) ack 2\n");
  Alone b{"linux"};
  b.ideal().open().take(b.segment(tcp_flag::ack, "data"));
  b.run(1s);
  (void)b.sent();
  b.take(b.segment(tcp_flag::ack | tcp_flag::fin));
  b.run(40ms - 1ns);
  EXPECT_EQ(b.sent(), "");
  b.run(1ns);
  EXPECT_EQ(b.sent(), "> . 1:1(0) ack 6\n");
}

TEST(DelayedAck, TheOthersAcknowledgeAFinAtOnce) {
  for (const char* os : {"4.4bsd", "freebsd", "rfc"}) {
    Alone a{os};
    a.open().run(1s);
    a.take(a.segment(tcp_flag::ack | tcp_flag::fin));
    EXPECT_EQ(a.sent(), "> . 1:1(0) ack 2\n") << os;
  }
}

TEST(DelayedAck, RidesOnDataThatIsSent) {
  for (const char* os : {"4.4bsd", "freebsd", "rfc"}) {
    Alone a{os};
    a.open().run(1s);
    a.take(a.segment(tcp_flag::ack, "ask"));
    a.write(6);
    EXPECT_EQ(a.sent(), "> P. 1:7(6) ack 4\n") << os;
    EXPECT_NE(a.tcp().next_deadline().why, Timer::delayed_ack) << os;
  }
}

}  // namespace
}  // namespace halfopen::testing
