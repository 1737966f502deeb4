// Options of one socket as setsockopt(2) sets them. A zero duration or count means "the OS's default".
#pragma once

#include <cstdint>

#include "sim/base/time.h"

namespace halfopen {

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
  std::uint16_t max_segment = 0;       // TCP_MAXSEG, bytes
  std::uint16_t keepalive_probes = 0;  // TCP_KEEPCNT
  std::uint16_t udp_port = 0;          // TCP_REMOTE_UDP_ENCAPS_PORT: TCP in UDP datagrams, to that port
  std::uint8_t syn_retries = 0;        // TCP_SYNCNT
  std::uint8_t hop_limit = 0;          // IP_TTL, IPV6_UNICAST_HOPS
  std::uint8_t traffic_class = 0;      // IP_TOS, IPV6_TCLASS
  std::uint8_t reports = 0;            // SO_TIMESTAMPING: send_watch bits (sim/tcp/send_marks.h)
  bool keepalive = false;              // SO_KEEPALIVE
  bool linger = false;                 // SO_LINGER's l_onoff
  bool nodelay = false;                // TCP_NODELAY
  bool cork = false;                   // TCP_CORK
  bool zero_copy = false;              // SO_ZEROCOPY: MSG_ZEROCOPY may be asked for
  bool tells_unread = false;           // TCP_INQ: a read tells how much is left
  bool no_options = false;             // TCP_NOOPT: none in what is sent
  bool least_mtu = false;              // IPV6_USE_MIN_MTU: packets fit every path
  bool fast_open_connect = false;      // TCP_FASTOPEN_CONNECT; FreeBSD: TCP_FASTOPEN before a sendto()
  bool fast_open_no_cookie = false;    // TCP_FASTOPEN_NO_COOKIE
};

}  // namespace halfopen
