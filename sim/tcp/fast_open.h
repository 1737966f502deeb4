// TCP Fast Open (RFC 7413) beside the endpoint: cookies, what a host remembers of servers that give them, and
// what a connection keeps of its opening. How an endpoint opens with it: sim/tcp/endpoint_fast_open.cc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/base/time.h"
#include "sim/tcp/fast_open_profile.h"
#include "sim/wire/address.h"
#include "sim/wire/tcp_options.h"

namespace halfopen {

// The option of a SYN or SYN-ACK as far as it counts: a cookie has an even length from 4 to 16 (RFC 7413
// section 2), an empty one is a request. nullopt for none and for any other.
[[nodiscard]] std::optional<FastOpenOption> valid_fast_open(const TcpOptions& options);

// The cookie that a server of `server` gives to `client`: eight bytes.
[[nodiscard]] FastOpenCookie make_fast_open_cookie(const FastOpenProfile& os, const FastOpenKey& key,
                                                   const IpAddress& client, const IpAddress& server);

// What the clients of one host know. Forgotten with the host's memory.
class FastOpenCache {
 public:
  // How to open a connection.
  struct Choice {
    std::optional<FastOpenOption> option;  // of the SYN
    std::uint16_t mss = 0;                 // the server's when last heard; 0: unknown
    bool may_send_data = false;
    bool after_blackhole = false;  // the pause is over: whether data arrives now decides
  };
  // `without_cookie`: the socket says so, whatever the host does (TCP_FASTOPEN_NO_COOKIE).
  [[nodiscard]] Choice choose(TimePoint now, const FastOpenProfile& os, const SocketAddress& server,
                              bool without_cookie) const;

  // What a SYN-ACK told.
  struct Lesson {
    std::uint16_t mss = 0;
    std::optional<FastOpenOption> given;  // with a cookie, or nothing
    bool refused = false;                 // the SYN had the option, and no cookie came back
    bool asked_experimental = false;
  };
  void learn(TimePoint now, const FastOpenProfile& os, const SocketAddress& server, const Lesson& lesson);
  // `ip tcp_metrics flush`.
  void forget_servers() { servers_.clear(); }
  // Parameters were set on the running host.
  void follow(const FastOpenProfile& os) {
    if (os.off_forgets && !os.client) forget_servers();
  }

  // SYNs with it get lost: a pause for all servers, which doubles from one to the next, up to 64 times
  // (net/ipv4/tcp_fastopen.c tcp_fastopen_active_disable, tcp_fastopen_active_should_disable).
  void found_blackhole(TimePoint now, const FastOpenProfile& os);
  // Data came over a connection that was opened after the pause.
  void passed_blackhole() { blackholes_ = 0; }

 private:
  enum class Attempt : std::uint8_t { standard, experimental, standard_again };
  struct Server {
    std::optional<FastOpenOption> known;  // its cookie
    std::uint16_t mss = 0;
    Attempt next = Attempt::standard;  // as what a cookie is asked for
    TimePoint paused_until{};
  };
  [[nodiscard]] bool is_paused(TimePoint now, const FastOpenProfile& os) const;

  std::map<SocketAddress, Server> servers_;  // port 0: of the address
  std::uint32_t blackholes_ = 0;             // found in a row
  TimePoint blackhole_at_{};
};

// Why data was not sent in a SYN, or not taken: tcpi_fastopen_client_fail (include/uapi/linux/tcp.h).
enum class FastOpenFailure : std::uint8_t { none, cookie_unavailable, data_not_acked, syn_retransmitted };

// What a connection keeps that was opened with it, from either side.
struct FastOpenState {
  std::optional<FastOpenOption> option;  // for the next SYN or SYN-ACK, and no later one
  bool asked = false;                    // our SYN carried the option
  bool asked_experimental = false;
  bool sent_data = false;        // in our SYN
  bool data_acked = false;       // all of it by the SYN-ACK; or the SYN's was taken here: TCPI_OPT_SYN_DATA
  bool early = false;            // passive: in use before the handshake is complete
  bool accepted = false;         // early: a process has it
  bool after_blackhole = false;  // see FastOpenCache::Choice
  FastOpenFailure failure = FastOpenFailure::none;
};

// What a listener makes of a SYN.
struct FastOpenReply {
  bool takes_data = false;               // the connection may be used at once
  std::optional<FastOpenOption> option;  // for the SYN-ACK
};

}  // namespace halfopen
