#include "sim/os/socket_option.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "sim/tcp/send_marks.h"

namespace halfopen {
namespace {

constexpr std::int64_t kInt = std::numeric_limits<std::int32_t>::max();

// Name and the values that setsockopt() takes (Linux: net/ipv4/tcp.c MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL,
// MAX_TCP_KEEPCNT).
constexpr std::uint8_t on(OsFamily family) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(family));
}
constexpr std::uint8_t kEvery = 0xff;
constexpr std::uint8_t kLinux = on(OsFamily::linux_os);   // include/uapi/linux/tcp.h, asm-generic/socket.h
constexpr std::uint8_t kFreebsd = on(OsFamily::freebsd);  // netinet/tcp.h
constexpr std::uint8_t kBoth = kLinux | kFreebsd;
constexpr std::int64_t kUnsigned = 0xffff'ffff;

struct OptionRow {
  SocketOption option;
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  std::uint8_t systems = kEvery;  // those that have it, unless the profile says more
};
constexpr auto kOptions = std::to_array<OptionRow>({
    {SocketOption::so_keepalive, "SO_KEEPALIVE", -kInt, kInt},
    {SocketOption::tcp_keepidle, "TCP_KEEPIDLE", 1, 32767},
    {SocketOption::tcp_keepintvl, "TCP_KEEPINTVL", 1, 32767},
    {SocketOption::tcp_keepcnt, "TCP_KEEPCNT", 1, 127},
    {SocketOption::tcp_user_timeout, "TCP_USER_TIMEOUT", 0, kInt},
    {SocketOption::so_rcvtimeo, "SO_RCVTIMEO", 0, kInt},
    {SocketOption::so_linger, "SO_LINGER", -kInt, kInt},
    {SocketOption::tcp_nodelay, "TCP_NODELAY", -kInt, kInt},
    {SocketOption::so_rcvbuf, "SO_RCVBUF", 0, kInt},
    {SocketOption::so_sndbuf, "SO_SNDBUF", 0, kInt},
    {SocketOption::so_reuseaddr, "SO_REUSEADDR", -kInt, kInt},
    {SocketOption::so_error, "SO_ERROR", 0, 0},
    {SocketOption::tcp_fastopen, "TCP_FASTOPEN", 0, kInt},
    {SocketOption::tcp_fastopen_key, "TCP_FASTOPEN_KEY", 0, 0},
    {SocketOption::tcp_fastopen_connect, "TCP_FASTOPEN_CONNECT", 0, 1},
    {SocketOption::tcp_fastopen_no_cookie, "TCP_FASTOPEN_NO_COOKIE", 0, 1},
    {SocketOption::so_zerocopy, "SO_ZEROCOPY", 0, 1, kLinux},
    {SocketOption::so_timestamping, "SO_TIMESTAMPING", 0, 0x1ffff, kLinux},
    {SocketOption::tcp_maxseg, "TCP_MAXSEG", 88, 32767, kBoth},
    {SocketOption::tcp_notsent_lowat, "TCP_NOTSENT_LOWAT", 0, kUnsigned, kLinux},
    {SocketOption::tcp_cork, "TCP_CORK", -kInt, kInt, kLinux},
    {SocketOption::tcp_syncnt, "TCP_SYNCNT", 1, 127, kLinux},
    {SocketOption::tcp_inq, "TCP_INQ", 0, 1, kLinux},
    {SocketOption::tcp_noopt, "TCP_NOOPT", -kInt, kInt, kFreebsd},
    {SocketOption::tcp_keepinit, "TCP_KEEPINIT", 1, kInt, kFreebsd},
    {SocketOption::tcp_remote_udp_encaps_port, "TCP_REMOTE_UDP_ENCAPS_PORT", 0, 65535, kFreebsd},
    {SocketOption::ip_tos, "IP_TOS", 0, 255},
    {SocketOption::ip_ttl, "IP_TTL", 1, 255},
    {SocketOption::ipv6_tclass, "IPV6_TCLASS", 0, 255, kBoth},
    {SocketOption::ipv6_unicast_hops, "IPV6_UNICAST_HOPS", 1, 255, kBoth},
    {SocketOption::tcp_quickack, "TCP_QUICKACK", -kInt, kInt, kLinux},
    {SocketOption::tcp_defer_accept, "TCP_DEFER_ACCEPT", -kInt, kInt, kLinux},
    {SocketOption::tcp_linger2, "TCP_LINGER2", -kInt, kInt, kLinux},
    {SocketOption::tcp_window_clamp, "TCP_WINDOW_CLAMP", -kInt, kInt, kLinux},
    {SocketOption::so_rcvlowat, "SO_RCVLOWAT", -kInt, kInt, kLinux},
    {SocketOption::so_peek_off, "SO_PEEK_OFF", -kInt, kInt, kLinux},
    {SocketOption::so_mark, "SO_MARK", -kInt, kUnsigned, kLinux},
    {SocketOption::ip_freebind, "IP_FREEBIND", -kInt, kInt, kLinux},
    {SocketOption::ip_mtu_discover, "IP_MTU_DISCOVER", 0, 5, kLinux},
    {SocketOption::ipv6_mtu_discover, "IPV6_MTU_DISCOVER", 0, 5, kLinux},
    {SocketOption::ipv6_v6only, "IPV6_V6ONLY", -kInt, kInt, kLinux},
    {SocketOption::so_oobinline, "SO_OOBINLINE", -kInt, kInt},
    {SocketOption::ipv6_use_min_mtu, "IPV6_USE_MIN_MTU", -1, 1, kFreebsd},
});
static_assert(kOptions.size() == static_cast<std::size_t>(SocketOption::count_));
static_assert([] {
  for (std::size_t i = 0; i < kOptions.size(); ++i) {
    if (static_cast<std::size_t>(kOptions[i].option) != i) return false;
  }
  return true;
}());

