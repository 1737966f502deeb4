// Socket options by the names that programs use, and their way into SocketOptions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/base/errno.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/socket_options.h"

namespace halfopen {

enum class SocketOption : std::uint8_t {
  so_keepalive,
  tcp_keepidle,   // seconds
  tcp_keepintvl,  // seconds
  tcp_keepcnt,
  tcp_user_timeout,  // milliseconds
  so_rcvtimeo,       // milliseconds
  so_linger,         // seconds; negative: off
  tcp_nodelay,
  so_rcvbuf,
  so_sndbuf,
  so_reuseaddr,
  so_error,          // read only; scenarios know those before it
  tcp_fastopen,      // of a listener: connections in use early; FreeBSD: also whether sendto() connects
  tcp_fastopen_key,  // 16 bytes, no number
  tcp_fastopen_connect,
  tcp_fastopen_no_cookie,
  so_zerocopy,
  so_timestamping,  // Linux's SOF_TIMESTAMPING_ bits
  tcp_maxseg,       // bytes
  tcp_notsent_lowat,
  tcp_cork,
  tcp_syncnt,
  tcp_inq,
  tcp_noopt,
  tcp_keepinit,  // seconds
  tcp_remote_udp_encaps_port,
  ip_tos,
  ip_ttl,
  ipv6_tclass,
  ipv6_unicast_hops,
  tcp_quickack,
  tcp_defer_accept,  // seconds
  tcp_linger2,       // seconds; negative: no FIN_WAIT_2
  tcp_window_clamp,  // bytes
  so_rcvlowat,       // bytes
  so_peek_off,       // bytes; negative: off
  so_mark,
  ip_freebind,
  ip_mtu_discover,  // PathMtuDiscovery's numbers
  ipv6_mtu_discover,
  ipv6_v6only,
  so_oobinline,
  ipv6_use_min_mtu,
  count_,
};

// "TCP_USER_TIMEOUT".
[[nodiscard]] std::string_view to_string(SocketOption option);
[[nodiscard]] std::optional<SocketOption> socket_option_from(std::string_view name);
// Not where the OS lacks the option.
[[nodiscard]] bool has_option(const OsProfile& os, SocketOption option);

// Sets an option other than SO_ERROR, SO_PEEK_OFF, TCP_FASTOPEN and TCP_FASTOPEN_KEY, in the unit above; of
// TCP_QUICKACK what a connection begins with. ENOPROTOOPT or EINVAL, and nothing is changed, where that is
// wrong.
Errno set_option(const OsProfile& os, SocketOptions& options, SocketOption option, std::int64_t value);
// Its value in the same unit; where a default applies, the profile's.
[[nodiscard]] std::int64_t get_option(const OsProfile& os, const SocketOptions& options, SocketOption option);

}  // namespace halfopen
