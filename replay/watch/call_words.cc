#include "replay/watch/call_words.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>

#include <array>
#include <cstring>
#include <span>

#include "sim/os/call_text.h"

namespace halfopen {
namespace {

struct Word {
  std::uint32_t value;
  std::string_view name;
};

// "A|B"; bits without a name in hexadecimal; "0" for no bits.
std::string bits_text(std::uint32_t bits, std::span<const Word> words, std::string_view prefix) {
  std::string text;
  for (const Word& word : words) {
    if ((bits & word.value) == 0) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : "|", prefix, word.name);
    bits &= ~word.value;
  }
  if (bits != 0) text += fmt::format("{}{:#x}", text.empty() ? "" : "|", bits);
  return text.empty() ? "0" : text;
}

constexpr auto kDomains = std::to_array<Word>({{AF_UNSPEC, "AF_UNSPEC"},
                                               {AF_UNIX, "AF_UNIX"},
                                               {AF_INET, "AF_INET"},
                                               {AF_INET6, "AF_INET6"},
                                               {AF_NETLINK, "AF_NETLINK"},
                                               {AF_PACKET, "AF_PACKET"}});
constexpr auto kTypes = std::to_array<Word>({{SOCK_STREAM, "SOCK_STREAM"},
                                             {SOCK_DGRAM, "SOCK_DGRAM"},
                                             {SOCK_RAW, "SOCK_RAW"},
                                             {SOCK_SEQPACKET, "SOCK_SEQPACKET"}});
constexpr auto kSocketFlags =
    std::to_array<Word>({{SOCK_CLOEXEC, "SOCK_CLOEXEC"}, {SOCK_NONBLOCK, "SOCK_NONBLOCK"}});
constexpr auto kProtocols = std::to_array<Word>({{0, "0"},
                                                 {IPPROTO_ICMP, "IPPROTO_ICMP"},
                                                 {IPPROTO_TCP, "IPPROTO_TCP"},
                                                 {IPPROTO_UDP, "IPPROTO_UDP"},
                                                 {IPPROTO_ICMPV6, "IPPROTO_ICMPV6"},
                                                 {IPPROTO_MPTCP, "IPPROTO_MPTCP"}});
constexpr auto kMessageFlags = std::to_array<Word>({{MSG_OOB, "MSG_OOB"},
                                                    {MSG_PEEK, "MSG_PEEK"},
                                                    {MSG_DONTROUTE, "MSG_DONTROUTE"},
                                                    {MSG_TRUNC, "MSG_TRUNC"},
                                                    {MSG_DONTWAIT, "MSG_DONTWAIT"},
                                                    {MSG_WAITALL, "MSG_WAITALL"},
                                                    {MSG_ERRQUEUE, "MSG_ERRQUEUE"},
                                                    {MSG_NOSIGNAL, "MSG_NOSIGNAL"},
                                                    {MSG_MORE, "MSG_MORE"},
                                                    {MSG_WAITFORONE, "MSG_WAITFORONE"},
                                                    {MSG_ZEROCOPY, "MSG_ZEROCOPY"},
                                                    {MSG_FASTOPEN, "MSG_FASTOPEN"},
                                                    {MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"}});
constexpr auto kHow =
    std::to_array<Word>({{SHUT_RD, "SHUT_RD"}, {SHUT_WR, "SHUT_WR"}, {SHUT_RDWR, "SHUT_RDWR"}});

// poll()'s bits and epoll's are the same, and so are their names but for the prefix. The model's come first,
// in its order.
constexpr auto kEvents = std::to_array<Word>({{POLLIN, "IN"},
                                              {POLLOUT, "OUT"},
                                              {POLLERR, "ERR"},
                                              {POLLHUP, "HUP"},
                                              {POLLNVAL, "NVAL"},
                                              {EPOLLRDHUP, "RDHUP"},
                                              {POLLPRI, "PRI"},
                                              {EPOLLRDNORM, "RDNORM"},
                                              {EPOLLRDBAND, "RDBAND"},
                                              {EPOLLWRNORM, "WRNORM"},
                                              {EPOLLWRBAND, "WRBAND"},
                                              {EPOLLEXCLUSIVE, "EXCLUSIVE"},
                                              {EPOLLWAKEUP, "WAKEUP"},
                                              {EPOLLONESHOT, "ONESHOT"},
                                              {EPOLLET, "ET"}});

struct OptionWord {
  int level;
  int option;
  std::string_view name;
};
constexpr auto kOptionWords = std::to_array<OptionWord>({
    {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
    {SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO"},
    {SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO"},
    {SOL_SOCKET, SO_LINGER, "SO_LINGER"},
    {SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF"},
    {SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF"},
    {SOL_SOCKET, SO_RCVLOWAT, "SO_RCVLOWAT"},
    {SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"},
    {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT"},
    {SOL_SOCKET, SO_ERROR, "SO_ERROR"},
    {SOL_SOCKET, SO_TYPE, "SO_TYPE"},
    {SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN"},
    {SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL"},
    {SOL_SOCKET, SO_ACCEPTCONN, "SO_ACCEPTCONN"},
    {SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST"},
    {SOL_SOCKET, SO_OOBINLINE, "SO_OOBINLINE"},
    {SOL_SOCKET, SO_PRIORITY, "SO_PRIORITY"},
    {SOL_SOCKET, SO_MARK, "SO_MARK"},
    {SOL_SOCKET, SO_BINDTODEVICE, "SO_BINDTODEVICE"},
    {SOL_SOCKET, SO_TIMESTAMP, "SO_TIMESTAMP"},
    {SOL_SOCKET, SO_BUSY_POLL, "SO_BUSY_POLL"},
    {SOL_SOCKET, SO_INCOMING_CPU, "SO_INCOMING_CPU"},
    {SOL_SOCKET, SO_ZEROCOPY, "SO_ZEROCOPY"},
    {IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE"},
    {IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL"},
    {IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT"},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT"},
    {IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"},
    {IPPROTO_TCP, TCP_MAXSEG, "TCP_MAXSEG"},
    {IPPROTO_TCP, TCP_CORK, "TCP_CORK"},
    {IPPROTO_TCP, TCP_SYNCNT, "TCP_SYNCNT"},
    {IPPROTO_TCP, TCP_LINGER2, "TCP_LINGER2"},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT"},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, "TCP_WINDOW_CLAMP"},
    {IPPROTO_TCP, TCP_INFO, "TCP_INFO"},
    {IPPROTO_TCP, TCP_QUICKACK, "TCP_QUICKACK"},
    {IPPROTO_TCP, TCP_CONGESTION, "TCP_CONGESTION"},
    {IPPROTO_TCP, TCP_FASTOPEN, "TCP_FASTOPEN"},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT"},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT"},
    {IPPROTO_TCP, TCP_ULP, "TCP_ULP"},
    {IPPROTO_IP, IP_TOS, "IP_TOS"},
    {IPPROTO_IP, IP_TTL, "IP_TTL"},
    {IPPROTO_IP, IP_MTU_DISCOVER, "IP_MTU_DISCOVER"},
    {IPPROTO_IP, IP_RECVERR, "IP_RECVERR"},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT"},
    {IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY"},
    {IPPROTO_IPV6, IPV6_TCLASS, "IPV6_TCLASS"},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, "IPV6_UNICAST_HOPS"},
    {IPPROTO_IPV6, IPV6_RECVERR, "IPV6_RECVERR"},
});

std::string name_or_number(int value, std::span<const Word> words) {
  for (const Word& word : words) {
    if (static_cast<int>(word.value) == value) return std::string{word.name};
  }
  return std::to_string(value);
}

}  // namespace

std::string domain_text(int domain) { return name_or_number(domain, kDomains); }
std::string protocol_text(int protocol) { return name_or_number(protocol, kProtocols); }
std::string how_text(int how) { return name_or_number(how, kHow); }

std::string socket_type_text(int type) {
  constexpr int kFlags = SOCK_CLOEXEC | SOCK_NONBLOCK;
  std::string text = name_or_number(type & ~kFlags, kTypes);
  if ((type & kFlags) != 0) text += "|" + socket_flags_text(type & kFlags);
  return text;
}

std::string socket_flags_text(int flags) {
  return bits_text(static_cast<std::uint32_t>(flags), kSocketFlags, "");
}

std::string message_flags_text(int flags) {
  return bits_text(static_cast<std::uint32_t>(flags), kMessageFlags, "");
}

std::string events_text(std::uint32_t events, bool epoll) {
  return bits_text(events, kEvents, epoll ? "EPOLL" : "POLL");
}

std::string option_text(int level, int option) {
  for (const OptionWord& word : kOptionWords) {
    if (word.level == level && word.option == option) return std::string{word.name};
  }
  return fmt::format("level {} option {}", level, option);
}

std::string address_text(const sockaddr_storage& address) {
  SocketAddress ours;
  if (address.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    ours = {.ip = IpAddress::v4(bytes), .port = ntohs(in.sin_port)};
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    ours = {.ip = IpAddress::v6(bytes), .port = ntohs(in.sin6_port)};
  } else {
    return domain_text(address.ss_family);
  }
  return to_text(ours);
}

}  // namespace halfopen
