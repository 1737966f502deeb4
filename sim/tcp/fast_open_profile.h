// What an operating system makes of TCP Fast Open (RFC 7413): a part of its profile.
#pragma once

#include <array>
#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/sourced.h"

namespace halfopen {

// How a program asks for it.
enum class FastOpenCalls : std::uint8_t {
  none,          // the system has no Fast Open
  msg_fastopen,  // Linux: sendto() with MSG_FASTOPEN, or TCP_FASTOPEN_CONNECT before connect()
  implied,       // FreeBSD: TCP_FASTOPEN, and a sendto() that connects
};

// The secret of a server's cookies: 16 bytes, as net.ipv4.tcp_fastopen_key and TCP_FASTOPEN_KEY give them.
struct FastOpenKey {
  std::array<std::uint8_t, 16> bytes{};
  bool is_set = false;  // else the host makes one up
};

struct FastOpenProfile {
  Sourced<FastOpenCalls> calls;
  Sourced<bool> client;                  // may ask for cookies and send data in a SYN
  Sourced<bool> server;                  // may give cookies and take data from a SYN
  Sourced<bool> client_without_cookie;   // sends data although it knows no cookie
  Sourced<bool> server_without_cookie;   // takes data although none was shown
  Sourced<bool> every_listener;          // also those for which TCP_FASTOPEN was not set
  Sourced<bool> cookie_of_both_ends;     // made of both addresses, not of the client's alone
  Sourced<bool> nop_padding;             // NOPs fill up the option's last word, not the end of the list
  Sourced<Duration> pause_of_blackhole;  // for every server, when SYNs with it get lost; zero: none
  Sourced<Duration> pause_of_path;  // for a server that gave no cookie; zero: the other option is tried next
  // A SYN that showed a cookie must be answered with one, too: else what is known is forgotten, and the
  // pause begins.
  Sourced<bool> cookie_each_time;
  Sourced<bool> cookie_by_port;  // a cookie is a server's at one port; else it is the address's
  Sourced<bool> off_forgets;     // to switch the client off forgets all cookies
  FastOpenKey key{};             // a secret, not a constant: it has no source
};

}  // namespace halfopen
