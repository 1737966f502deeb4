// Options of one socket as setsockopt(2) sets them. A zero duration or count means "the OS's default".
#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>

namespace halfopen {

// What IP_MTU_DISCOVER and IPV6_MTU_DISCOVER take, by their numbers (include/uapi/linux/in.h, in6.h
// IP_PMTUDISC_).
enum class PathMtuDiscovery : std::uint8_t { off, on, always, probe, device, omit, usual = 7 };

// Small, since a million sockets must fit.
struct SocketOptions {
  using Seconds = std::chrono::duration<std::int32_t>;
  using Milliseconds = std::chrono::duration<std::int32_t, std::milli>;

  Seconds keepalive_idle{};            // TCP_KEEPIDLE
  Seconds keepalive_interval{};        // TCP_KEEPINTVL
  Seconds linger_time{};               // SO_LINGER's l_linger
  Milliseconds user_timeout{};         // TCP_USER_TIMEOUT
  Milliseconds receive_timeout{};      // SO_RCVTIMEO
  std::uint32_t receive_buffer = 0;    // SO_RCVBUF, as the OS counts it
  std::uint32_t send_buffer = 0;       // SO_SNDBUF, as the OS counts it
  std::uint32_t unsent_low = 0;        // TCP_NOTSENT_LOWAT, bytes
  std::uint32_t connect_limit = 0;     // TCP_KEEPINIT, seconds
  std::uint32_t receive_low = 0;       // SO_RCVLOWAT, bytes; 0 is as 1
  std::uint32_t window_clamp = 0;      // TCP_WINDOW_CLAMP, bytes
  std::uint32_t mark = 0;              // SO_MARK, which routes packets: a model host has one route
  std::uint16_t max_segment = 0;       // TCP_MAXSEG, bytes
  std::uint16_t keepalive_probes = 0;  // TCP_KEEPCNT
  std::uint16_t udp_port = 0;          // TCP_REMOTE_UDP_ENCAPS_PORT: TCP in UDP datagrams, to that port
  std::uint8_t syn_retries = 0;        // TCP_SYNCNT
  std::uint8_t defer_accept = 0;       // TCP_DEFER_ACCEPT, as timeouts of a SYN-ACK
  std::int8_t fin_wait_2 = 0;          // TCP_LINGER2, seconds; less than 0: none
  std::uint8_t hop_limit = 0;          // IP_TTL, IPV6_UNICAST_HOPS
  std::uint8_t traffic_class = 0;      // IP_TOS, IPV6_TCLASS
  PathMtuDiscovery path_mtu : 3 = PathMtuDiscovery::usual;  // IP_MTU_DISCOVER, IPV6_MTU_DISCOVER
  std::uint8_t reports : 4 = 0;          // SO_TIMESTAMPING: send_watch bits (sim/tcp/send_marks.h)
  bool keepalive : 1 = false;            // SO_KEEPALIVE
  std::uint32_t timestamping : 17 = 0;   // SO_TIMESTAMPING, as it was set
  bool linger : 1 = false;               // SO_LINGER's l_onoff
  bool nodelay : 1 = false;              // TCP_NODELAY
  bool cork : 1 = false;                 // TCP_CORK
  bool zero_copy : 1 = false;            // SO_ZEROCOPY: MSG_ZEROCOPY may be asked for
  bool tells_unread : 1 = false;         // TCP_INQ: a read tells how much is left
  bool no_options : 1 = false;           // TCP_NOOPT: none in what is sent
  bool least_mtu : 1 = false;            // IPV6_USE_MIN_MTU: packets fit every path
  bool fast_open_connect : 1 = false;    // TCP_FASTOPEN_CONNECT; FreeBSD: TCP_FASTOPEN before a sendto()
  bool fast_open_no_cookie : 1 = false;  // TCP_FASTOPEN_NO_COOKIE
  bool delays_acks : 1 = false;          // TCP_QUICKACK 0, before there is a connection
  bool reuse_address : 1 = false;        // SO_REUSEADDR
  bool bind_anywhere : 1 = false;        // IP_FREEBIND: the address need not be the host's
  bool oob_inline : 1 = false;           // SO_OOBINLINE: the urgent byte is one of the stream
  bool only_v6 : 1 = false;              // IPV6_V6ONLY
};

}  // namespace halfopen
