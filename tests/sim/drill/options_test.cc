// Calls and options that packetdrill has no name for, so that no script of tests/packetdrill can show them:
// the answers are those that a kernel 6.18 gave to the same calls of a program.
#include <gtest/gtest.h>

#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

// What a script did that begins with an accepted connection: empty if it passed.
std::string fault_of(std::string_view rest, std::string_view profile = "linux-6.18") {
  const PlayResult result = play_accepted(rest, profile);
  return result.verdict == Verdict::passed ? "" : result.message;
}

TEST(PeekOffset, MovesWithWhatIsPeekedAndRead) {
  EXPECT_EQ(fault_of(R"(
+0 getsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [-1], [4]) = 0
+0 < P. 1:101(100) ack 1 win 32792
* > . 1:1(0) ack 101
+0 recv(4, ..., 70, MSG_PEEK) = 70
+0 setsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [30], 4) = 0
+0 recv(4, ..., 50, MSG_PEEK) = 50
+0 getsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [80], [4]) = 0
+0 recv(4, ..., 50, MSG_PEEK) = 20
+0 recv(4, ..., 50, MSG_PEEK|MSG_DONTWAIT) = -1 EAGAIN
+0 read(4, ..., 60) = 60
+0 getsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [40], [4]) = 0
+0 setsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [10], 4) = 0
+0 read(4, ..., 40) = 40
+0 getsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [0], [4]) = 0
)"),
            "");
}

TEST(PeekOffset, IsSkippedOverSegments) {
  EXPECT_EQ(fault_of(R"(
+0 < P. 1:11(10) ack 1 win 32792
* > . 1:1(0) ack 11
+0 < P. 11:21(10) ack 1 win 32792
* > . 1:1(0) ack 21
+0 read(4, ..., 5) = 5
+0 setsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [12], 4) = 0
+0 recv(4, ..., 50, MSG_PEEK) = 3
)"),
            "");
}

TEST(PeekOffset, IsNotForTcpOnOlderKernels) {
  EXPECT_EQ(fault_of(R"(
+0 setsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [1], 4) = -1 EOPNOTSUPP
+0 getsockopt(4, SOL_SOCKET, SO_PEEK_OFF, [0], [4]) = -1 EOPNOTSUPP
)",
                     "linux-6.1"),
            "");
}

TEST(WindowClamp, OfAListenerIsTheMostThatIsOffered) {
  const PlayResult result = play_text(R"(
0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 getsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [0], [4]) = 0
+0 setsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [1], 4) = 0
+0 getsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [1152], [4]) = 0
+0 setsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [0], 4) = 0
+0 getsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [0], [4]) = 0
+0 setsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [10000], 4) = 0
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 setsockopt(3, SOL_TCP, TCP_WINDOW_CLAMP, [0], 4) = -1 EINVAL
+0 < S 0:0(0) win 32792 <mss 1000,nop,wscale 7>
+0 > S. 0:0(0) ack 1 win 8760 <mss 1460,nop,wscale 0>
+0 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 setsockopt(4, SOL_TCP, TCP_WINDOW_CLAMP, [0], 4) = -1 EINVAL
+0 setsockopt(4, SOL_TCP, TCP_WINDOW_CLAMP, [5000], 4) = 0
+0 getsockopt(4, SOL_TCP, TCP_WINDOW_CLAMP, [5000], [4]) = 0
)");
  EXPECT_EQ(result.verdict, Verdict::passed) << result.message << result.actual;
}

TEST(Ioctl, TellsOfTheMarkAndOfWhatIsUnsent) {
  EXPECT_EQ(fault_of(R"(
+0 < PU. 1:11(10) ack 1 win 2000 urg 5
* > . 1:1(0) ack 11
+0 ioctl(4, SIOCINQ, [4]) = 0
+0 ioctl(4, SIOCATMARK, [0]) = 0
+0 read(4, ..., 100) = 4
+0 ioctl(4, SIOCATMARK, [1]) = 0
+0 ioctl(4, SIOCINQ, [0]) = 0
+0 write(4, ..., 15000) = 15000
+0 > P. 1:10001(10000) ack 11
+0 ioctl(4, SIOCOUTQ, [15000]) = 0
+0 ioctl(4, SIOCOUTQNSD, [5000]) = 0
)"),
            "");
}

TEST(Getsockopt, GivesStructures) {
  EXPECT_EQ(fault_of(R"(
+0 setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, 8) = 0
+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, [8]) = 0
+0 setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=1, tv_usec=500000}, 16) = 0
+0 getsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=1, tv_usec=500000}, [16]) = 0
+0 setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=1, tv_usec=0}, 8) = -1 EINVAL
+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=0, linger=0}, [-1]) = -1 EINVAL
)"),
            "");
  EXPECT_EQ(fault_of("+0 getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=5}, [8]) = 0"),
            "runtime error in getsockopt call: SO_LINGER onoff: expected: 1 actual: 0");
}

TEST(Freebind, BindsToAnAddressThatIsNotTheHosts) {
  constexpr std::string_view kBinds = R"(
+0 bind(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr("198.51.100.7")}, ...) = )";
  const auto verdict = [&](std::string_view before, std::string_view result) {
    return play_text("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" + std::string{before} +
                     std::string{kBinds} + std::string{result})
        .verdict;
  };
  EXPECT_EQ(verdict("", "-1 EADDRNOTAVAIL"), Verdict::passed);
  EXPECT_EQ(verdict("+0 setsockopt(3, SOL_IP, IP_FREEBIND, [1], 4) = 0", "0"), Verdict::passed);
}

}  // namespace
}  // namespace halfopen::drill
