// What the kernel says about its TCP sockets: sock_diag(7) over netlink, for the network namespace in which
// the netlink socket was opened, wherever we are ourselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "replay/base/unique_fd.h"
#include "sim/base/time.h"
#include "sim/why/state.h"
#include "sim/wire/address.h"

namespace halfopen {

// A socket at the instant of the request.
struct SocketDiag {
  // The one that runs out next. The kernel tells one only, and calls tail loss probes and RACK's reordering
  // window "retransmit", too; "keepalive" is also what ends an orphan's FIN_WAIT_2.
  enum class Timer : std::uint8_t { off, retransmit, keepalive, time_wait, probe0 };

  // By RFC 9293's names. Linux keeps sockets of closed programs in FIN_WAIT_2 as time-wait entries; they are
  // told as FIN_WAIT_2, with `timer` time_wait.
  State state = State::closed;
  Timer timer = Timer::off;
  Duration timer_left{0};        // until it runs out; 0 when it is off or late
  std::uint8_t retransmits = 0;  // in a row, without an answer
  std::uint32_t rqueue = 0;      // bytes that the program has not read
  std::uint32_t wqueue = 0;  // bytes that the other side has not acknowledged, those not sent yet included

  // From here on: only if has_details. Time-wait entries and connections in SYN_RECEIVED have none.
  bool has_details = false;
  std::uint8_t backoff = 0;  // how often the timeout was doubled
  std::uint8_t probes = 0;   // keepalive or zero-window probes without an answer
  Duration rto{0};
  Duration rtt{0};  // smoothed
  Duration rttvar{0};
  std::uint32_t mss = 0;            // bytes, for sending
  std::uint32_t unacked = 0;        // segments in flight
  std::uint32_t lost = 0;           // segments of these that are taken for lost
  std::uint32_t retransmitted = 0;  // segments of these that were sent again
  std::uint32_t total_retransmits = 0;
  std::uint32_t snd_cwnd = 0;  // segments
  std::uint32_t ssthresh = 0;  // segments; 0x7fffffff as long as there was no loss
};

class SocketDiagnostics {
 public:
  // A NETLINK_SOCK_DIAG socket; nobody else may read from it.
  explicit SocketDiagnostics(UniqueFd netlink_socket) : socket_{std::move(netlink_socket)} {}

  // One exact request, a few microseconds; allocates nothing. nullopt: there is no such connection (any
  // more). It does not see sockets that are bound to a device (SO_BINDTODEVICE, link-local addresses of
  // IPv6). A kernel without its tcp_diag module knows no connection at all ('halfopen doctor' finds out).
  // Throws std::system_error.
  [[nodiscard]] std::optional<SocketDiag> find(const FourTuple& connection);

  // Would a SYN to this address and port find a listener? Listeners on the unspecified address count. As
  // quick as find(), which makes it the same request. Throws std::system_error.
  [[nodiscard]] bool is_listening(const SocketAddress& local);

 private:
  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
};

// Lines for people, without a newline, in the manner of `netstat -tn` and `ss -tnoi`; a connection that is
// gone has the state "(none)", which neither of them prints.
//   tcp        0      5 192.0.2.1:40000         192.0.2.2:7             ESTABLISHED
[[nodiscard]] std::string netstat_line(const FourTuple& connection, const std::optional<SocketDiag>& socket);
//   ESTAB 0 5 192.0.2.1:40000 192.0.2.2:7 timer:(on,1.2sec,3) rto:1608 backoff:3 rtt:0.5/0.25 ... unacked:1
[[nodiscard]] std::string ss_line(const FourTuple& connection, const std::optional<SocketDiag>& socket);

}  // namespace halfopen
