// The words' numbers: Linux's against the headers of this machine, FreeBSD's against its sources.
#include "sim/script/constants.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <string>

#include "sim/script/icmp_names.h"

namespace halfopen::script {
namespace {

struct Row {
  const char* word;
  std::int64_t value;
};
#define ROW(word) \
  Row { #word, word }

TEST(Constants, OfLinuxAreItsHeaders) {
  for (const Row& row : {ROW(AF_INET),
                         ROW(AF_INET6),
                         ROW(SOCK_STREAM),
                         ROW(SOCK_NONBLOCK),
                         ROW(IPPROTO_TCP),
                         ROW(SOL_SOCKET),
                         ROW(SOL_TCP),
                         ROW(SO_REUSEADDR),
                         ROW(SO_ERROR),
                         ROW(SO_SNDBUF),
                         ROW(SO_RCVBUF),
                         ROW(SO_LINGER),
                         ROW(SO_RCVLOWAT),
                         ROW(SO_ZEROCOPY),
                         ROW(SO_TIMESTAMPING),
                         ROW(SO_PEEK_OFF),
                         ROW(TCP_NODELAY),
                         ROW(TCP_MAXSEG),
                         ROW(TCP_CORK),
                         ROW(TCP_KEEPIDLE),
                         ROW(TCP_SYNCNT),
                         ROW(TCP_DEFER_ACCEPT),
                         ROW(TCP_INFO),
                         ROW(TCP_QUICKACK),
                         ROW(TCP_CONGESTION),
                         ROW(TCP_USER_TIMEOUT),
                         ROW(TCP_FASTOPEN),
                         ROW(TCP_FASTOPEN_CONNECT),
                         ROW(TCP_NOTSENT_LOWAT),
                         ROW(TCP_INQ),
                         ROW(IP_TOS),
                         ROW(IP_TTL),
                         ROW(IP_MTU_DISCOVER),
                         ROW(IP_PMTUDISC_DONT),
                         ROW(IPV6_TCLASS),
                         ROW(IPV6_UNICAST_HOPS),
                         ROW(O_RDWR),
                         ROW(O_NONBLOCK),
                         ROW(O_CREAT),
                         ROW(F_GETFL),
                         ROW(F_SETFL),
                         ROW(MSG_PEEK),
                         ROW(MSG_DONTWAIT),
                         ROW(MSG_EOR),
                         ROW(MSG_MORE),
                         ROW(MSG_ERRQUEUE),
                         ROW(MSG_FASTOPEN),
                         ROW(MSG_ZEROCOPY),
                         ROW(MSG_TRUNC),
                         ROW(MSG_WAITALL),
                         ROW(SHUT_RDWR),
                         ROW(POLLIN),
                         ROW(POLLOUT),
                         ROW(POLLRDHUP),
                         ROW(EPOLLIN),
                         ROW(EPOLL_CTL_MOD),
                         ROW(FIONREAD),
                         ROW(EAGAIN),
                         ROW(EINPROGRESS),
                         ROW(ECONNRESET),
                         ROW(ETIMEDOUT),
                         ROW(EINVAL),
                         ROW(EPIPE),
                         ROW(EHOSTUNREACH)})
    EXPECT_EQ(constant_of(row.word, OsFamily::linux_os), row.value) << row.word;
  EXPECT_EQ(constant_of("EPOLLET", OsFamily::linux_os), std::int64_t{1} << 31);
}

TEST(Constants, OfFreeBsdAreItsSources) {
  // sys/socket.h, sys/fcntl.h, sys/errno.h, sys/poll.h, netinet/tcp.h, netinet/in.h, netinet6/in6.h.
  for (const Row& row : {Row{"SOL_SOCKET", 0xffff},
                         {"AF_INET6", 28},
                         {"SO_REUSEADDR", 4},
                         {"SO_ERROR", 0x1007},
                         {"SO_RCVBUF", 0x1002},
                         {"O_NONBLOCK", 4},
                         {"MSG_PEEK", 2},
                         {"MSG_WAITALL", 0x40},
                         {"TCP_NODELAY", 1},
                         {"TCP_NOOPT", 8},
                         {"TCP_INFO", 32},
                         {"TCP_KEEPINIT", 128},
                         {"TCP_FASTOPEN", 1025},
                         {"TCP_REMOTE_UDP_ENCAPS_PORT", 71},
                         {"TCP_FUNCTION_BLK", 8192},
                         {"IP_TOS", 3},
                         {"IP_TTL", 4},
                         {"IPV6_TCLASS", 61},
                         {"IPV6_UNICAST_HOPS", 4},
                         {"EAGAIN", 35},
                         {"EWOULDBLOCK", 35},
                         {"EINPROGRESS", 36},
                         {"ECONNRESET", 54},
                         {"ETIMEDOUT", 60},
                         {"ECONNREFUSED", 61},
                         {"EHOSTUNREACH", 65},
                         {"ENOMSG", 83},
                         {"EPROTO", 92},
                         {"FIONREAD", 0x4004667f},
                         {"POLLWRNORM", 4}})
    EXPECT_EQ(constant_of(row.word, OsFamily::freebsd), row.value) << row.word;
}

TEST(Constants, ASystemLacksWhatItLacks) {
  EXPECT_EQ(constant_of("TCP_NOOPT", OsFamily::linux_os), std::nullopt);
  EXPECT_EQ(constant_of("TCP_CORK", OsFamily::freebsd), std::nullopt);
  EXPECT_EQ(constant_of("EPOLLIN", OsFamily::freebsd), std::nullopt);
  EXPECT_EQ(constant_of("", OsFamily::linux_os), std::nullopt);
}

TEST(Constants, AWordStandsOnce) {
  for (const auto own : {linux_constants(), freebsd_constants()}) {
    std::set<std::string_view> words;
    for (const Constant& row : common_constants()) EXPECT_TRUE(words.insert(row.word).second) << row.word;
    for (const Constant& row : own) EXPECT_TRUE(words.insert(row.word).second) << row.word;
  }
}

TEST(IcmpNames, AreIanasNumbers) {  // and the words of icmp_packet.c in google/packetdrill and nplab's
  EXPECT_EQ(icmp_kind_of("unreachable", "frag_needed", false), (IcmpKind{.type = 3, .code = 4}));
  EXPECT_EQ(icmp_kind_of("unreachable", "port_unreachable", true), (IcmpKind{.type = 1, .code = 4}));
  EXPECT_EQ(icmp_kind_of("time_exceeded", "frag_reass_exceeded", false), (IcmpKind{.type = 11, .code = 1}));
  EXPECT_EQ(icmp_kind_of("packet_too_big", std::nullopt, true), (IcmpKind{.type = 2, .code = 0}));
  EXPECT_EQ(icmp_kind_of("type_42", "code_255", false), (IcmpKind{.type = 42, .code = 255}));
  EXPECT_EQ(icmp_kind_of("parameter_problem", "code_1", false), (IcmpKind{.type = 12, .code = 1}));
  EXPECT_EQ(icmp_kind_of("packet_too_big", std::nullopt, false), std::nullopt);
  EXPECT_EQ(icmp_kind_of("unreachable", "bogus", false), std::nullopt);
  EXPECT_EQ(icmp_kind_of("type_256", std::nullopt, false), std::nullopt);
}

TEST(IcmpNames, LeadBackToTheirNumbers) {
  for (const bool is_v6 : {false, true})
    for (int number = 0; number < 256 * 256; ++number) {
      const IcmpKind kind{.type = static_cast<std::uint8_t>(number >> 8),
                          .code = static_cast<std::uint8_t>(number)};
      const IcmpWords words = icmp_words(kind, is_v6);
      ASSERT_EQ(icmp_kind_of(words.type, words.code, is_v6), kind) << words.type;
    }
}

}  // namespace
}  // namespace halfopen::script