const OptionRow& row_of(SocketOption option) { return kOptions[static_cast<std::size_t>(option)]; }

template <class Unit>
std::int64_t in(Duration duration) {
  return std::chrono::duration_cast<Unit>(duration).count();
}

Duration or_default(Duration set, Duration otherwise) { return set == Duration{} ? otherwise : set; }

// Linux counts a buffer twice, for what packets cost beside their data.
std::uint32_t counted(std::int64_t value, std::uint32_t least) {
  if (least == 0) return static_cast<std::uint32_t>(value);
  return std::max(least, static_cast<std::uint32_t>(std::min<std::int64_t>(2 * value, kInt)));
}

// TCP_DEFER_ACCEPT's seconds as timeouts that double, and back (net/ipv4/tcp.c secs_to_retrans,
// retrans_to_secs): the least number that lasts as long, no more than 255.
std::uint8_t timeouts_in(std::int64_t limit, const RttProfile& rtt) {
  using std::chrono::seconds;
  if (limit <= 0) return 0;
  Duration timeout = rtt.rto_initial;
  Duration all = timeout;
  std::uint8_t count = 1;
  for (; all < seconds{limit} && count < 255; ++count) {
    timeout = std::min<Duration>(2 * timeout, rtt.rto_max);
    all += timeout;
  }
  return count;
}
std::int64_t seconds_of(std::uint8_t timeouts, const RttProfile& rtt) {
  Duration timeout = rtt.rto_initial;
  Duration all{};
  for (std::uint8_t i = 0; i < timeouts; ++i) {
    all += timeout;
    timeout = std::min<Duration>(2 * timeout, rtt.rto_max);
  }
  return in<std::chrono::seconds>(all);
}

