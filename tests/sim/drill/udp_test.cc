// UDP sockets where systems differ; what they have in common is in tests/packetdrill/udp-*.pkt.
#include <gtest/gtest.h>

#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

constexpr std::string_view kBound = R"(
0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0 bind(3, ..., ...) = 0
)";
constexpr std::string_view kConnected = R"(
0 socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0 connect(3, ..., ...) = 0
+0 write(3, ..., 10) = 10
+0 > udp (10)
)";

void expect_passes(std::string_view begin, std::string_view rest, std::string_view profile) {
  const PlayResult result = play_text(std::string{begin} + std::string{rest}, profile);
  EXPECT_EQ(result.verdict, Verdict::passed) << profile << ": " << result.message;
}

// What FreeBSD's bind and udp_server of nplab's packetdrill ask of a host.
TEST(UdpSockets, ServeWhoSendsThemSomething) {
  for (const char* profile : {"linux-6.18", "freebsd-14"})
    expect_passes(kBound, R"(
+1 < udp (1000)
+0 recvfrom(3, ..., 2000, 0, ..., ...) = 1000
+1 sendto(3, ..., 1000, 0, ..., ...) = 1000
+0 > udp (1000)
+1 close(3) = 0
+0 < udp (1000)
+0 > icmp unreachable port_unreachable
)",
                  profile);
}

TEST(UdpSockets, WaitForADatagram) {
  expect_passes(kBound, R"(
+0 listen(3, 1) = -1 EOPNOTSUPP (Operation not supported)
+0...0.5 read(3, ..., 100) = 10
+0.5 < udp (10)
+0 recv(3, ..., 100, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)
)",
                "linux-6.18");
}

// Linux: net/ipv4/udp.c udp_sendmsg; FreeBSD: netinet/udp_usrreq.c udp_send.
TEST(UdpSockets, MayNameAnotherReceiverThanTheirPeer) {
  constexpr std::string_view kLinux = "+0 sendto(3, ..., 10, 0, ..., ...) = 10";
  constexpr std::string_view kFreeBsd =
      "+0 sendto(3, ..., 10, 0, ..., ...) = -1 EISCONN (Socket is already connected)";
  expect_passes(kConnected, kLinux, "linux-6.18");
  expect_passes(kConnected, kFreeBsd, "freebsd-14");
}

// Linux: net/core/datagram.c __skb_try_recv_datagram; FreeBSD: kern/uipc_socket.c soreceive_dgram.
TEST(UdpSockets, ReadAnErrorBeforeOrAfterWhatArrived) {
  constexpr std::string_view kBoth = R"(
+0 < udp (20)
+0 < icmp unreachable port_unreachable [udp (10)]
)";
  const std::string error = "+0 read(3, ..., 100) = -1 ECONNREFUSED (Connection refused)\n";
  const std::string data = "+0 read(3, ..., 100) = 20\n";
  expect_passes(kConnected, std::string{kBoth} + error + data, "linux-6.18");
  expect_passes(kConnected, std::string{kBoth} + data + error, "freebsd-14");
}

// That a host cannot be reached may pass (net/ipv4/icmp.c icmp_err_convert: not fatal); BSD tells it
// (netinet/udp_usrreq.c udp_notify).
TEST(UdpSockets, AreToldOfErrorsThatMayPassOnBsdOnly) {
  constexpr std::string_view kError = "+0 < icmp unreachable host_unreachable [udp (10)]\n";
  const std::string told = std::string{kError} + "+0 write(3, ..., 10) = -1 EHOSTUNREACH (No route to host)";
  const std::string untold = std::string{kError} + "+0 write(3, ..., 10) = 10";
  expect_passes(kConnected, untold, "linux-6.18");
  expect_passes(kConnected, told, "freebsd-14");
}

TEST(UdpSockets, SkipWhatTheyHaveNot) {
  const auto message = [](std::string_view line) {
    return play_text(std::string{kConnected} + std::string{line}).message;
  };
  EXPECT_EQ(message("+0 shutdown(3, SHUT_WR) = 0"), "shutdown() of a UDP socket");
  EXPECT_EQ(message("+0 setsockopt(3, SOL_TCP, TCP_NODELAY, [1], 4) = 0"), "TCP_NODELAY of a UDP socket");
  EXPECT_EQ(message("+0 write(3, ..., 1473) = 1473"), "the model sends no fragments");
  EXPECT_EQ(message("+0 send(3, ..., 10, MSG_MORE) = 10"),
            "the model has no such flags for datagrams: 0x8000");
}

}  // namespace
}  // namespace halfopen::drill
