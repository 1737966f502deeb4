// A listening socket's queues: connections half made (embryos) and those that wait for accept().
#pragma once

#include <cstdint>

#include "sim/base/ring.h"
#include "sim/os/connection.h"
#include "sim/os/fast_open_queue.h"
#include "sim/os/syn_cookie.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/socket_options.h"
#include "sim/wire/address.h"

namespace halfopen {

class Listener {
 public:
  // `backlog` is what listen() granted; new connections get a copy of `options`. `os` outlives it.
  Listener(Socket& socket, const SocketAddress& local, std::uint32_t backlog, const SocketOptions& options,
           const SocketProfile& os, const FastOpenSetup& fast_open = {})
      : socket_{socket},
        local_{local},
        options_{options},
        backlog_{backlog},
        os_{os},
        fast_open_{fast_open} {}

  // A connection request to this address is for it: same port, and same or any address.
  [[nodiscard]] bool listens_at(const SocketAddress& local) const;
  // What a new SYN gets: an embryo, a cookie (sim/os/syn_cookie.h), or nothing. One that `takes_over` a
  // connection in TIME_WAIT needs no room among the embryos.
  enum class Place : std::uint8_t { embryo, cookie, none };
  [[nodiscard]] Place place_for_syn(bool takes_over) const;
  // The last ACK of a handshake must be dropped: the connection would find no place.
  [[nodiscard]] bool refuses_last_ack() const;
  // A cookie was given; some are still good.
  void note_cookie(TimePoint now) { last_cookie_ = now; }
  [[nodiscard]] bool has_cookies_out(TimePoint now) const {
    return last_cookie_ != kNever && now - last_cookie_ <= SynCookieJar::kValid;
  }

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
  const SocketProfile& os_;
  TimePoint last_cookie_ = kNever;
  FastOpenQueue fast_open_;
};

// 0.0.0.0 or ::, which stand for every address of their family.
[[nodiscard]] bool is_any(const IpAddress& address);
// The same port of the same address, or of any.
[[nodiscard]] bool overlap(const SocketAddress& a, const SocketAddress& b);

}  // namespace halfopen