// TCP_LINGER2: no more than two minutes (include/net/tcp.h TCP_FIN_TIMEOUT_MAX).
std::int8_t fin_wait_2_of(std::int64_t value) {
  constexpr std::int64_t kMost = 120;
  return static_cast<std::int8_t>(value < 0 ? -1 : std::min(value, kMost));
}

// No lower than half of the smallest receive buffer (net/ipv4/tcp.c tcp_set_window_clamp); 0: none.
std::uint32_t clamp_of(std::int64_t value, const WindowProfile& window) {
  if (value == 0) return 0;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(value, window.rcvbuf_least / 2));
}

// No more than half of the largest receive buffer (net/ipv4/tcp.c tcp_set_rcvlowat); a negative one is the
// largest.
std::uint32_t receive_low_of(std::int64_t value, const SocketOptions& options, const WindowProfile& window) {
  const std::uint32_t most =
      (options.receive_buffer != 0 ? options.receive_buffer : window.rcvbuf_max.value) / 2;
  return value < 0 ? most : static_cast<std::uint32_t>(std::min<std::int64_t>(value, most));
}

// SOF_TIMESTAMPING_TX_SCHED, _TX_SOFTWARE and _TX_ACK, where _SOFTWARE lets reports be made at all
// (include/uapi/linux/net_tstamp.h).
std::uint8_t watches_of(std::int64_t bits) {
  if ((bits & 0x10) == 0) return 0;
  return static_cast<std::uint8_t>(((bits & 0x100) != 0 ? send_watch::scheduled : 0) |
                                   ((bits & 0x2) != 0 ? send_watch::sent : 0) |
                                   ((bits & 0x200) != 0 ? send_watch::acknowledged : 0));
}

}  // namespace

std::string_view to_string(SocketOption option) {
  return option == SocketOption::count_ ? "an unknown option" : row_of(option).name;
}

std::optional<SocketOption> socket_option_from(std::string_view name) {
  for (const OptionRow& row : kOptions) {
    if (row.name == name) return row.option;
  }
  return std::nullopt;
}

bool has_option(const OsProfile& os, SocketOption option) {
  if ((row_of(option).systems & on(os.family)) == 0) return false;
  switch (option) {
    case SocketOption::tcp_user_timeout: return os.socket.user_timeout;
    case SocketOption::tcp_keepidle:
    case SocketOption::tcp_keepintvl:
    case SocketOption::tcp_keepcnt: return os.socket.keepalive_tuning;
    case SocketOption::tcp_fastopen: return os.fast_open.calls.value != FastOpenCalls::none;
    case SocketOption::tcp_fastopen_key:
    case SocketOption::tcp_fastopen_connect:
    case SocketOption::tcp_fastopen_no_cookie: return os.fast_open.calls.value == FastOpenCalls::msg_fastopen;
    default: return true;
  }
}

