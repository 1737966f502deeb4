// A socket: what processes hold of a connection or a listener. Small, since a million of them must fit.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sim/os/datagrams.h"
#include "sim/os/listener.h"
#include "sim/os/wait_queue.h"
#include "sim/tcp/socket_options.h"
#include "sim/wire/address.h"

namespace halfopen {

// What a socket is before it has a connection; a UDP socket never has one.
struct SocketSetup {
  SocketOptions options;
  SocketAddress local;
  FastOpenSetup fast_open;                // for listen()
  std::optional<SocketAddress> deferred;  // connect() was called, and its SYN waits for the first write
  std::unique_ptr<Datagrams> datagrams;   // of a UDP socket
  Errno error = Errno::none;              // of the connection that connect() to AF_UNSPEC ended
  bool bound = false;
};

struct Socket {
  Connection* connection = nullptr;    // once connect() was called, or from accept()
  std::unique_ptr<Listener> listener;  // once listen() was called
  std::unique_ptr<SocketSetup> setup;  // until connection or listener
  WaitQueue waiters;                   // processes that block in a call on it
  std::uint32_t references = 1;        // descriptors that name it, in all processes
  std::int32_t peek_offset = -1;  // SO_PEEK_OFF: where the next MSG_PEEK begins; less than 0: at the first
  bool was_connected = false;     // connect() succeeded, or it came from accept()
  bool has_port = false;          // its connection's local port is one that bind() gave
  bool nonblocking = false;       // O_NONBLOCK
  bool lingering = false;         // no descriptor names it, but a close() waits for it
};

}  // namespace halfopen
