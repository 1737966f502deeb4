// A listening socket's queues: connections half made (embryos) and those that wait for accept().
#pragma once

#include <cstdint>

#include "sim/base/ring.h"
#include "sim/os/connection.h"
#include "sim/os/fast_open_queue.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/socket_options.h"
#include "sim/wire/address.h"

namespace halfopen {

class Listener {
 public:
  // `backlog` is what listen() granted; new connections get a copy of `options`.
  Listener(Socket& socket, const SocketAddress& local, std::uint32_t backlog, const SocketOptions& options,
           ListenPolicy policy, const FastOpenSetup& fast_open = {})
      : socket_{socket},
        local_{local},
        options_{options},
        backlog_{backlog},
        policy_{policy},
        fast_open_{fast_open} {}

  // A connection request to this address is for it: same port, and same or any address.
  [[nodiscard]] bool listens_at(const SocketAddress& local) const;
  // A new SYN must be dropped.
  [[nodiscard]] bool refuses_syn() const;
  // An embryo's last ACK must be dropped: the connection would find no place.
  [[nodiscard]] bool refuses_last_ack() const;

  // An embryo enters; becomes established; leaves, from wherever it is.
  void add(Connection& embryo);
  void establish(Connection& embryo);
  void remove(Connection& connection);
  // The connection that waited longest, no longer this listener's; nullptr when none waits.
  Connection* accept();

  [[nodiscard]] Socket& socket() const { return socket_; }
  [[nodiscard]] const SocketAddress& local() const { return local_; }
  [[nodiscard]] SocketOptions& options() { return options_; }
  [[nodiscard]] FastOpenQueue& fast_open() { return fast_open_; }
  [[nodiscard]] std::uint32_t waiting() const { return queue_.size(); }
  [[nodiscard]] std::uint32_t embryos() const { return embryos_; }
  void set_backlog(std::uint32_t backlog) { backlog_ = backlog; }

 private:
  Socket& socket_;
  SocketAddress local_;
  SocketOptions options_;
  Ring<Connection*> queue_;
  std::uint32_t embryos_ = 0;
  std::uint32_t backlog_;
  ListenPolicy policy_;
  FastOpenQueue fast_open_;
};

// 0.0.0.0 or ::, which stand for every address of their family.
[[nodiscard]] bool is_any(const IpAddress& address);
// The same port of the same address, or of any.
[[nodiscard]] bool overlap(const SocketAddress& a, const SocketAddress& b);

}  // namespace halfopen