Errno set_option(const OsProfile& os, SocketOptions& options, SocketOption option, std::int64_t value) {
  const bool is_no_number = option == SocketOption::so_error || option == SocketOption::tcp_fastopen_key;
  if (!has_option(os, option) || is_no_number) return Errno::noprotoopt;
  if (value < row_of(option).least || value > row_of(option).most) return Errno::inval;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  switch (option) {
    case SocketOption::so_keepalive: options.keepalive = value != 0; break;
    case SocketOption::tcp_keepidle: options.keepalive_idle = seconds{value}; break;
    case SocketOption::tcp_keepintvl: options.keepalive_interval = seconds{value}; break;
    case SocketOption::tcp_keepcnt: options.keepalive_probes = static_cast<std::uint16_t>(value); break;
    case SocketOption::tcp_user_timeout: options.user_timeout = milliseconds{value}; break;
    case SocketOption::so_rcvtimeo: options.receive_timeout = milliseconds{value}; break;
    case SocketOption::so_linger:
      options.linger = value >= 0;
      options.linger_time = seconds{value >= 0 ? value : 0};
      break;
    case SocketOption::tcp_nodelay: options.nodelay = value != 0; break;
    case SocketOption::so_rcvbuf: options.receive_buffer = counted(value, os.window.rcvbuf_least); break;
    case SocketOption::so_sndbuf: options.send_buffer = counted(value, os.window.sndbuf_least); break;
    case SocketOption::so_zerocopy: options.zero_copy = value != 0; break;
    case SocketOption::so_timestamping:
      options.timestamping = static_cast<std::uint32_t>(value) & 0x1ffffu;
      options.reports = watches_of(value) & send_watch::all;
      break;
    case SocketOption::tcp_maxseg: options.max_segment = static_cast<std::uint16_t>(value); break;
    case SocketOption::tcp_notsent_lowat: options.unsent_low = static_cast<std::uint32_t>(value); break;
    case SocketOption::tcp_cork: options.cork = value != 0; break;
    case SocketOption::tcp_syncnt: options.syn_retries = static_cast<std::uint8_t>(value); break;
    case SocketOption::tcp_inq: options.tells_unread = value != 0; break;
    case SocketOption::tcp_noopt: options.no_options = value != 0; break;
    case SocketOption::tcp_keepinit: options.connect_limit = static_cast<std::uint32_t>(value); break;
    case SocketOption::tcp_remote_udp_encaps_port:
      options.udp_port = static_cast<std::uint16_t>(value);
      break;
    case SocketOption::ip_tos:
    case SocketOption::ipv6_tclass:  // its ECN bits are TCP's own (net/ipv4/ip_sockglue.c, netinet/tcp_ecn.c)
      options.traffic_class = static_cast<std::uint8_t>(value & ~std::int64_t{ip_ecn::mask});
      break;
    case SocketOption::ip_ttl:
    case SocketOption::ipv6_unicast_hops: options.hop_limit = static_cast<std::uint8_t>(value); break;
    case SocketOption::ipv6_use_min_mtu: options.least_mtu = value > 0; break;
    case SocketOption::tcp_fastopen_connect: options.fast_open_connect = value != 0; break;
    case SocketOption::tcp_fastopen_no_cookie: options.fast_open_no_cookie = value != 0; break;
    case SocketOption::so_reuseaddr: options.reuse_address = value != 0; break;
    case SocketOption::tcp_quickack: options.delays_acks = value == 0; break;
    case SocketOption::tcp_defer_accept: options.defer_accept = timeouts_in(value, os.rtt); break;
    case SocketOption::tcp_linger2: options.fin_wait_2 = fin_wait_2_of(value); break;
    case SocketOption::tcp_window_clamp: options.window_clamp = clamp_of(value, os.window); break;
    case SocketOption::so_rcvlowat: options.receive_low = receive_low_of(value, options, os.window); break;
    case SocketOption::so_mark: options.mark = static_cast<std::uint32_t>(value); break;
    case SocketOption::ip_freebind: options.bind_anywhere = value != 0; break;
    case SocketOption::so_oobinline: options.oob_inline = value != 0; break;
    case SocketOption::ipv6_v6only: options.only_v6 = value != 0; break;
    case SocketOption::ip_mtu_discover:
    case SocketOption::ipv6_mtu_discover: options.path_mtu = static_cast<PathMtuDiscovery>(value); break;
    case SocketOption::so_peek_off:
    case SocketOption::tcp_fastopen:
    case SocketOption::tcp_fastopen_key:
    case SocketOption::so_error:
    case SocketOption::count_: break;
  }
  return Errno::none;
}

