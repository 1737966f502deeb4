// The states of a kernel host's connections, learned by asking: the four-tuples come from packets, the states
// from sock_diag. States that a connection passes through between two questions are not seen.
#pragma once

#include <optional>
#include <vector>

#include "replay/watch/socket_diag.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"
#include "sim/wire/address.h"
#include "sim/wire/packet.h"

namespace halfopen {

class StateWatch {
 public:
  struct Known {
    FourTuple connection;  // this host's end first
    State state = State::closed;
    std::optional<SocketDiag> socket;  // as last seen
    // It was there and is no more; or it was not there when asked for after its latest packet.
    bool over = false;
    bool was_open = false;  // it has been there
  };

  explicit StateWatch(HostId host) : host_{host} {}

  // A packet that this host sent or got. Its connection is asked for at the next poll().
  void on_packet(const Packet& packet, bool from_us);
  // Asks for every connection that is not over, and notes what has changed. True if anything had. What a
  // packet reached or came from is in the kernel's table by then, if it ever is: one that was never seen open
  // (a refused SYN) is asked for once after each of its packets.
  bool poll(TimePoint now, SocketDiagnostics& diagnostics, Observer& observer);
  // The host is gone; so are its connections.
  void forget(TimePoint now, Observer& observer);
  // Oldest first; those that ended are kept as CLOSED.
  [[nodiscard]] const std::vector<Known>& connections() const { return known_; }

 private:
  bool change(TimePoint now, Known& known, State to, Observer& observer) const;

  HostId host_;
  std::vector<Known> known_;
};

}  // namespace halfopen
