// A TCP connection as its host keeps it: the endpoint, and who cares about it.
#pragma once

#include "sim/os/deadline_heap.h"
#include "sim/tcp/endpoint.h"

namespace halfopen {

struct Socket;
class Listener;

struct Connection : HeapPlace {
  Connection(EndpointEnv& env, const EndpointBirth& birth, const SocketOptions& options)
      : endpoint{env, birth, options} {}

  Endpoint endpoint;
  Socket* socket = nullptr;      // through which a process holds it; null before accept() and after close()
  Listener* listener = nullptr;  // whose embryo it is, or in whose queue it waits
  Connection* older = nullptr;   // all connections of the host, by birth
  Connection* newer = nullptr;
  bool embryonic = false;  // of `listener`, not yet established
  bool touched = false;    // has had input since its segments were last polled
  bool retired = false;    // packets and timers no longer reach it
};

}  // namespace halfopen
