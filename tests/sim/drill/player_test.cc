// What ends a script, and what is said then.
#include <gtest/gtest.h>

#include "sim/base/input_error.h"
#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

TEST(Player, TellsTheFieldAndBothPackets) {
  const PlayResult result = play_accepted("+0.1 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 5");
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_EQ(result.place.line, 10U);
  EXPECT_EQ(result.message, "error handling packet: live packet field tcp_ack_seq: expected: 5 vs actual: 1");
  EXPECT_EQ(result.differences, (std::vector<Difference>{{"tcp_ack_seq", "5", "1"}}));
  EXPECT_EQ(result.expected, "0.300000 > P. 1:11(10) ack 5");
  EXPECT_EQ(result.actual, "0.300000 > P. 1:11(10) ack 1 win 64240");
}

TEST(Player, HoldsPacketsToTheirTimes) {
  const auto at = [](const std::string& time) {
    return play_accepted("+0.1 write(4, ..., 10) = 10\n" + time + " > P. 1:11(10) ack 1");
  };
  EXPECT_EQ(at("+0.004").verdict, Verdict::passed);
  EXPECT_EQ(at("*").verdict, Verdict::passed);
  EXPECT_EQ(at("0.2~0.3").verdict, Verdict::passed);
  EXPECT_EQ(at("0.303").verdict, Verdict::passed);
  EXPECT_EQ(at("+0.005").message,
            "error handling packet: timing error: expected outbound packet at 0.305000 sec but happened at "
            "0.300000 sec; tolerance 0.004000 sec");
  EXPECT_EQ(at("+0.1~+0.2").message,
            "error handling packet: timing error: expected outbound packet in relative time range "
            "+0.100000~+0.200000 sec but happened at +0.000000 sec");
}

TEST(Player, TakesTheToleranceOfTheScript) {
  const std::string rest = std::string{kAccepted} + "+0.1 write(4, ..., 10) = 10\n+0.02 > P. 1:11(10) ack 1";
  EXPECT_EQ(play_text(rest).verdict, Verdict::failed);
  EXPECT_EQ(play_text("--tolerance_usecs=20000" + rest).verdict, Verdict::passed);
}

TEST(Player, WaitsForAPacketOnlySoLong) {
  const PlayResult result = play_accepted("+0 > P. 1:11(10) ack 1");
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_EQ(result.message, "error handling packet: Timed out waiting for packet");
  EXPECT_EQ(play_accepted("* > P. 1:11(10) ack 1").verdict, Verdict::failed);
}

TEST(Player, EndsAScriptThatWaitsForEver) {
  const PlayResult call = play_accepted("+0 read(4, ..., 10) = 10");
  EXPECT_EQ(call.verdict, Verdict::failed);
  EXPECT_EQ(call.message, "error in read(): it does not return");
  EXPECT_EQ(call.place.line, 9U);
  EXPECT_EQ(play_accepted("+100000 close(4) = 0").message, "the script takes longer than 86400 sec");
}

TEST(Player, HoldsACallToItsEnd) {
  const auto ends_at = [](const std::string& end) {
    return play_accepted("+0..." + end +
                         " read(4, ..., 10) = 10\n+0.1 < P. 1:11(10) ack 1 win 1000\n+0.5 close(4) = 0");
  };
  EXPECT_EQ(ends_at("0.1").verdict, Verdict::passed);
  const PlayResult late = ends_at("0.05");
  EXPECT_EQ(
      late.message,
      "timing error: expected system call return at 0.250000 sec but happened at 0.300000 sec; tolerance "
      "0.006250 sec");
  EXPECT_EQ(late.place.line, 9U);
}

// run_system_call.c: in percent of the time between a blocking call's begin and its end.
TEST(Player, GivesACallThatBlocksLongerMoreTolerance) {
  const std::string rest = " read(4, ..., 10) = 10\n+2 < P. 1:11(10) ack 1 win 1000\n+0 > . 1:1(0) ack 11";
  EXPECT_EQ(play_accepted("+0...2.1" + rest).verdict, Verdict::passed);
  EXPECT_EQ(play_accepted("+0...2.4" + rest).verdict, Verdict::failed);
}

// Of an earlier socket, to the same address and port: its SYN is repeated after a second.
TEST(Player, PassesOverPacketsOfConnectionsBefore) {
  const std::string connects =
      "socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n+0 > S 0:0(0) <...>\n";
  EXPECT_EQ(play_text("0 " + connects + "+1.5 " + connects).verdict, Verdict::passed);
}

