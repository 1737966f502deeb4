// FreeBSD's names for what concerns the way to a peer: Fast Open, path MTU discovery, ICMP errors, and TCP
// over UDP.
#include <chrono>

#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using enum OsFamily;

// What ends an attempt to connect is otherwise remembered, as tcp_notify() does (netinet/tcp_subr.c
// tcp_ctlinput_with_port).
void set_icmp_may_rst(OsProfile& p, std::int64_t value) {
  constexpr IcmpKind kEnding[] = {IcmpKind::protocol_unreachable, IcmpKind::port_unreachable,
                                  IcmpKind::net_prohibited,       IcmpKind::host_prohibited,
                                  IcmpKind::admin_prohibited,     IcmpKind::time_exceeded};
  auto rows = p.icmp.rows.value;
  for (const IcmpKind kind : kEnding) {
    IcmpRow& row = rows[static_cast<std::size_t>(kind)];
    const bool is_of_route = row.error == Errno::hostunreach;  // which a connection passes over
    row.embryonic = value != 0 ? IcmpEffect::abort : IcmpEffect::soft;
    row.established = value != 0 || is_of_route ? IcmpEffect::ignore : IcmpEffect::soft;
  }
  assign(p.icmp.rows, rows);
}

constexpr SysctlRow kRows[] = {
    {{"net.inet.tcp.fastopen.client_enable", freebsd, "data may go in a SYN (RFC 7413)"},
     flag<kFastOpenOf, &FastOpenProfile::client>,
     0,
     1},
    {{"net.inet.tcp.fastopen.server_enable", freebsd, "data may be taken from a SYN (RFC 7413)"},
     flag<kFastOpenOf, &FastOpenProfile::server>,
     0,
     1},
    {{"net.inet.tcp.fastopen.path_disable_time", freebsd,
      "pause of Fast Open for a server that gave no cookie, in seconds"},
     time<kFastOpenOf, &FastOpenProfile::pause_of_path, std::chrono::seconds>,
     0,
     kMaxInt},
    {{"net.inet.tcp.hostcache.purgenow", freebsd, "forgets what is known of hosts; the model keeps nothing"}},
    {{"net.inet.tcp.icmp_may_rst", freebsd, "ICMP errors may end an attempt to connect"},
     set_icmp_may_rst,
     0,
     1},
    {{"net.inet.tcp.path_mtu_discovery", freebsd, "packets must not be fragmented"},
     flag<kIpOf, &IpProfile::dont_fragment>,
     0,
     1},
    {{"net.inet.tcp.pmtud_blackhole_detection", freebsd,
      "smaller segments after timeouts: 0 never, 1 always, 2 over IPv4, 3 over IPv6"},
     count<kBlackholeOf, &BlackholeProfile::search>,
     0,
     3},
    {{"net.inet.tcp.pmtud_blackhole_mss", freebsd, "their size, over IPv4"},
     count<kBlackholeOf, &BlackholeProfile::mss_v4>,
     216,
     65'495},
    {{"net.inet.tcp.v6pmtud_blackhole_mss", freebsd, "size of segments after timeouts, over IPv6"},
     count<kBlackholeOf, &BlackholeProfile::mss_v6>,
     216,
     65'475},
    {{"net.inet.tcp.udp_tunneling_overhead", freebsd, "room for headers of TCP over UDP, in bytes"},
     count<kTunnelOf, &TunnelProfile::overhead>,
     8,
     1024},
    {{"net.inet.tcp.udp_tunneling_port", freebsd, "port of TCP over UDP; 0: none"},
     count<kTunnelOf, &TunnelProfile::port>,
     0,
     65'535},
};

}  // namespace

constexpr std::span<const SysctlRow> kFreebsdPathSysctls = kRows;

}  // namespace halfopen
