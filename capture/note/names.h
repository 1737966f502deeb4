// Names of the ends of a conversation.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/wire/address.h"

namespace halfopen {

class Names {
 public:
  // At most kMaxNames are kept; a second name for an address is ignored.
  static constexpr std::size_t kMaxNames = 1024;
  void add(const IpAddress& address, std::string name);

  // "client", or "192.0.2.1" without a name.
  [[nodiscard]] std::string of(const IpAddress& address) const;
  // "client" where the port is the first that was asked for of that address, "client.40001" for any other;
  // without a name always "192.0.2.1.80", as tcpdump writes it.
  [[nodiscard]] std::string of(const SocketAddress& end);
  // From now on "web.80" always: in other people's captures the first port of a host says as much as any
  // other.
  void show_every_port() { shows_every_port_ = true; }

  [[nodiscard]] std::vector<std::pair<IpAddress, std::string>> all() const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    IpAddress address;
    std::string name;
    std::uint16_t port = 0;  // 0: none was asked for yet
  };
  std::vector<Entry> entries_;
  bool shows_every_port_ = false;
};

// "192.0.2.1.80", "fd00:9::1.80".
[[nodiscard]] std::string to_string(const SocketAddress& end);

}  // namespace halfopen
