// The host's side of TCP, UDP and IP: which endpoint or socket a packet is for, whose timer runs out next,
// who has something to send, and what strangers are told.
//
// Contract: after every input (receive, fire_timers, input) the owner drains poll_packet(), then asks for
// next_deadline().
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "sim/base/ring.h"
#include "sim/os/connection.h"
#include "sim/os/connection_table.h"
#include "sim/os/deadline_heap.h"
#include "sim/os/host_facts.h"
#include "sim/os/identity.h"
#include "sim/os/socket.h"
#include "sim/os/syn_cookie.h"
#include "sim/os/wait_queue.h"
#include "sim/wire/packet.h"

namespace halfopen {

class TcpStack {
 public:
  // `facts` and `ready` outlive it; processes that an input concerns are put into `ready`.
  TcpStack(const HostFacts& facts, const Identity& identity, ReadyQueue& ready);
  ~TcpStack();
  TcpStack(const TcpStack&) = delete;
  TcpStack& operator=(const TcpStack&) = delete;

  // --- The network and the clock
  void receive(TimePoint now, const Packet& packet);
  void fire_timers(TimePoint now);
  bool poll_packet(TimePoint now, Packet& out);
  [[nodiscard]] TimePoint next_deadline() const { return deadlines_.next(); }
  // poll_packet() has not been drained since the last input.
  [[nodiscard]] bool has_output() const { return !output_.empty(); }

  // --- Sockets
  // A new connection that sends its SYN. The four-tuple must be free.
  Connection& connect(TimePoint now, const FourTuple& tuple, const SocketOptions& options);
  // The same with Fast Open: `taken` is how many of `bytes` Endpoint::connect_fast() took.
  Connection& connect_fast(TimePoint now, const FourTuple& tuple, const SocketOptions& options,
                           std::span<const std::uint8_t> bytes, std::size_t& taken);
  // How connect_fast() would open a connection to `server`.
  [[nodiscard]] FastOpenCache::Choice fast_open_choice(TimePoint now, const SocketAddress& server,
                                                       const SocketOptions& options) const;
  // `ip tcp_metrics flush`: what was learnt of servers is forgotten.
  void forget_servers() { env_.fast_open.forget_servers(); }
  // `ip route change`: what is said of the one route, for connections to come and, as far as it is the MTU,
  // for those that are there.
  void set_route(TimePoint now, const RouteMetrics& route);
  // The queue of the device drops all that is sent (`tc qdisc ... pfifo limit 0`), or no longer.
  void set_device_full(bool full) { env_.device_is_full = full; }
  [[nodiscard]] const HostCounters& counters() const { return env_.counters; }
  // Parameters were set while it runs: what it keeps on their account follows.
  void follow_parameters() { env_.fast_open.follow(facts_.profile.fast_open); }
  // A process has it from accept().
  static void note_accepted(Connection& connection) { connection.endpoint_.note_accepted(); }
  // The way to tell a connection's endpoint something: `tell` is called with it, and what follows from it
  // (its events are noted, who waits for it wakes, what it has to send is polled for) follows by itself.
  template <class Tell>
  void input(TimePoint now, Connection& connection, Tell&& tell) {
    act(now, connection, tell);
    after_input(now, connection);
  }
  // The socket no longer holds it: it goes on without, and vanishes once it is closed.
  void release(Connection& connection);
  // Starts and ends listening; the listener is its socket's.
  void add_listener(Listener& listener) { listeners_.push_back(&listener); }
  void remove_listener(TimePoint now, Listener& listener);
  [[nodiscard]] const std::vector<Listener*>& listeners() const { return listeners_; }
  // The sockets that bind() gave a port and that have neither connection nor listener yet.
  [[nodiscard]] std::vector<Socket*>& bound() { return bound_; }
  // UDP sockets (udp_input.cc): all there are, and a datagram of one of them, which fits the device.
  [[nodiscard]] std::vector<Socket*>& datagram_sockets() { return datagram_sockets_; }
  void send_datagram(const FourTuple& ends, const SocketOptions& options,
                     std::span<const std::uint8_t> payload);
  // The connection with this four-tuple; nullptr if there is none.
  [[nodiscard]] Connection* find(const FourTuple& tuple) const { return table_.find(tuple); }
  // A connection uses this local port, of this address or of any.
  [[nodiscard]] bool is_used(const SocketAddress& local) const;
  [[nodiscard]] Identity& identity() { return identity_; }

