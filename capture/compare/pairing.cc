#include "capture/compare/pairing.h"

#include <algorithm>
#include <utility>

namespace halfopen::compare {
namespace {

// Below it are the ports that servers listen on, above the ephemeral ones of most systems (Linux's
// ip_local_port_range begins here).
constexpr std::uint16_t kFirstEphemeral = 32768;

bool is_same_pair(const SideConnection& x, const SideConnection& y) {
  return (x.client == y.client && x.server == y.server) || (x.client == y.server && x.server == y.client);
}

}  // namespace

bool Pairing::is_server(const SocketAddress& address) const {
  return std::ranges::any_of(endpoints_, [&](const auto& side) { return side.contains(address); });
}

// Without a SYN: who listens elsewhere is the server, else who has a port below the ephemeral ones alone.
bool Pairing::find_roles(SideConnection& connection) const {
  if (connection.has_handshake || is_server(connection.server)) return true;
  const bool by_port =
      (connection.client.port < kFirstEphemeral) != (connection.server.port < kFirstEphemeral);
  if (!is_server(connection.client) && !by_port) return false;
  const bool exchange = is_server(connection.client) || connection.client.port < kFirstEphemeral;
  if (exchange) std::swap(connection.client, connection.server);
  return true;
}

Pairing::Endpoint& Pairing::endpoint(std::size_t side, const SocketAddress& address) {
  const auto [found, is_new] = endpoints_[side].try_emplace(address);
  Endpoint& mine = found->second;
  if (!is_new) return mine;
  mine.address = address;
  by_order_[side].push_back(&mine);
  const auto same = endpoints_[1 - side].find(address);
  if (same != endpoints_[1 - side].end() && same->second.partner == nullptr) join(mine, same->second);
  return mine;
}

void Pairing::tell(std::size_t side, SideConnection& connection, SideConnection& other) {
  side == 0 ? on_pair_(connection, other) : on_pair_(other, connection);
}

void Pairing::add(std::size_t side, SideConnection& connection) {
  // Its partner may have come before anything told their roles, though something has told them since.
  if (!connection.has_handshake && pair_without_roles(side, connection)) return;
  if (!find_roles(connection)) {
    without_roles_[side].push_back(&connection);
    return;
  }
  Endpoint& mine = endpoint(side, connection.server);
  if (mine.partner == nullptr || mine.partner->waiting.empty()) {
    mine.waiting.push_back(&connection);
    return;
  }
  SideConnection& other = *mine.partner->waiting.front();
  mine.partner->waiting.pop_front();
  tell(side, connection, other);
}

bool Pairing::pair_without_roles(std::size_t side, SideConnection& connection) {
  auto& others = without_roles_[1 - side];
  const auto same = std::ranges::find_if(
      others, [&](const SideConnection* other) { return is_same_pair(connection, *other); });
  if (same == others.end()) return false;
  SideConnection& other = **same;
  others.erase(same);
  if (connection.client != other.client) std::swap(connection.client, connection.server);
  tell(side, connection, other);
  return true;
}

void Pairing::join(Endpoint& a, Endpoint& b) {
  a.partner = &b;
  b.partner = &a;
}

Pairing::Endpoint* Pairing::first_alone(std::size_t side, const Endpoint* with_port_of) {
  const auto found = std::ranges::find_if(by_order_[side], [&](const Endpoint* endpoint) {
    return endpoint->partner == nullptr &&
           (with_port_of == nullptr || endpoint->address.port == with_port_of->address.port);
  });
  return found == by_order_[side].end() ? nullptr : *found;
}

void Pairing::pair_endpoints_by_order() {
  for (const bool same_port : {true, false}) {
    for (Endpoint* mine : by_order_[0]) {
      if (mine->partner != nullptr) continue;
      Endpoint* other = first_alone(1, same_port ? mine : nullptr);
      if (other == nullptr) continue;
      join(*mine, *other);
      while (!mine->waiting.empty() && !other->waiting.empty()) {
        SideConnection& a = *mine->waiting.front();
        SideConnection& b = *other->waiting.front();
        mine->waiting.pop_front();
        other->waiting.pop_front();
        on_pair_(a, b);
      }
    }
  }
}

void Pairing::finish() {
  pair_endpoints_by_order();
  if (without_roles_[0].size() == 1 && without_roles_[1].size() == 1) {
    on_pair_(*without_roles_[0].front(), *without_roles_[1].front());
    without_roles_ = {};
  }
  for (std::size_t side = 0; side < 2; ++side) {
    unpairable_[side] = without_roles_[side];
    for (const Endpoint* endpoint : by_order_[side]) {
      alone_[side].insert(alone_[side].end(), endpoint->waiting.begin(), endpoint->waiting.end());
    }
    std::ranges::sort(alone_[side], {}, &SideConnection::number);
  }
}

}  // namespace halfopen::compare
