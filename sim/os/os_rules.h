// What operating systems do differently around TCP: the rows beside sim/tcp/profile.h, by family. What a
// profile's own row decides (error order, option names, listen queues) is not repeated here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/base/errno.h"
#include "sim/os/datagrams.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/reset.h"

namespace halfopen {

struct OsRules {
  OsFamily family;
  Sourced<bool> so_error_takes_soft;  // SO_ERROR also reads and clears a soft error
  Sourced<bool>
      partial_write_counts;          // a write that fails part-way gives the count, the error comes next time
  Sourced<Errno> write_unconnected;  // write() on a socket that never was connected
  Sourced<Errno> linger_expired;     // close() when SO_LINGER's time is up
  Sourced<bool> queue_keeps_reset;   // a connection reset before accept() is accepted, and read() tells
  // shutdown() of a listener for reading ends its listening, and shutdown() of an attempt to connect the
  // attempt; else it is ENOTCONN.
  Sourced<bool> shutdown_disconnects;
  Sourced<bool> unspec_disconnects;        // connect() to AF_UNSPEC ends a connection; else it is refused
  Sourced<bool> listener_resets_embryos;   // closing a listener resets also connections not yet established
  Sourced<bool> ports_in_order;            // ephemeral ports start at the first one, not at a random one
  Sourced<bool> timestamp_offset;          // a timestamp clock of its own for each connection
  Sourced<bool> discards_when_truncating;  // recv() with MSG_TRUNC throws away what it reads
  Sourced<bool> marks_writes;              // MSG_EOR, MSG_MORE and MSG_ZEROCOPY mean something to TCP
  ResetRules reset;                        // of one that answers a segment
  DatagramRules datagram;                  // of UDP sockets
  Sourced<std::size_t> icmp_quote;         // bytes quoted after the IP header in our ICMP errors
};

// The row of a profile's family.
[[nodiscard]] const OsRules& rules_of(const OsProfile& profile);

}  // namespace halfopen
