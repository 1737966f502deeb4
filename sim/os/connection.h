// A TCP connection as its host keeps it: the endpoint, and who cares about it.
#pragma once

#include "sim/base/errno.h"
#include "sim/os/deadline_heap.h"
#include "sim/tcp/endpoint.h"

namespace halfopen {

struct Socket;
class Listener;

struct Connection : HeapPlace {
  Connection(EndpointEnv& env, const EndpointBirth& birth, const SocketOptions& options)
      : endpoint_{env, birth, options} {}

  // To look at only: whoever has something to tell it goes through TcpStack::input().
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  // The error to report once, and the soft one. Nothing follows from that.
  Errno take_error() { return endpoint_.take_error(); }
  Errno take_soft_error() { return endpoint_.take_soft_error(); }

  Socket* socket = nullptr;      // through which a process holds it; null before accept() and after close()
  Listener* listener = nullptr;  // whose embryo it is, or in whose queue it waits
  Listener* early_of = nullptr;  // which counts it while it is in use before its handshake is complete
  Connection* older = nullptr;   // all connections of the host, by birth
  Connection* newer = nullptr;
  bool embryonic = false;  // of `listener`, not yet established
  bool touched = false;    // has had input since its segments were last polled
  bool retired = false;    // packets and timers no longer reach it

 private:
  friend class TcpStack;
  Endpoint endpoint_;
};

}  // namespace halfopen
