// Linux's sysctls of paths that swallow large packets (Documentation/networking/ip-sysctl.rst,
// tcp_mtu_probing).
#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using enum OsFamily;

// 1 and 2 look for black holes. 2 begins small, too, and both try larger segments later (RFC 4821): the model
// keeps what it has found.
void set_mtu_probing(OsProfile& p, std::int64_t value) {
  assign(p.blackhole.search, value != 0 ? BlackholeSearch::after_r1 : BlackholeSearch::never);
}

void set_base_mss(OsProfile& p, std::int64_t value) {
  assign(p.blackhole.mss_v4, static_cast<std::uint16_t>(value));
  assign(p.blackhole.mss_v6, static_cast<std::uint16_t>(value));
}

constexpr std::int64_t kLargestMss = 65'495;  // of IPv4

constexpr SysctlRow kRows[] = {
    {{"tcp_mtu_probing", linux_os,
      "smaller segments where large ones vanish: 0 never, 1 and 2 once tcp_retries1 is over"},
     set_mtu_probing,
     0,
     2},
    {{"tcp_base_mss", linux_os, "the segment size that tcp_mtu_probing tries first"},
     set_base_mss,
     48,
     kLargestMss},
    {{"tcp_mtu_probe_floor", linux_os, "the smallest segment size that it tries"},
     count<kBlackholeOf, &BlackholeProfile::least_mss>,
     48,
     kLargestMss},
    {{"tcp_retries1", linux_os,
      "retries before it tries: a count from which a time is made, as tcp_retries2"},
     count<kBlackholeOf, &BlackholeProfile::retries>,
     0,
     kMaxByte},
};

}  // namespace

constexpr std::span<const SysctlRow> kLinuxPathSysctls = kRows;

}  // namespace halfopen