std::int64_t get_option(const OsProfile& os, const SocketOptions& options, SocketOption option) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  switch (option) {
    case SocketOption::so_keepalive: return options.keepalive ? 1 : 0;
    case SocketOption::tcp_keepidle:
      return in<seconds>(or_default(options.keepalive_idle, os.keepalive.idle));
    case SocketOption::tcp_keepintvl:
      return in<seconds>(or_default(options.keepalive_interval, os.keepalive.interval));
    case SocketOption::tcp_keepcnt:
      return options.keepalive_probes != 0 ? options.keepalive_probes
                                           : std::int64_t{os.keepalive.probes.value};
    case SocketOption::tcp_user_timeout: return in<milliseconds>(options.user_timeout);
    case SocketOption::so_rcvtimeo: return in<milliseconds>(options.receive_timeout);
    case SocketOption::so_linger: return options.linger ? in<seconds>(options.linger_time) : -1;
    case SocketOption::tcp_nodelay: return options.nodelay ? 1 : 0;
    case SocketOption::so_rcvbuf:
      return options.receive_buffer != 0 ? options.receive_buffer : os.window.rcvbuf.value;
    case SocketOption::so_sndbuf:
      return options.send_buffer != 0 ? options.send_buffer : os.window.sndbuf.value;
    case SocketOption::so_zerocopy: return options.zero_copy ? 1 : 0;
    case SocketOption::tcp_maxseg:
      return options.max_segment != 0 ? options.max_segment : os.options.default_mss.value;
    case SocketOption::tcp_notsent_lowat: return options.unsent_low;
    case SocketOption::tcp_cork: return options.cork ? 1 : 0;
    case SocketOption::tcp_syncnt:
      return options.syn_retries != 0 ? options.syn_retries : std::int64_t{os.retransmit.syn_retries.value};
    case SocketOption::tcp_inq: return options.tells_unread ? 1 : 0;
    case SocketOption::tcp_noopt: return options.no_options ? 1 : 0;
    case SocketOption::tcp_keepinit:
      return options.connect_limit != 0 ? options.connect_limit : in<seconds>(os.retransmit.connect_limit);
    case SocketOption::tcp_remote_udp_encaps_port: return options.udp_port;
    case SocketOption::ip_tos:
    case SocketOption::ipv6_tclass: return options.traffic_class;
    case SocketOption::ip_ttl:
    case SocketOption::ipv6_unicast_hops: return options.hop_limit != 0 ? options.hop_limit : os.ip.ttl.value;
    case SocketOption::ipv6_use_min_mtu: return options.least_mtu ? 1 : 0;
    case SocketOption::tcp_fastopen_connect: return options.fast_open_connect ? 1 : 0;
    case SocketOption::tcp_fastopen_no_cookie: return options.fast_open_no_cookie ? 1 : 0;
    case SocketOption::so_reuseaddr: return options.reuse_address ? 1 : 0;
    case SocketOption::tcp_quickack: return options.delays_acks ? 0 : 1;
    case SocketOption::tcp_defer_accept: return seconds_of(options.defer_accept, os.rtt);
    case SocketOption::tcp_linger2:
      return options.fin_wait_2 != 0 ? options.fin_wait_2 : in<seconds>(os.close.fin_wait_2);
    case SocketOption::tcp_window_clamp: return options.window_clamp;
    case SocketOption::so_rcvlowat: return std::max(options.receive_low, 1u);
    case SocketOption::so_mark: return options.mark;
    case SocketOption::so_oobinline: return options.oob_inline ? 1 : 0;
    case SocketOption::ipv6_v6only: return options.only_v6 ? 1 : 0;
    case SocketOption::ip_freebind: return options.bind_anywhere ? 1 : 0;
    case SocketOption::ip_mtu_discover:
    case SocketOption::ipv6_mtu_discover:
      if (options.path_mtu != PathMtuDiscovery::usual) return static_cast<std::int64_t>(options.path_mtu);
      return os.ip.dont_fragment ? 1 : 0;
    case SocketOption::so_timestamping: return options.timestamping;
    case SocketOption::so_peek_off:
    case SocketOption::tcp_fastopen:
    case SocketOption::tcp_fastopen_key:
    case SocketOption::so_error:
    case SocketOption::count_: break;
  }
  return 0;
}

}  // namespace halfopen
