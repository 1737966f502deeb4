// Linux's sysctls of how connections begin, beside Fast Open's: listeners' queues, and what is agreed on
// (Documentation/networking/ip-sysctl.rst).
#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using enum OsFamily;

// 6.18 knows RFC 9768 and refuses the values that ask for it, which 7.0 takes: the model has them. A kernel
// before takes the values from 3 on for those of which they are the accurate kind.
void set_ecn(OsProfile& p, std::int64_t value) {
  const auto use = static_cast<EcnUse>(value);
  if (!grants_acc_ecn(use) || p.congestion.knows_acc_ecn) return assign(p.congestion.ecn, use);
  assign(p.congestion.ecn, asks_for_ecn(use) ? EcnUse::always : EcnUse::on_request);
}

void set_ecn_fallback(OsProfile& p, std::int64_t value) {
  assign(p.congestion.ecn_syn_retries, value != 0 ? 0 : kNoEcnFallback);
}

constexpr SysctlRow kRows[] = {
    {{"tcp_ecn", linux_os,
      "explicit congestion notification: 0 never, 1 asked for, 2 granted; RFC 9768's: 3 asked for, 4 and 5 "
      "granted"},
     set_ecn,
     0,
     5},
    {{"tcp_ecn_fallback", linux_os, "a second SYN without ECN, and doubt about marks in a handshake"},
     set_ecn_fallback,
     0,
     kMaxByte},
    {{"tcp_ecn_option", linux_os, "the option of RFC 9768: 0 never, 1 when there is news, 2 always"},
     count<kCongestionOf, &CongestionProfile::acc_ecn_option>,
     0,
     2},
    {{"tcp_ecn_option_beacon", linux_os, "options in a round trip where tcp_ecn_option is 1"},
     count<kCongestionOf, &CongestionProfile::acc_ecn_beacon>,
     0,
     kMaxByte},
    {{"tcp_syncookies", linux_os,
      "SYN cookies: 0 never, 1 when a listener's queue of embryos is full, 2 always"},
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
