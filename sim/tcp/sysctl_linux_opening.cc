// Linux's sysctls of how connections begin, beside Fast Open's: listeners' queues, and what is agreed on
// (Documentation/networking/ip-sysctl.rst).
#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using enum OsFamily;

// The values from 3 on agree on AccECN where the peer knows it; where it does not, they fall back to what 1
// and 2 mean (net/ipv4/sysctl_net_ipv4.c, net/ipv4/tcp_input.c).
void set_ecn(OsProfile& p, std::int64_t value) {
  const EcnUse use = value == 0                 ? EcnUse::off
                     : value == 1 || value == 3 ? EcnUse::always
                                                : EcnUse::on_request;
  assign(p.congestion.ecn, use);
}

constexpr SysctlRow kRows[] = {
    {{"tcp_ecn", linux_os, "explicit congestion notification: 0 never, 1 asked for, 2 granted"},
     set_ecn,
     0,
     5},
    {{"tcp_syncookies", linux_os, "SYN cookies: 0 never, 1 when a listener's queue of embryos is full, 2 always"},
     count<kSocketOf, &SocketProfile::syn_cookies>,
     0,
     2},
    {{"tcp_max_syn_backlog", linux_os, "embryos of a listener where tcp_syncookies is 0"},
     count<kSocketOf, &SocketProfile::embryos_most>,
     0,
     kMaxInt},
    {{"tcp_abort_on_overflow", linux_os, "a last ACK that finds the accept queue full is reset, not dropped"},
     flag<kSocketOf, &SocketProfile::rst_on_overflow>,
     0,
     kMaxByte},
};

}  // namespace

constexpr std::span<const SysctlRow> kLinuxOpeningSysctls = kRows;

}  // namespace halfopen
