// Which connection of one trace is which of the other: by the server's endpoint and the order of the SYNs to
// it. Addresses and ports may all differ; then endpoints pair by port, or by order.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "capture/compare/side.h"

namespace halfopen::compare {

class Pairing {
 public:
  // Called with a connection of each trace as soon as they are known to be partners.
  using OnPair = std::function<void(SideConnection& a, SideConnection& b)>;
  explicit Pairing(OnPair on_pair) : on_pair_{std::move(on_pair)} {}

  // A new connection of trace 0 or 1, before its first event. Without a handshake its roles are found out
  // here, and client and server exchanged where the first packet came from the server.
  void add(std::size_t side, SideConnection& connection);
  // No endpoint will come that is a better partner, or there is no room to wait for one.
  void pair_endpoints_by_order();
  // Both traces are over: pairs what order can pair.
  void finish();

  // After finish(). Connections without a partner; those of which neither roles nor order could tell one.
  [[nodiscard]] const std::vector<SideConnection*>& alone(std::size_t side) const { return alone_[side]; }
  [[nodiscard]] const std::vector<SideConnection*>& unpairable(std::size_t side) const {
    return unpairable_[side];
  }

 private:
  struct Endpoint {
    SocketAddress address;
    std::deque<SideConnection*> waiting;
    Endpoint* partner = nullptr;
  };
  bool find_roles(SideConnection& connection) const;
  [[nodiscard]] bool is_server(const SocketAddress& address) const;
  Endpoint& endpoint(std::size_t side, const SocketAddress& address);
  Endpoint* first_alone(std::size_t side, const Endpoint* with_port_of);
  static void join(Endpoint& a, Endpoint& b);
  bool pair_without_roles(std::size_t side, SideConnection& connection);
  void tell(std::size_t side, SideConnection& connection, SideConnection& other);

  OnPair on_pair_;
  std::array<std::map<SocketAddress, Endpoint>, 2> endpoints_;
  std::array<std::vector<Endpoint*>, 2> by_order_;  // of appearance
  std::array<std::vector<SideConnection*>, 2> without_roles_;
  std::array<std::vector<SideConnection*>, 2> alone_;
  std::array<std::vector<SideConnection*>, 2> unpairable_;
};

}  // namespace halfopen::compare
