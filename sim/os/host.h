// A host as the path and the timeline see it: it takes packets, has a deadline, lets its programs run, and
// can be told its fate. ModelHost (sim/run/model_host.h) is one kind; a host on a real kernel is another.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/base/time.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet.h"

namespace halfopen {

// Whom a signal of the timeline hits, of the processes that the host's program has.
enum class Victim : std::uint8_t {
  child,   // the newest process that the program forked for a connection; the program itself if it has none
  parent,  // the program's first process
  all,     // every process of the host
};

class Host {
 public:
  virtual ~Host() = default;

  // At one instant the owner calls these in this order, each until there is nothing left at that instant:
  // receive() for every packet due, after each of them run_woken(); fire_timers(); run_programs(). After each
  // it drains poll_packet().
  virtual void receive(TimePoint now, Packet&& packet) = 0;
  virtual void fire_timers(TimePoint now) = 0;
  // Lets programs that can go on make their system calls, until all of them block or one has something to
  // send: what a call sends leaves before the next call is made. True if any ran: drain poll_packet() and
  // call again.
  virtual bool run_programs(TimePoint now) = 0;
  // The same for programs that a packet woke up, where they do not wait for the other packets of the instant.
  virtual bool run_woken(TimePoint) { return false; }
  virtual bool poll_packet(TimePoint now, Packet& out) = 0;
  // The earliest timer; kNever without one.
  [[nodiscard]] virtual TimePoint next_deadline() const = 0;

  // Power on and start the configured program. Once, at time zero (reboot() does it again by itself).
  virtual void boot(TimePoint now) = 0;

  // The terminal of the first program: a line that a person types (a newline is added where the text does not
  // end in one), and end of input.
  virtual void type(TimePoint now, std::string_view text) = 0;
  virtual void close_input(TimePoint now) = 0;

  // Fates. A dead host swallows packets; what it forgets is gone without a word on the wire.
  virtual void kill(TimePoint now, Victim victim, int signal) = 0;
  virtual void freeze(TimePoint now, Victim victim) = 0;  // SIGSTOP: its kernel goes on
  virtual void thaw(TimePoint now, Victim victim) = 0;    // SIGCONT
  virtual void crash(TimePoint now) = 0;
  virtual void reboot(TimePoint now) = 0;  // crash() if still up, then an empty host with the same addresses
  // SIGTERM to every process at once, SIGKILL to what is left after `grace`, then dark (as a crash) `dark`
  // after that; kNever's distance (Duration::max()) keeps the network up.
  virtual void shut_down(TimePoint now, Duration grace, Duration dark) = 0;

  // Returns when what was done to its processes has come about, as far as it does within a second. With a
  // model it has at once.
  virtual void settle(TimePoint) {}

  // Powered on and on the network: it takes packets.
  [[nodiscard]] virtual bool is_up() const = 0;
  // No process is left, so nothing new can come from here but timers' doing.
  [[nodiscard]] virtual bool all_exited() const = 0;
};

}  // namespace halfopen
