// The prose behind each rung.
#include "sim/why/rules.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

TEST(Rules, EachCauseIsDescribedInOneLineOfItsOwn) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kCauses; ++i) {
    const std::string_view text = describe(static_cast<Cause>(i));
    EXPECT_FALSE(text.empty()) << i;
    EXPECT_EQ(text.find('\n'), std::string_view::npos) << text;
    EXPECT_NE(text.back(), '.') << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(Rules, EachCauseButTheUnknownHasAStandardBehindIt) {
  for (std::size_t i = 1; i < kCauses; ++i) {
    for (const OsFamily family : {OsFamily::bsd44, OsFamily::linux_os, OsFamily::freebsd, OsFamily::rfc}) {
      EXPECT_NE(rule_behind(static_cast<Cause>(i), family).find("RFC "), std::string::npos) << i;
    }
  }
  EXPECT_EQ(rule_behind(Cause::unknown, OsFamily::linux_os), "");
}

TEST(Rules, ARuleNamesTheStandardAndThenTheSystem) {
  EXPECT_EQ(rule_behind(Cause::tail_loss_probe, OsFamily::linux_os),
            "RFC 8985 section 7.3; net/ipv4/tcp_output.c tcp_send_loss_probe");
  EXPECT_EQ(rule_behind(Cause::tail_loss_probe, OsFamily::bsd44), "RFC 8985 section 7.3");
  EXPECT_EQ(rule_behind(Cause::retransmit_timeout, OsFamily::rfc), "RFC 6298 section 5.4");
  EXPECT_EQ(rule_behind(Cause::retransmit_timeout, OsFamily::freebsd),
            "RFC 6298 section 5.4; netinet/tcp_timer.c tcp_timer_rexmt");
  EXPECT_EQ(rule_behind(Cause::retransmit_timeout, OsFamily::bsd44),
            "RFC 6298 section 5.4; TCP/IP Illustrated 1, 21.2; netinet/tcp_timer.c tcp_timers: TCPT_REXMT");
}

TEST(Explain, TellsStateCauseAndWhatComesNext) {
  const Why why{.cause = Cause::retransmit_timeout,
                .before = State::established,
                .after = State::established,
                .next_timer = Timer::retransmit,
                .retransmission = 3,
                .next_deadline = kTimeZero + 20s};
  EXPECT_EQ(
      explain(why, kTimeZero + 8s),
      "ESTABLISHED: retransmission 3, the retransmission timer ran out; next: retransmission timer in 12 s");
}

TEST(Explain, TellsBothStatesOfAChange) {
  const Why why{.cause = Cause::close, .before = State::established, .after = State::fin_wait_1};
  EXPECT_EQ(explain(why, kTimeZero), "ESTABLISHED to FIN_WAIT_1: the process let go: the end of the stream");
}

TEST(Explain, TellsFirstSendingsFromRetransmissions) {
  Why why{.cause = Cause::tail_loss_probe, .before = State::established, .after = State::established};
  EXPECT_EQ(explain(why, kTimeZero),
            "ESTABLISHED: tail loss probe: the last segment again, to provoke an ACK");
  why.retransmission = 1;
  EXPECT_EQ(explain(why, kTimeZero),
            "ESTABLISHED: retransmission 1, tail loss probe: the last segment again, to provoke an ACK");
}

TEST(Explain, RoundsTheNextDeadlineToMicroseconds) {
  Why why{.cause = Cause::new_data,
          .before = State::established,
          .after = State::established,
          .next_timer = Timer::loss_probe,
          .next_deadline = kTimeZero + 220'000'400ns};
  EXPECT_EQ(explain(why, kTimeZero), "ESTABLISHED: data not sent before; next: tail loss probe in 220 ms");
  why.next_deadline = kTimeZero + 1500ms;
  EXPECT_EQ(explain(why, kTimeZero), "ESTABLISHED: data not sent before; next: tail loss probe in 1.5 s");
  why.next_deadline = kTimeZero;
  EXPECT_EQ(explain(why, kTimeZero + 1s), "ESTABLISHED: data not sent before; next: tail loss probe now");
}

TEST(Explain, LeavesOutTheStateWhereThereIsNoConnection) {
  EXPECT_EQ(explain({.cause = Cause::rst_no_connection}, kTimeZero),
            "a segment for a connection that is not known here: reset");
  EXPECT_EQ(explain({.cause = Cause::icmp_error}, kTimeZero), "an ICMP error for a packet that went nowhere");
  EXPECT_EQ(explain({}, kTimeZero), "a kernel sent it and does not say why");
}

}  // namespace
}  // namespace halfopen
