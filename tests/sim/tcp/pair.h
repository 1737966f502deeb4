// Two endpoints and the wire between them: the smallest world in which TCP can be watched. Tests state a
// story and compare rungs: "time who flags seq:end(len) ack N", sequence numbers relative to each side's SYN.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/os/os_rules.h"
#include "sim/tcp/endpoint.h"

namespace halfopen::testing {

// What is wrong with a packet that went out, whatever came before it: it is over the MTU, or has options that
// mean nothing. Empty if nothing is.
[[nodiscard]] std::string_view fault_of(const Packet& packet);

class Pair {
 public:
  struct Side {
    OsProfile profile;
    TickClock clock;
    EndpointEnv env;
    SocketOptions options;
    std::unique_ptr<Endpoint> endpoint;
    FourTuple addresses;
    Seq iss;
    std::string received;  // what read() gave
    bool reads = true;     // reads at once whatever arrives
    bool answers = true;   // false: swallows packets, as a dead host does
    std::vector<EndpointEvent> events;
    Seq sent_end;             // behind the last that was ever sent
    std::optional<Seq> told;  // the last acknowledgment number that was sent
    int resets = 0;           // sent
    Side(const OsProfile& os, BlockPool& pool, Duration phase)
        : profile{os}, clock{profile.clock, phase}, env{profile, rules_of(profile).reset,
                                                        clock,   pool,
                                                        {},      false,
                                                        1} {}
  };
  struct Rung {
    TimePoint at;
    bool from_a = true;
    std::string text;
    Packet packet;
  };

  explicit Pair(std::string_view a = "linux", std::string_view b = "linux", Duration one_way = 10ms);

  BlockPool pool;  // outlives the endpoints
  Side a, b;
  Duration one_way;
  TimePoint now{};
  std::vector<Rung> rungs;  // at the sender, when sent
  // Decides what the wire drops: called for every packet sent.
  std::function<bool(const Rung&)> drops = [](const Rung&) { return false; };
  // When each copy of a packet arrives, from now; empty: lost. Default: once, after one_way.
  std::function<std::vector<Duration>()> route;
  bool listens_again = true;  // b, once its connection is over
  bool checks_acks = false;   // of both ends; for runs in which nobody else speaks for one
  bool records = true;        // false: no rungs are kept (long random runs)

  // a opens, b answers; runs until both are established.
  void connect();
  void start_connect();
  void write(Side& side, std::string_view text);
  void at(TimePoint when) { run_until(when); }
  void run_until(TimePoint when);
  void run_for(Duration d) { run_until(now + d); }
  // Sends a segment to `to` as if its peer had.
  void inject(Side& to, Segment segment);
  void after_input(Side& side);  // to be called after driving side.endpoint by hand
  // The rungs since the last call, one a line.
  std::string ladder();
  std::string ladder_without_time();

 private:
  struct InFlight {
    TimePoint at;
    bool to_b;
    Packet packet;
  };
  void drain(Side& side);
  // Notes what goes out. What is wrong with it after all that went before: it acknowledges what was never
  // sent, or takes an acknowledgment back. Empty if nothing is.
  std::string_view note_sent(Side& side, const Segment& segment);
  void deliver(InFlight packet);
  [[nodiscard]] std::string text_of(const Packet& packet, bool from_a) const;

  std::vector<InFlight> wire_;
  std::size_t shown_ = 0;
  Seq seen_iss_a_, seen_iss_b_;
};

}  // namespace halfopen::testing
