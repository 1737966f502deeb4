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

bool Listener::refuses_syn() const {
  switch (policy_) {
    case ListenPolicy::accept_queue: return queue_.size() > backlog_;
    case ListenPolicy::both_queues: return queue_.size() + embryos_ > backlog_ * 3 / 2;
  }
  return false;
}

bool Listener::refuses_last_ack() const {
  return policy_ == ListenPolicy::accept_queue && queue_.size() > backlog_;
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
