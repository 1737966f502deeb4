// ICMP errors about our segments: RFC 9293 section 3.9.2.2, RFC 5927, RFC 6069, RFC 1191.
#include <gtest/gtest.h>

#include "tests/sim/tcp/story.h"

namespace halfopen::testing {
namespace {

void icmp(Alone& a, IcmpKind kind, int ahead = 0, std::uint32_t mtu = 0) {
  const Seq quoted{a.tcp().info().snd_una.wire() + static_cast<std::uint32_t>(ahead)};
  a.tcp().on_icmp(a.now(), kind, quoted, mtu);
  a.pair.after_input(a.pair.a);
}

TEST(Icmp, LinuxEndsAConnectAtOnceAndTheRfcsOnlyForHardErrors) {
  struct Row {
    const char* os;
    IcmpKind kind;
    Errno error;  // none: the attempt goes on
  };
  for (const Row& row : {Row{"linux", IcmpKind::host_unreachable, Errno::hostunreach},
                         Row{"linux", IcmpKind::port_unreachable, Errno::connrefused},
                         Row{"linux", IcmpKind::source_quench, Errno::none},
                         Row{"4.4bsd", IcmpKind::host_unreachable, Errno::none},
                         Row{"freebsd", IcmpKind::port_unreachable, Errno::connrefused},
                         Row{"freebsd", IcmpKind::host_unreachable, Errno::none},
                         Row{"rfc", IcmpKind::host_unreachable, Errno::none},
                         Row{"rfc", IcmpKind::port_unreachable, Errno::connrefused}}) {
    Alone a{row.os};
    a.pair.start_connect();
    icmp(a, row.kind);
    EXPECT_EQ(a.tcp().peek_error(), row.error) << row.os;
    EXPECT_EQ(a.state(), row.error == Errno::none ? State::syn_sent : State::closed) << row.os;
  }
}

// netinet/tcp_subr.c tcp_notify: remembered, and the errno of the timeout that follows.
TEST(Icmp, ASoftErrorBecomesTheErrnoOfTheConnectTimeout) {
  Alone a{"4.4bsd"};
  a.pair.start_connect();
  icmp(a, IcmpKind::host_unreachable);
  a.run_out();
  EXPECT_EQ(a.tcp().peek_error(), Errno::hostunreach);
}

TEST(Icmp, AnEstablishedConnectionSurvivesUnreachableEverywhere) {
  for (const char* os : {"4.4bsd", "linux", "freebsd", "rfc"}) {
    Alone a{os};
    a.open().run(1s);
    a.write(10);
    icmp(a, IcmpKind::host_unreachable);
    icmp(a, IcmpKind::net_unreachable);
    EXPECT_EQ(a.state(), State::established) << os;
    const bool remembers = std::string_view{os} == "linux" || std::string_view{os} == "rfc";
    EXPECT_EQ(a.tcp().soft_error() != Errno::none, remembers) << os;
    a.take(a.segment(tcp_flag::ack));
    EXPECT_EQ(a.tcp().soft_error(), Errno::none) << os;
  }
}

TEST(Icmp, ASoftErrorIsTheErrnoOfALaterTimeout) {
  Alone a{"linux"};
  a.ideal().open().run(1s);
  a.write(10);
  icmp(a, IcmpKind::net_unreachable);
  a.run_out();
  EXPECT_EQ(a.tcp().peek_error(), Errno::netunreach);
}

// RFC 5927 section 4.1: only what is in flight can be meant.
TEST(Icmp, AQuoteOutsideOfWhatIsInFlightIsIgnored) {
  Alone a{"rfc"};
  a.open().run(1s);
  a.write(10);
  icmp(a, IcmpKind::port_unreachable, -1);
  icmp(a, IcmpKind::port_unreachable, 11);
  EXPECT_EQ(a.state(), State::established);
  icmp(a, IcmpKind::port_unreachable, 0);
  EXPECT_EQ(a.state(), State::closed);
  EXPECT_EQ(a.tcp().peek_error(), Errno::connrefused);
}

// RFC 6069; measured with an ICMP error after each packet: 0 .225 .453 .677 .902, and so on at a constant
// interval.
TEST(Icmp, LinuxUndoesTheBackoffForEachUnreachable) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(10);
  for (int i = 0; i < 6; ++i) {
    icmp(a, IcmpKind::host_unreachable);
    a.run(a.tcp().next_deadline().when - a.now());
  }
  EXPECT_EQ(a.sent_at(at(1s)), "0.000 0.220 0.440 0.660 0.880 1.100 1.320");
}

// A late one: when the shorter timeout has passed already, the segment goes at once.
TEST(Icmp, ALateUnreachableRepeatsTheSegmentAtOnce) {
  Alone a{"linux"};
  a.ideal().open().run(at(1s) - a.now());
  a.write(10).run(440ms + 300ms);
  (void)a.sent();
  icmp(a, IcmpKind::host_unreachable);
  a.run(0ns);
  EXPECT_EQ(a.sent(), "> P. 1:11(10) ack 1\n");
}

TEST(Icmp, TheUnreachableConnectionGivesUpWithItsErrnoAfterTheBudget) {
  Alone a{"linux"};
  a.os().retransmit.retries.value = 5;
  a.ideal().open().run(at(1s) - a.now());
  a.write(10);
  while (a.state() == State::established && a.now() < at(100s)) {
    icmp(a, IcmpKind::host_unreachable);
    a.run(a.tcp().next_deadline().when - a.now());
  }
  EXPECT_EQ(a.tcp().peek_error(), Errno::hostunreach);
  EXPECT_GE(a.now(), at(1s + 440ms + 12'600ms));
  EXPECT_LE(a.now(), at(1s + 440ms + 12'600ms + 220ms));
}

// RFC 1191: smaller segments from now on, and what was too large again.
TEST(Icmp, FragmentationNeededResendsInSmallerSegments) {
  for (const char* os : {"linux", "freebsd", "rfc"}) {
    Alone a{os};
    a.ideal().open().run(1s);
    a.write(2896);
    (void)a.sent();
    icmp(a, IcmpKind::fragmentation_needed, 0, 1000);
    EXPECT_EQ(a.tcp().info().mss, 1000u - 52) << os;
    EXPECT_EQ(a.sent().substr(0, 21), "> . 1:949(948) ack 1\n") << os;
    for (int i = 0; i < 20 && a.tcp().info().snd_una != a.tcp().info().snd_nxt; ++i) {
      a.run(20ms);
      const Segment& last = a.last();
      Segment s = a.segment(tcp_flag::ack);
      s.ack = later(a.tcp().info().snd_una, last.end());
      a.take(s);
      for (std::size_t k = a.pair.rungs.size(); k > 0 && a.pair.rungs[k - 1].at == a.now(); --k) {
        EXPECT_LE(wire_size(a.pair.rungs[k - 1].packet), 1000u);
      }
    }
    EXPECT_EQ(a.tcp().info().snd_una, a.pair.a.iss + 2897) << os;
  }
}

TEST(Icmp, ALargerOrAbsurdMtuChangesNothingOrLittle) {
  Alone a{"linux"};
  a.ideal().open().run(1s);
  a.write(100);
  icmp(a, IcmpKind::fragmentation_needed, 0, 9000);
  EXPECT_EQ(a.tcp().info().mss, 1448u);
  icmp(a, IcmpKind::fragmentation_needed, 0, 0);
  EXPECT_EQ(a.tcp().info().mss, 500u);  // min_pmtu 552
}

TEST(Icmp, ASourceQuenchLeavesBsdOneSegment) {
  Alone a{"4.4bsd"};
  a.ideal().open().run(1s);
  for (int i = 0; i < 3; ++i) {
    a.write(1448).run(20ms);
    a.take(a.segment(tcp_flag::ack));
  }
  EXPECT_GT(a.tcp().info().cwnd, 1448u);
  a.write(100);
  icmp(a, IcmpKind::source_quench);
  EXPECT_EQ(a.tcp().info().cwnd, a.tcp().info().mss + 12);  // t_maxseg is one without options
}

}  // namespace
}  // namespace halfopen::testing
