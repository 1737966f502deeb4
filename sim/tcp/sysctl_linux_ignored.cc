// Linux's sysctls that the model knows and does without: a kernel host takes them, a model notes them.
#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using enum OsFamily;

constexpr SysctlRow kRows[] = {
    {{"tcp_adv_win_scale", linux_os, "overhead of the receive buffer, before 6.6"}},
    {{"tcp_app_win", linux_os, "part of the window kept for the application"}},
    {{"tcp_autocorking", linux_os, "small writes wait for the queue below"}},
    {{"tcp_backlog_ack_defer", linux_os, "ACKs wait for the backlog"}},
    {{"tcp_challenge_ack_limit", linux_os,
      "challenge ACKs a second of the whole host; unlimited by default"}},
    {{"tcp_fack", linux_os, "forward acknowledgment: without effect on Linux, too, since 4.15"}},
    {{"tcp_limit_output_bytes", linux_os, "bytes in the queue below"}},
    {{"tcp_max_orphans", linux_os, "connections without a process"}},
    {{"tcp_max_tw_buckets", linux_os, "connections in TIME_WAIT"}},
    {{"tcp_mem", linux_os, "memory of all connections"}},
    {{"tcp_min_rtt_wlen", linux_os, "window of the smallest round trip"}},
    {{"tcp_moderate_rcvbuf", linux_os, "the receive buffer grows by itself"}},
    {{"tcp_no_metrics_save", linux_os, "metrics of closed connections are not kept; the model keeps none"}},
    {{"tcp_pacing_ca_ratio", linux_os, "pacing in congestion avoidance"}},
    {{"tcp_pacing_ss_ratio", linux_os, "pacing in slow start"}},
    {{"tcp_pingpong_thresh", linux_os, "answers before a connection counts as interactive"}},
    {{"tcp_rfc1337", linux_os, "resets do not end TIME_WAIT"}},
    {{"tcp_shrink_window", linux_os, "the window may shrink"}},
    {{"tcp_stdurg", linux_os, "the urgent pointer of RFC 793"}},
    {{"tcp_thin_linear_timeouts", linux_os, "thin streams do not back off at first"}},
    {{"tcp_tso_win_divisor", linux_os, "part of the window in a burst"}},
    {{"tcp_tw_reuse", linux_os, "connect() may take over a TIME_WAIT"}},
    {{"tcp_tw_reuse_delay", linux_os, "milliseconds before connect() may take over a TIME_WAIT"}},
    {{"tcp_workaround_signed_windows", linux_os, "windows above 32767 are not trusted"}},
    {{"icmp_ratelimit", linux_os, "milliseconds between ICMP errors"}},
    {{"icmp_ratemask", linux_os, "kinds of ICMP errors that are limited"}},
    {{"ip_forward", linux_os, "packets for others are passed on"}},
    {{"ip_local_reserved_ports", linux_os, "ports not to be used as ephemeral ones"}},
    {{"net.core.rmem_max", linux_os, "largest SO_RCVBUF"}},
    {{"net.core.wmem_max", linux_os, "largest SO_SNDBUF"}},
};

}  // namespace

constexpr std::span<const SysctlRow> kLinuxIgnoredSysctls = kRows;

}  // namespace halfopen
