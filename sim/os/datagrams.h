// What a UDP socket has beside its setup, and what is told of such sockets in a system's row.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/base/errno.h"
#include "sim/tcp/sourced.h"
#include "sim/wire/address.h"

namespace halfopen {

struct Datagrams {
  std::optional<SocketAddress> peer;              // connect() named it
  std::deque<std::vector<std::uint8_t>> arrived;  // payloads, oldest first; no buffer is ever full here
  Errno error = Errno::none;                      // what an ICMP error said; the next call gives it
};

struct DatagramRules {
  Sourced<bool> dont_fragment;      // over IPv4: DF in what fits the device
  Sourced<bool> error_first;        // a read gives the error before what has arrived
  Sourced<bool> error_is_readable;  // poll() tells of an error as of something to read, too
  Sourced<bool> sendto_overrides;  // sendto() may say where to although the socket is connected; else EISCONN
  Sourced<bool> every_error;       // each ICMP error is told, not those only that do not pass by themselves
  Sourced<bool> shares_port;       // sockets with SO_REUSEADDR share an address and port
};

}  // namespace halfopen