  // --- The end, and reports
  // The host is about to lose its memory: what it forgets is noted, nothing is sent.
  void forget_everything(TimePoint now);
  // Oldest first, with those that are closed but still held by a process.
  void each_connection(const std::function<void(const Connection&)>& visit) const;
  [[nodiscard]] std::size_t connection_count() const { return table_.size(); }

 private:
  // Input (tcp_input.cc).
  void receive_segment(TimePoint now, const Packet& packet, const Segment& segment);
  void receive_icmp(TimePoint now, const Packet& packet, const IcmpMessage& message);
  void receive_other(TimePoint now, const Packet& packet, const OtherBody& body);
  void answer_stranger(TimePoint now, const Packet& packet, const Segment& segment, std::optional<Seq> iss);
  void reset_stranger(const Packet& packet, const SocketOptions* socket, Cause why);
  [[nodiscard]] const SocketOptions* options_at(const SocketAddress& local) const;
  // TCP in UDP datagrams (tcp_tunnel.cc).
  bool receive_tunneled(TimePoint now, const Packet& packet, const OtherBody& body);
  bool comes_otherwise(const Connection& connection, const Packet& packet, const Segment& segment);
  [[nodiscard]] UdpPorts tunnel_of(const Connection& connection) const;
  [[nodiscard]] std::uint16_t tunnel_overhead(const SocketOptions& options) const;
  [[nodiscard]] std::uint16_t mtu_of(const FourTuple& tuple, const SocketOptions& options) const;
  // UDP (udp_input.cc).
  bool receive_datagram(const Packet& packet);
  void fail_datagram(IcmpKind kind, const FourTuple& ends);
  [[nodiscard]] Socket* datagram_socket(const FourTuple& ends) const;
  void reply(Packet packet);
  void enqueue(Packet packet);
  [[nodiscard]] FastOpenReply fast_open_reply(TimePoint now, Listener& listener, const FourTuple& tuple,
                                              const Segment& syn);
  [[nodiscard]] FastOpenKey fast_open_key() const;
  void watch_early(TimePoint now, Connection& connection);
  [[nodiscard]] Listener* listener_at(const SocketAddress& local) const;
  [[nodiscard]] bool finds_queue_full(const Connection& embryo, const Segment& segment) const;
  void answer_by_cookie(TimePoint now, const Packet& packet, const Segment& syn, Listener& listener);
  bool take_cookie(TimePoint now, const Packet& packet, const Segment& ack, Listener& listener);

  // Lives of connections.
  Connection& make(TimePoint now, const FourTuple& tuple, const SocketOptions& options,
                   std::optional<Seq> iss);
  [[nodiscard]] EndpointBirth birth_of(const FourTuple& tuple, Seq iss, const SocketOptions& options) const;
  // Lets `what` be done with the endpoint, and notes what happened to it.
  template <class What>
  void act(TimePoint now, Connection& connection, What&& what) {
    what(connection.endpoint_);
    for (EndpointEvent event; connection.endpoint_.poll_event(event);) note(now, connection, event);
  }
  void note(TimePoint now, const Connection& connection, const EndpointEvent& event);
  void after_input(TimePoint now, Connection& connection);
  void touch(Connection& connection);
  void wake(const Connection& connection);
  void settle(Connection& connection);
  void retire(Connection& connection);
  void forget(TimePoint now, Connection& connection, Cause why);
  void destroy(Connection& connection);

  const HostFacts& facts_;
  Identity identity_;
  ReadyQueue& ready_;
  EndpointEnv env_;
  SynCookieJar cookies_;
  ConnectionTable table_;
  DeadlineHeap<Connection> deadlines_;
  std::vector<Listener*> listeners_;
  std::vector<Socket*> bound_;
  std::vector<Socket*> datagram_sockets_;
  Connection* oldest_ = nullptr;
  Connection* newest_ = nullptr;
  Ring<Connection*> output_;  // who may have something to send, in the order of input; null: the next reply
  Ring<Packet> replies_;      // resets and ICMP
  bool wants_states_;
};

}  // namespace halfopen