TEST(Player, HoldsResultsAndErrorsOfCalls) {
  EXPECT_EQ(play_accepted("+0 write(4, ..., 10) = 9").message,
            "runtime error in write call: Expected result 9 but got 10");
  EXPECT_EQ(
      play_accepted("+0 recv(4, ..., 10, MSG_DONTWAIT) = -1 EPIPE (Broken pipe)").message,
      "runtime error in recv call: Expected errno EPIPE but got EAGAIN (Resource temporarily unavailable)");
  EXPECT_EQ(play_accepted("+0 getsockopt(4, SOL_SOCKET, SO_ERROR, [EPIPE], [4]) = 0").message,
            "runtime error in getsockopt call: SO_ERROR: expected: EPIPE actual: 0");
  EXPECT_EQ(play_accepted("+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1").message,
            "runtime error in poll call: revents: expected: POLLIN actual: POLLOUT");
}

TEST(Player, SkipsWithTheNameOfWhatIsMissing) {
  const std::pair<const char*, const char*> cases[]{
      {"+0 setsockopt(4, SOL_SOCKET, SO_MAX_PACING_RATE, [5], 4) = 0", "the model has no SO_MAX_PACING_RATE"},
      {"+0 sendto(4, ..., 10, MSG_PEEK, ..., ...) = 10", "the model has no such flags for writing: 0x2"},
      {"+0 cap_set(1) = 0", "the model has no cap_set()"},
      {"+0 socket(..., SOCK_DGRAM, IPPROTO_UDPLITE) = 5",
       "the model has no sockets of SOCK_DGRAM, IPPROTO_UDPLITE"},
      {"+0 < gre: . 1:1(0) ack 1 win 1000", "the model has no tunnels: IP in GRE"},
      {"+0 > ipv4 192.0.2.1 > 192.0.2.2: . 1:1(0) ack 1", "the model has no tunnels: IP in IP"},
      {"+0 > gre: mpls (label 7, tc 0, [S], ttl 1): . 1:1(0) ack 1", "the model has no tunnels: IP in MPLS"},
      {"+0 < encap psp spi 0x17 . 1:1(0) ack 1 win 1000", "no host has PSP"}};
  for (const auto& [line, message] : cases) {
    const PlayResult result = play_accepted(line);
    EXPECT_EQ(result.verdict, Verdict::skipped) << line;
    EXPECT_EQ(result.message, message);
    EXPECT_EQ(result.place.line, 9U);
  }
}

TEST(Player, RefusesToInventATimestamp) {
  const PlayResult result = play_text(R"(
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0.1 < S 0:0(0) win 32792 <mss 1000,sackOK,TS val 500 ecr 0>
+0 > S. 0:0(0) ack 1 <...>
+0.1 < . 1:1(0) ack 1 win 32792 <nop,nop,TS val 600 ecr 777>)");
  EXPECT_EQ(
      result.message,
      "error handling packet: unable to infer live TS ecr for script TS ecr 777; no matching or preceding "
      "outbound TS val");
}

TEST(Player, HandsCodeOutWithWhatTcpInfoSaid) {
  const PlayResult result = play_accepted("+0 %{ assert tcpi_snd_cwnd == 10 }%");
  ASSERT_EQ(result.code.size(), 1U);
  EXPECT_EQ(result.code.front().text, "assert tcpi_snd_cwnd == 10");
  const auto& fields = result.code.front().fields;
  EXPECT_NE(std::find(fields.begin(), fields.end(), TcpInfoField{"tcpi_snd_cwnd", 10}), fields.end());
  EXPECT_NE(std::find(fields.begin(), fields.end(), TcpInfoField{"tcpi_state", 1}), fields.end());
}

TEST(Player, RefusesOptionsWithoutMeaning) {
  EXPECT_THROW((void)play_text("--tolerance_usecs=soon\n0 close(3) = 0"), InputError);
  EXPECT_THROW((void)play_text("--ip_version=5\n0 close(3) = 0"), InputError);
  EXPECT_EQ(play_text("--wire_server\n0 close(3) = 0").verdict, Verdict::skipped);
}

TEST(Player, PlaysOverIpv6) {
  const PlayResult result = play_text("--ip_version=ipv6" + std::string{kAccepted} +
                                      "+0 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1\n"
                                      "+0.1 < . 1:1(0) ack 11 win 1000");
  EXPECT_EQ(result.verdict, Verdict::passed) << result.message;
}

}  // namespace
}  // namespace halfopen::drill
