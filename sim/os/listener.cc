#include "sim/os/listener.h"

#include <algorithm>

namespace halfopen {

bool is_any(const IpAddress& address) {
  return std::all_of(address.data(), address.data() + address.size(), [](std::uint8_t b) { return b == 0; });
}

bool overlap(const SocketAddress& a, const SocketAddress& b) {
  return a.port == b.port && (a.ip == b.ip || is_any(a.ip) || is_any(b.ip));
}

bool Listener::listens_at(const SocketAddress& local) const {
  if (local.port != local_.port || local.ip.is_v6() != local_.ip.is_v6()) return false;
  return local.ip == local_.ip || is_any(local_.ip);
}

Listener::Place Listener::place_for_syn(bool takes_over) const {
  const bool may_give = os_.syn_cookies.value != SynCookies::never;
  const bool always = may_give && (os_.syn_cookies.value == SynCookies::always || os_.only_syn_cookies);
  if (os_.listen.value == ListenPolicy::both_queues) {
    if (queue_.size() + embryos_ > backlog_ * 3 / 2) return Place::none;
    return always ? Place::cookie : Place::embryo;
  }
  if (queue_.size() > backlog_) return Place::none;
  if (os_.listen.value != ListenPolicy::two_queues || takes_over) return Place::embryo;
  // net/ipv4/tcp_input.c tcp_conn_request.
  const bool full = embryos_ > backlog_;
  if (may_give) return full || always ? Place::cookie : Place::embryo;
  // Without cookies the last quarter is for ends whose earlier connections are remembered: here none are.
  const std::uint32_t most = os_.embryos_most - os_.embryos_most / 4;
  return full || embryos_ > most ? Place::none : Place::embryo;
}

bool Listener::refuses_last_ack() const {
  return os_.listen.value != ListenPolicy::both_queues && queue_.size() > backlog_;
}

void Listener::add(Connection& embryo) {
  embryo.listener = this;
  embryo.embryonic = true;
  ++embryos_;
}

void Listener::establish(Connection& embryo) {
  embryo.embryonic = false;
  --embryos_;
  queue_.push_back(&embryo);
}

void Listener::remove(Connection& connection) {
  connection.listener = nullptr;
  if (connection.embryonic) {
    connection.embryonic = false;
    --embryos_;
    return;
  }
  for (std::uint32_t i = 0; i < queue_.size(); ++i) {
    if (queue_[i] == &connection) {
      queue_.erase(i);
      return;
    }
  }
}

Connection* Listener::accept() {
  if (queue_.empty()) return nullptr;
  Connection* connection = queue_.front();
  queue_.pop_front();
  connection->listener = nullptr;
  return connection;
}

}  // namespace halfopen
