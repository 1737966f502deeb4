// Explanations name timer and rule where the packets show them. What they must not name is in causes_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/capture/compare/traces.h"

namespace halfopen {
namespace {

using namespace test;
using compare::What;
using ::testing::HasSubstr;

Compared compare_traces(const TraceOfPackets& a, const TraceOfPackets& b,
                        const std::string& tolerance = "5ms+1%") {
  const Scratch scratch;
  CompareOptions options;
  options.tolerance = tolerance;
  RunInfo run;  // so that it is known whose clock it was
  run.hosts.push_back({.id = HostId::client,
                       .address = kClientIp,
                       .kind = "kernel",
                       .os = "linux",
                       .profile = "linux-6.18",
                       .program = {}});
  return compare_files(a.write(scratch, "a.pcapng", run), b.write(scratch, "b.pcapng", run), options);
}

// Ideal timers and a round trip of exactly 20 ms, against a wheel of 250 Hz and one of 20.1 ms: the facts
// sheet's table of both.
TEST(Explain, BothCausesOfALateRetransmissionAreNamed) {
  const TraceOfPackets a = crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms, 3520ms});
  const TraceOfPackets b = crash_trace(20100us, {224ms, 452ms, 904ms, 1832ms, 3656ms});
  EXPECT_THAT(
      compare_traces(a, b).reasons(),
      ::testing::Contains("1.824 s instead of 1.760 s before the 5th retransmission: RTO 224 ms, not 220 ms "
                          "(RTT sample 20.1 ms, rounded up to 56 jiffies; +32 ms), and the timer wheel "
                          "(level 1; +32 ms)"));
}

TEST(Explain, TheWheelAloneIsNamedAlone) {
  const TraceOfPackets a = crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms, 3520ms});
  const TraceOfPackets b = crash_trace(20ms, {220ms, 444ms, 888ms, 1784ms, 3576ms});
  EXPECT_THAT(compare_traces(a, b, "2ms").reasons(),
              ::testing::Contains(
                  "1.792 s instead of 1.760 s before the 5th retransmission: the timer wheel (level 1; "
                  "+32 ms)"));
}

TEST(Explain, TheTimeoutAloneIsNamedAlone) {
  const TraceOfPackets a = crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms});
  const TraceOfPackets b = crash_trace(100ms, {300ms, 600ms, 1200ms, 2400ms});
  const std::vector<std::string> found = compare_traces(a, b).reasons();
  EXPECT_THAT(found, ::testing::Contains(
                         "600 ms instead of 440 ms before the 3rd retransmission: RTO 300 ms, not 220 "
                         "ms (RTT sample 100 ms, rounded up to 75 jiffies; +160 ms)"));
}

std::vector<Duration> doubling(int count, Duration first = 220ms) {
  std::vector<Duration> times{first, 2 * first};  // a tail loss probe, then the first timeout
  Duration gap = 2 * first;
  for (int i = 1; i < count; ++i) {
    times.push_back(times.back() + gap);
    gap = std::min<Duration>(2 * gap, 120s);
  }
  return times;
}

TEST(Explain, WhoGivesUpLaterIsToldByTheParameterAndItsBudget) {
  const Compared found = compare_traces(crash_trace(20ms, doubling(12)), crash_trace(20ms, doubling(15)));
  const std::vector<std::string> all = found.reasons();
  ASSERT_EQ(all.size(), 3u) << found.text();  // a line for each retransmission, one reason for all
  EXPECT_THAT(all[0],
              HasSubstr("Linux with tcp_retries2 12 in A and 15 in B would do so, in 564.6 s and 924.6 s"));
  EXPECT_EQ(all[1] + all[2], "");
}

TEST(Explain, AProbeOfOneSideIsExplainedWhereTheSynsDo) {
  const TraceOfPackets with = crash_trace(20ms, {220ms, 440ms, 880ms, 1760ms});
  TraceOfPackets without = crash_trace(20ms, {220ms, 660ms, 1540ms});
  const Compared extra = compare_traces(without, with);
  ASSERT_EQ(extra.differing().size(), 1u) << extra.text();
  EXPECT_EQ(extra.differing()[0].what, What::extra);
  EXPECT_THAT(extra.comparison.first,
              HasSubstr("B sends a tail loss probe (RFC 8985 section 7) that A lacks: "
                        "why cannot be told from the packets"));
  without_option_sack(without);
  const Compared no_sack = compare_traces(without, with);
  EXPECT_THAT(no_sack.differing().back().explanation, HasSubstr("no SACK was agreed in A (its SYNs)"))
      << no_sack.text();
}

TEST(Explain, BackoffThatIcmpUndoesIsNoTailLossProbeAndEndsSomewhere) {
  std::vector<Duration> constant;
  for (int i = 1; i <= 60; ++i) constant.push_back(220ms * i);
  TraceOfPackets a = crash_trace(20ms, constant);
  constant.pop_back();
  const Compared found = compare_traces(a, crash_trace(20ms, constant));
  ASSERT_EQ(found.differing().size(), 1u) << found.text();
  EXPECT_THAT(found.comparison.first, HasSubstr("60 retransmissions in 13.0 s against 59"));
}

TEST(Explain, SynRetriesAreNamed) {
  TraceOfPackets a;
  for (const Duration at : {0s, 1s, 3s, 7s}) a.add({.at = at, .flags = tcp_flag::syn, .window = 64240});
  TraceOfPackets b = a;
  b.packets.pop_back();
  EXPECT_THAT(compare_traces(a, b).comparison.first, HasSubstr("tcp_syn_retries"));
}

}  // namespace
}  // namespace halfopen
