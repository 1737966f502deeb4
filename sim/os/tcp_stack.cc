#include "sim/os/tcp_stack.h"

#include <algorithm>

namespace halfopen {

TcpStack::TcpStack(const HostFacts& facts, const Identity& identity, ReadyQueue& ready)
    : facts_{facts},
      identity_{identity},
      ready_{ready},
      env_{.profile = facts.profile,
           .resets = facts.rules.reset,
           .clock = facts.clock,
           .pool = facts.pool,
           .events = {},
           .wants_timer_events = facts.wants(NoteKind::timer),
           .next_ip_id = identity_.first_ip_id()},
      cookies_{facts.profile, facts.clock, identity_.syn_cookie_key()},
      wants_states_{facts.wants(NoteKind::state)} {}

TcpStack::~TcpStack() {
  while (oldest_ != nullptr) {
    retire(*oldest_);
    destroy(*oldest_);
  }
}

void TcpStack::fire_timers(TimePoint now) {
  // Each is put back by settle(), so that one which is due again at once waits for its turn.
  while (Connection* due = deadlines_.pop_due(now)) {
    input(now, *due, [now](Endpoint& endpoint) { endpoint.on_deadline(now); });
  }
}

bool TcpStack::poll_packet(TimePoint now, Packet& out) {
  while (!output_.empty()) {
    Connection* connection = output_.front();
    if (connection == nullptr) {
      out = std::move(replies_.front());
      replies_.pop_front();
      output_.pop_front();
      if (env_.device_is_full) continue;
      return true;
    }
    bool sends = false;
    const auto had_room = connection->endpoint().news().out;
    if (!connection->retired) {
      act(now, *connection, [&](Endpoint& endpoint) { sends = endpoint.poll_segment(now, out); });
    }
    if (sends) {
      if (env_.device_is_full) continue;
      out.udp = tunnel_of(*connection);
      return true;
    }
    output_.pop_front();
    connection->touched = false;
    if (connection->endpoint().news().out != had_room) wake(*connection);  // what has left made room
    settle(*connection);
  }
  return false;
}

Connection& TcpStack::connect(TimePoint now, const FourTuple& tuple, const SocketOptions& options) {
  Connection& connection = make(now, tuple, options, std::nullopt);
  ++env_.counters.active_opens;
  input(now, connection, [now](Endpoint& endpoint) { endpoint.connect(now); });
  return connection;
}

void TcpStack::after_input(TimePoint now, Connection& connection) {
  const Endpoint& endpoint = connection.endpoint();
  if (connection.embryonic && (is_synchronized(endpoint.state()) || endpoint.is_early())) {
    Listener& listener = *connection.listener;
    listener.establish(connection);
    ++env_.counters.passive_opens;
    listener.socket().waiters.wake(ready_);
  }
  if (connection.early_of != nullptr) watch_early(now, connection);
  touch(connection);
  wake(connection);
}

void TcpStack::release(Connection& connection) {
  connection.socket = nullptr;
  touch(connection);
}

void TcpStack::remove_listener(TimePoint now, Listener& listener) {
  std::erase(listeners_, &listener);
  listener.socket().waiters.wake(ready_);
  for (Connection* c = oldest_; c != nullptr; c = c->newer) {
    if (c->early_of == &listener) c->early_of = nullptr;
    if (c->listener != &listener) continue;
    const bool vanishes = c->embryonic && !facts_.rules.listener_resets_embryos;
    listener.remove(*c);
    if (vanishes) {
      forget(now, *c, Cause::close);
      touch(*c);
    } else {
      input(now, *c, [now](Endpoint& endpoint) { endpoint.abort(now); });
    }
  }
}

void TcpStack::set_route(TimePoint now, const RouteMetrics& route) {
  env_.route = route;
  for (Connection* c = oldest_; c != nullptr; c = c->newer)
    if (!c->retired) input(now, *c, [](Endpoint& endpoint) { endpoint.on_route_change(); });
}

bool TcpStack::is_used(const SocketAddress& local) const {
  for (const Connection* c = oldest_; c != nullptr; c = c->newer) {
    if (!c->retired && overlap(c->endpoint().addresses().local, local)) return true;
  }
  return false;
}

void TcpStack::forget_everything(TimePoint now) {
  for (Connection* c = oldest_; c != nullptr; c = c->newer) {
    if (!c->retired) forget(now, *c, Cause::host_gone);
  }
}

void TcpStack::each_connection(const std::function<void(const Connection&)>& visit) const {
  for (const Connection* c = oldest_; c != nullptr; c = c->newer) visit(*c);
}

Connection& TcpStack::make(TimePoint now, const FourTuple& tuple, const SocketOptions& options,
                           std::optional<Seq> iss) {
  const Seq first = iss.has_value() ? *iss : identity_.initial_sequence(now, tuple);
  // Deleted by destroy(), at the latest by ~TcpStack().
  auto* connection = new Connection{env_, birth_of(tuple, first, options), options};
  connection->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = connection;
  newest_ = connection;
  table_.insert(*connection);
  return *connection;
}

EndpointBirth TcpStack::birth_of(const FourTuple& tuple, Seq iss, const SocketOptions& options) const {
  return {.addresses = tuple,
          .iss = iss,
          .ts_offset = identity_.timestamp_offset(tuple),
          .ip_id = identity_.ip_id(tuple),
          .mtu = mtu_of(tuple, options)};
}

// Of the device, as far as a connection's segments may use it.
std::uint16_t TcpStack::mtu_of(const FourTuple& tuple, const SocketOptions& options) const {
  const bool least = options.least_mtu && tuple.local.ip.is_v6();
  const std::uint32_t mtu = least ? std::min<std::uint32_t>(facts_.mtu, kLeastMtuV6) : facts_.mtu;
  return static_cast<std::uint16_t>(mtu - tunnel_overhead(options));
}

void TcpStack::touch(Connection& connection) {
  if (connection.touched) return;
  connection.touched = true;
  output_.push_back(&connection);
}

void TcpStack::wake(const Connection& connection) {
  if (connection.socket != nullptr) connection.socket->waiters.wake(ready_);
}

void TcpStack::note(TimePoint now, const Connection& connection, const EndpointEvent& event) {
  const FourTuple& tuple = connection.endpoint().addresses();
  if (event.what == EndpointEvent::What::state_changed) {
    if (!wants_states_) return;
    return facts_.observer->on_note(StateNote{now, facts_.id, tuple, event.from, event.to, event.why});
  }
  const auto what = event.what == EndpointEvent::What::timer_armed     ? TimerNote::What::armed
                    : event.what == EndpointEvent::What::timer_stopped ? TimerNote::What::stopped
                                                                       : TimerNote::What::fired;
  facts_.observer->on_note(TimerNote{now, facts_.id, tuple, event.timer, what, event.deadline});
}

// What is left to do when a connection has no more to send: note its deadline, or its end.
void TcpStack::settle(Connection& connection) {
  if (!connection.retired) {
    if (connection.endpoint().state() == State::closed) {
      retire(connection);
    } else {
      deadlines_.set(connection, connection.endpoint().next_deadline().when);
    }
  }
  if (!connection.retired || connection.socket != nullptr) return;
  if (connection.listener != nullptr) {
    if (!connection.embryonic && facts_.rules.queue_keeps_reset) return;  // accept() will give it out
    connection.listener->remove(connection);
  }
  destroy(connection);
}

void TcpStack::retire(Connection& connection) {
  if (connection.retired) return;
  connection.retired = true;
  table_.erase(connection);
  deadlines_.set(connection, kNever);
}

void TcpStack::forget(TimePoint now, Connection& connection, Cause why) {
  const State from = connection.endpoint().state();
  if (from != State::closed) note(now, connection, {.from = from, .to = State::closed, .why = why});
  retire(connection);
}

void TcpStack::destroy(Connection& connection) {
  (connection.older != nullptr ? connection.older->newer : oldest_) = connection.newer;
  (connection.newer != nullptr ? connection.newer->older : newest_) = connection.older;
  delete &connection;
}

}  // namespace halfopen
