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
  std::uint32_t receive_buffer = 0;    // SO_RCVBUF
  std::uint32_t send_buffer = 0;       // SO_SNDBUF
  std::uint16_t keepalive_probes = 0;  // TCP_KEEPCNT
  bool keepalive = false;              // SO_KEEPALIVE
  bool linger = false;                 // SO_LINGER's l_onoff
  bool nodelay = false;                // TCP_NODELAY
  bool fast_open_connect = false;      // TCP_FASTOPEN_CONNECT; FreeBSD: TCP_FASTOPEN before a sendto()
  bool fast_open_no_cookie = false;    // TCP_FASTOPEN_NO_COOKIE
};

}  // namespace halfopen
