// Options of one socket as setsockopt(2) sets them. A zero duration or count means "the OS's default".
#pragma once

#include <cstdint>

#include "sim/base/time.h"

namespace halfopen {

// What IP_MTU_DISCOVER and IPV6_MTU_DISCOVER take, by their numbers (include/uapi/linux/in.h, in6.h
// IP_PMTUDISC_).
enum class PathMtuDiscovery : std::uint8_t { off, on, always, probe, device, omit, usual = 255 };

struct SocketOptions {
  Duration keepalive_idle{};           // TCP_KEEPIDLE
  Duration keepalive_interval{};       // TCP_KEEPINTVL
  Duration user_timeout{};             // TCP_USER_TIMEOUT
  Duration receive_timeout{};          // SO_RCVTIMEO
  Duration linger_time{};              // SO_LINGER's l_linger
  std::uint32_t receive_buffer = 0;    // SO_RCVBUF, as the OS counts it
  std::uint32_t send_buffer = 0;       // SO_SNDBUF, as the OS counts it
  std::uint32_t unsent_low = 0;        // TCP_NOTSENT_LOWAT, bytes
  std::uint32_t connect_limit = 0;     // TCP_KEEPINIT, seconds
  std::uint32_t receive_low = 0;       // SO_RCVLOWAT, bytes; 0 is as 1
  std::uint32_t window_clamp = 0;      // TCP_WINDOW_CLAMP, bytes
  std::uint32_t timestamping = 0;      // SO_TIMESTAMPING, as it was set
  std::uint32_t mark = 0;              // SO_MARK, which routes packets: a model host has one route
  std::int32_t fin_wait_2 = 0;         // TCP_LINGER2, seconds; less than 0: none
  std::uint16_t max_segment = 0;       // TCP_MAXSEG, bytes
  std::uint16_t keepalive_probes = 0;  // TCP_KEEPCNT
  std::uint8_t syn_retries = 0;        // TCP_SYNCNT
  std::uint8_t defer_accept = 0;       // TCP_DEFER_ACCEPT, as timeouts of a SYN-ACK
  PathMtuDiscovery path_mtu = PathMtuDiscovery::usual;  // IP_MTU_DISCOVER, IPV6_MTU_DISCOVER
  std::uint8_t hop_limit = 0;                           // IP_TTL, IPV6_UNICAST_HOPS
  std::uint8_t traffic_class = 0;                       // IP_TOS, IPV6_TCLASS
  std::uint8_t reports = 0;          // SO_TIMESTAMPING: send_watch bits (sim/tcp/send_marks.h)
  bool keepalive = false;            // SO_KEEPALIVE
  bool linger = false;               // SO_LINGER's l_onoff
  bool nodelay = false;              // TCP_NODELAY
  bool cork = false;                 // TCP_CORK
  bool zero_copy = false;            // SO_ZEROCOPY: MSG_ZEROCOPY may be asked for
  bool tells_unread = false;         // TCP_INQ: a read tells how much is left
  bool no_options = false;           // TCP_NOOPT: none in what is sent
  bool fast_open_connect = false;    // TCP_FASTOPEN_CONNECT; FreeBSD: TCP_FASTOPEN before a sendto()
  bool fast_open_no_cookie = false;  // TCP_FASTOPEN_NO_COOKIE
  bool delays_acks = false;          // TCP_QUICKACK 0, before there is a connection
  bool reuse_address = false;        // SO_REUSEADDR
  bool bind_anywhere = false;        // IP_FREEBIND: the address need not be the host's
  bool oob_inline = false;           // SO_OOBINLINE: the urgent byte is one of the stream
  bool only_v6 = false;              // IPV6_V6ONLY
};

}  // namespace halfopen
