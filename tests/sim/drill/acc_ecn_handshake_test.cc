// Handshakes with Accurate ECN that a kernel 6.18 cannot be made to do, as its tcp_ecn goes up to 2 only:
// what they do stands in RFC 9768 and in the kernel's own selftests
// (tools/testing/selftests/net/packetdrill). What follows after a handshake is in
// tests/packetdrill/acc-ecn-*.pkt.
#include <gtest/gtest.h>

#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

void expect_passed(const std::string& script, std::string_view profile = "linux-6.18") {
  const PlayResult result = play_text(script, profile);
  EXPECT_EQ(result.verdict, Verdict::passed) << result.place.line << ": " << result.message << "\n"
                                             << result.expected << "\n"
                                             << result.actual;
}

std::string listening(const std::string& parameters, const std::string& rest) {
  return "`sysctl -q " + parameters + R"(`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
)" + rest;
}

std::string connecting(const std::string& parameters, const std::string& rest) {
  return "`sysctl -q " + parameters + R"(`
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)
)" + rest;
}

// RFC 9768 section 3.1, table 2.
TEST(AccEcnHandshake, AServerGrantsItAndTellsTheMarkOfTheSyn) {
  expect_passed(listening("net.ipv4.tcp_ecn=3", R"(
+0.1 < [ce] SEWA 0:0(0) win 32792 <mss 1000>
+0 > [noecn] SWA. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1,nop>
+0.1 < [ect0] W. 1:1(0) ack 1 win 32792 <ECN e1b 1 ceb 0 e0b 1,nop>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 100) = 100
+0 > [ect0] P.5 1:101(100) ack 1 <ECN e1b 1 ceb 0 e0b 1,nop>
)"));
}

TEST(AccEcnHandshake, ASynThatComesAgainIsToldOfAnew) {
  expect_passed(listening("net.ipv4.tcp_ecn=3", R"(
+0.1 < [ce] SEWA 0:0(0) win 32792 <mss 1000>
+0 > SWA. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1,nop>
+0.6 < [ect1] SEWA 0:0(0) win 32792 <mss 1000>
+0 > SEW. 0:0(0) ack 1 <mss 1460>
)"));
}

// RFC 9768 section 3.2.3.2.2 and section 3.1.4.2.
TEST(AccEcnHandshake, ASynAckIsSentAgainWithoutItsOptionAndThenWithoutEcn) {
  expect_passed(listening("net.ipv4.tcp_ecn=3", R"(
+0.1 < SEWA 0:0(0) win 32792 <mss 1000>
+0 > SW. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1,nop>
+1 > SW. 0:0(0) ack 1 <mss 1460>
+2 > S. 0:0(0) ack 1 <mss 1460>
)"));
}

// RFC 9768 section 3.1.4.1.
TEST(AccEcnHandshake, TwoSynsAskForIt) {
  expect_passed(connecting("net.ipv4.tcp_ecn=3", R"(
+0 > [noecn] SEWA 0:0(0) <...>
+1 > [noecn] SEWA 0:0(0) <...>
+1 > [noecn] S 0:0(0) <...>
+0.1 < [noecn] SW. 0:0(0) ack 1 win 32792 <mss 1000>
+0 > [ect0] W. 1:1(0) ack 1
)"));
}

TEST(AccEcnHandshake, FallsBackToTheClassicOne) {
  expect_passed(connecting("net.ipv4.tcp_ecn=3", R"(
+0 > SEWA 0:0(0) <...>
+0.1 < SE. 0:0(0) ack 1 win 32792 <mss 1000>
+0 > [noecn] . 1:1(0) ack 1
+0 write(3, ..., 100) = 100
+0 > [ect0] P. 1:101(100) ack 1
)"));
  expect_passed(listening("net.ipv4.tcp_ecn=5", R"(
+0.1 < SEW 0:0(0) win 32792 <mss 1000>
+0 > SE. 0:0(0) ack 1 <mss 1460>
+0.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0.1 < [ce] P. 1:101(100) ack 1 win 32792
+0 > [noecn] E. 1:1(0) ack 101
)"));
}

TEST(AccEcnHandshake, TheOtherValuesAskForLess) {
  expect_passed(connecting("net.ipv4.tcp_ecn=4", "+0 > SEW 0:0(0) <...>"));
  expect_passed(connecting("net.ipv4.tcp_ecn=5", "+0 > S 0:0(0) <...>"));
}

TEST(AccEcnHandshake, AnOlderLinuxTakesTheValuesForTheClassicOnes) {
  expect_passed(connecting("net.ipv4.tcp_ecn=3", "+0 > SEW 0:0(0) <...>"), "linux-6.1");
  expect_passed(connecting("net.ipv4.tcp_ecn=5", "+0 > S 0:0(0) <...>"), "linux-6.1");
}

// RFC 9768 section 3.2.2.1, table 4: without flags in the last ACK something on the path clears them.
TEST(AccEcnHandshake, FlagsThatAreClearedOnThePathEndMarking) {
  expect_passed(listening("net.ipv4.tcp_ecn=3", R"(
+0.1 < SEWA 0:0(0) win 32792 <mss 1000>
+0 > SW. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1,nop>
+0.1 < [ect0] . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 100) = 100
+0 > [noecn] P.5 1:101(100) ack 1
)"));
}

// A SYN-ACK cannot be marked: a peer that tells of a mark is told so by the path (section 3.2.2.3), unless
// tcp_ecn_fallback is 0.
TEST(AccEcnHandshake, AMarkThatTheSynAckCannotHaveBorneIsDoubted) {
  const auto told = [](const std::string& parameters, const std::string& mark) {
    expect_passed(listening(parameters, R"(
+0.1 < SEWA 0:0(0) win 32792 <mss 1000>
+0 > SW. 0:0(0) ack 1 <mss 1460,ECN e1b 1 ceb 0 e0b 1,nop>
+0.1 < [ect0] WA. 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 100) = 100
+0 > [)" + mark + "] P.5 1:101(100) ack 1"));
  };
  told("net.ipv4.tcp_ecn=3", "noecn");
  told("net.ipv4.tcp_ecn=3 net.ipv4.tcp_ecn_fallback=0", "ect0");
}

// RFC 9768 section 5.1: the last ACK's flags, which RFC 3168 has no use for, tell which of the two was agreed
// on.
TEST(AccEcnHandshake, ASynCookieLeavesItToTheLastAck) {
  const std::string syn = R"(
+0.1 < SEWA 0:0(0) win 32792 <mss 1000,sackOK,TS val 1 ecr 0>
+0 > SW. 0:0(0) ack 1 <mss 1460,sackOK,TS val 100 ecr 1,ECN e1b 1 ceb 0 e0b 1,nop>
)";
  expect_passed(listening("net.ipv4.tcp_ecn=3 net.ipv4.tcp_syncookies=2", syn + R"(
+0.1 < [ect0] W. 1:1(0) ack 1 win 32792 <nop,nop,TS val 2 ecr 100>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 100) = 100
+0 > [ect0] P.5 1:101(100) ack 1 <...>
)"));
  expect_passed(listening("net.ipv4.tcp_ecn=3 net.ipv4.tcp_syncookies=2", syn + R"(
+0.1 < . 1:1(0) ack 1 win 32792 <nop,nop,TS val 2 ecr 100>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 100) = 100
+0 > [ect0] P. 1:101(100) ack 1 <...>
)"));
}

}  // namespace
}  // namespace halfopen::drill
