// The names of 4.4BSD and FreeBSD. 4.4BSD has no sysctl for most of these: they are variables and constants
// of its kernel, patched or compiled in, and its times are slow ticks of half a second. FreeBSD's times are
// milliseconds.
#include <algorithm>
#include <chrono>
#include <limits>
#include <ratio>

#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using std::chrono::milliseconds;
using HalfSeconds = std::chrono::duration<std::int64_t, std::ratio<1, 2>>;
using enum OsFamily;

// Options and buffers, alike in both.

void set_rfc1323(OsProfile& p, std::int64_t value) {
  assign(p.options.timestamps, value != 0);
  assign(p.options.window_scaling, value != 0);
}

void set_recvspace(OsProfile& p, std::int64_t value) {
  assign(p.window.rcvbuf, value);
  assign(p.window.rcvbuf_max, std::max<std::int64_t>(value, p.window.rcvbuf_max.value));
}

void set_sendspace(OsProfile& p, std::int64_t value) {
  assign(p.window.sndbuf, value);
  assign(p.window.sndbuf_max, std::max<std::int64_t>(value, p.window.sndbuf_max.value));
}

// FIN_WAIT_2 is looked at again every keepalive interval, until it idled for as long as all probes take.
void settle_fin_wait_2(OsProfile& p) {
  const Duration idle = p.keepalive.probes.value * p.keepalive.interval.value;
  assign(p.close.fin_wait_2_idle, idle);
  if (p.family == bsd44) assign(p.close.fin_wait_2, idle);
  if (p.close.fin_wait_2_recheck.value != Duration{0}) {
    assign(p.close.fin_wait_2_recheck, p.keepalive.interval.value);
  }
}

template <class Unit>
void set_keepintvl(OsProfile& p, std::int64_t value) {
  assign(p.keepalive.interval, Duration{Unit{value}});
  settle_fin_wait_2(p);
}

void set_keepcnt(OsProfile& p, std::int64_t value) {
  assign(p.keepalive.probes, value);
  settle_fin_wait_2(p);
}

template <class Unit>
void set_msl(OsProfile& p, std::int64_t value) {
  assign(p.close.time_wait, 2 * Duration{Unit{value}});
}

void set_retries(OsProfile& p, std::int64_t value) {
  assign(p.retransmit.retries, value);
  assign(p.retransmit.syn_retries, value);
}

// FreeBSD.

void set_rexmit_initial(OsProfile& p, std::int64_t value) {
  assign(p.rtt.rto_initial, Duration{milliseconds{value}});
  assign(p.rtt.rto_fallback, Duration{milliseconds{value}});
}

void set_delacktime(OsProfile& p, std::int64_t value) {
  assign(p.ack.delay_min, Duration{milliseconds{value}});
  assign(p.ack.delay_max, Duration{milliseconds{value}});
}

// Without delayed ACKs the delay is none; with them it is what it was, or the usual one.
void set_delayed_ack(OsProfile& p, std::int64_t value) {
  if (value == 0) return set_delacktime(p, 0);
  if (p.ack.delay_min.value == Duration{0}) set_delacktime(p, 40);
}

void set_insecure_rst(OsProfile& p, std::int64_t value) {
  assign(p.check.rst, value != 0 ? RstCheck::after_last_ack : RstCheck::last_ack_sent);
}

void set_insecure_syn(OsProfile& p, std::int64_t value) {
  assign(p.check.syn, value != 0 ? SynCheck::abort : SynCheck::challenge);
}

void set_drop_synfin(OsProfile& p, std::int64_t value) {
  assign(p.check.syn_fin, value != 0 ? SynFinCheck::dropped : SynFinCheck::taken);
}

void set_fast_finwait2_recycle(OsProfile& p, std::int64_t value) {
  assign(p.close.fin_wait_2_recheck, value != 0 ? Duration{0} : p.keepalive.interval.value);
}

// netinet/tcp_timer.c tcp_timer_rexmt: t_rxtshift 3.
void set_rexmit_drop_options(OsProfile& p, std::int64_t value) {
  assign(p.retransmit.bare_syn_after, value != 0 ? 3 : 0);
}

bool set_cc_algorithm(OsProfile& p, std::string_view text) {
  if (text != "newreno" && text != "cubic") return false;
  assign(p.congestion.algorithm, text == "newreno" ? CongestionAlgorithm::reno : CongestionAlgorithm::cubic);
  return true;
}

constexpr std::int64_t kMaxTicks = 2 * 86'400 * 7;  // a week of half seconds: counters were 16 bits wide
constexpr std::int64_t kMaxBuffer = 2'097'152;      // kern.ipc.maxsockbuf

constexpr SysctlRow kBsd44Rows[] = {
    {{"tcp_keepidle", bsd44, "idle time before the first keepalive probe, in ticks of half a second"},
     time<kKeepaliveOf, &KeepaliveProfile::idle, HalfSeconds>,
     1,
     kMaxTicks},
    {{"tcp_keepintvl", bsd44, "time between keepalive probes, in ticks of half a second"},
     set_keepintvl<HalfSeconds>,
     1,
     kMaxTicks},
    {{"TCPTV_KEEPCNT", bsd44, "keepalive probes before the connection ends; compiled in"},
     set_keepcnt,
     1,
     255},
    {{"tcp_maxidle", bsd44, "eight times tcp_keepintvl: the kernel sets it itself at each slow tick"}},
    {{"net.inet.ip.ttl", bsd44, "time to live of what is sent"}, count<kIpOf, &IpProfile::ttl>, 1, kMaxByte},
    {{"tcprexmtthresh", bsd44, "duplicate ACKs before a fast retransmission"},
     count<kRetransmitOf, &RetransmitProfile::dup_threshold>,
     1,
     kMaxByte},
    {{"tcp_mssdflt", bsd44, "segment size when the peer offers none"},
     count<kOptionsOf, &OptionsProfile::default_mss>,
     32,
     65495},
    {{"tcp_rttdflt", bsd44, "round trip assumed before any sample, in seconds"}},
    {{"tcp_do_rfc1323", bsd44, "timestamps and window scaling"}, set_rfc1323, 0, 1},
    {{"net.inet.tcp.rfc1323", bsd44, "timestamps and window scaling"}, set_rfc1323, 0, 1},
    {{"tcp_sendspace", bsd44, "send buffer in bytes"}, set_sendspace, 512, 262'144},
    {{"tcp_recvspace", bsd44, "receive buffer in bytes"}, set_recvspace, 512, 262'144},
    {{"TCP_MAXRXTSHIFT", bsd44, "retransmissions before giving up; compiled in"}, set_retries, 1, 12},
    {{"TCPTV_MIN", bsd44, "the smallest retransmission timeout, in ticks of half a second; compiled in"},
     time<kRttOf, &RttProfile::rto_min, HalfSeconds>,
     1,
     12},
    {{"TCPTV_MSL", bsd44, "half the time in TIME_WAIT, in ticks of half a second; compiled in"},
     set_msl<HalfSeconds>,
     1,
     kMaxTicks},
    {{"TCPTV_KEEP_INIT", bsd44, "limit on connecting, in ticks of half a second; compiled in"},
     time<kRetransmitOf, &RetransmitProfile::connect_limit, HalfSeconds>,
     1,
     kMaxTicks},
};

constexpr SysctlRow kFreebsdRows[] = {
    {{"net.inet.tcp.retries", freebsd, "retransmissions before giving up"}, set_retries, 1, 12},
    {{"net.inet.tcp.rexmit_initial", freebsd, "the first retransmission timeout, in ms"},
     set_rexmit_initial,
     1,
     64'000},
    {{"net.inet.tcp.rexmit_min", freebsd, "the smallest retransmission timeout, in ms"},
     time<kRttOf, &RttProfile::rto_min, milliseconds>,
     1,
     1000},
    {{"net.inet.tcp.rexmit_slop", freebsd, "added to each retransmission timeout, in ms"},
     time<kRttOf, &RttProfile::rto_slop, milliseconds>,
     0,
     64'000},
    {{"net.inet.tcp.keepidle", freebsd, "idle time before the first keepalive probe, in ms"},
     time<kKeepaliveOf, &KeepaliveProfile::idle, milliseconds>,
     1,
     kMaxInt},
    {{"net.inet.tcp.keepintvl", freebsd, "time between keepalive probes, in ms"},
     set_keepintvl<milliseconds>,
     1,
     kMaxInt},
    {{"net.inet.tcp.keepcnt", freebsd, "keepalive probes before the connection ends"},
     set_keepcnt,
     1,
     kMaxByte},
    {{"net.inet.tcp.keepinit", freebsd, "limit on connecting, in ms"},
     time<kRetransmitOf, &RetransmitProfile::connect_limit, milliseconds>,
     1,
     kMaxInt},
    {{"net.inet.tcp.always_keepalive", freebsd, "keepalive without SO_KEEPALIVE"},
     flag<kKeepaliveOf, &KeepaliveProfile::always>,
     0,
     1},
    {{"net.inet.tcp.msl", freebsd, "half the time in TIME_WAIT, in ms"},
     set_msl<milliseconds>,
     1,
     kMaxInt / 2},
    {{"net.inet.tcp.finwait2_timeout", freebsd,
      "time in FIN_WAIT_2 after close() before the first look, in ms"},
     time<kCloseOf, &CloseProfile::fin_wait_2, milliseconds>,
     1,
     kMaxInt},
    {{"net.inet.tcp.fast_finwait2_recycle", freebsd, "the first look at FIN_WAIT_2 ends it"},
     set_fast_finwait2_recycle,
     0,
     1},
    {{"net.inet.tcp.delacktime", freebsd, "delay of an ACK, in ms"}, set_delacktime, 1, 500},
    {{"net.inet.tcp.delayed_ack", freebsd, "ACKs are delayed"}, set_delayed_ack, 0, 1},
    {{"net.inet.tcp.sack.enable", freebsd, "selective acknowledgments (RFC 2018)"},
     flag<kOptionsOf, &OptionsProfile::sack>,
     0,
     1},
    {{"net.inet.tcp.rfc1323", freebsd, "timestamps and window scaling"}, set_rfc1323, 0, 1},
    {{"net.inet.tcp.recvspace", freebsd, "receive buffer in bytes"}, set_recvspace, 1, kMaxBuffer},
    {{"net.inet.tcp.sendspace", freebsd, "send buffer in bytes"}, set_sendspace, 1, kMaxBuffer},
    {{"net.inet.tcp.recvbuf_max", freebsd, "size to which the receive buffer may grow"},
     count<kWindowOf, &WindowProfile::rcvbuf_max>,
     65'536,
     kMaxBuffer},
    {{"net.inet.tcp.sendbuf_max", freebsd, "size to which the send buffer may grow"},
     count<kWindowOf, &WindowProfile::sndbuf_max>,
     32'768,
     kMaxBuffer},
    {{"net.inet.tcp.insecure_rst", freebsd, "any reset in the window counts"}, set_insecure_rst, 0, 1},
    {{"net.inet.tcp.insecure_syn", freebsd, "a SYN in the window resets"}, set_insecure_syn, 0, 1},
    {.name = {"net.inet.tcp.cc.algorithm", freebsd, "newreno or cubic"},
     .set_text = set_cc_algorithm,
     .expected = "newreno or cubic (the model has no other)"},
    {{"net.inet.tcp.initcwnd_segments", freebsd, "initial congestion window in segments"},
     count<kCongestionOf, &CongestionProfile::initial_window>,
     1,
     65'535},
    {{"net.inet.tcp.do_prr", freebsd, "proportional rate reduction (RFC 6937)"},
     flag<kCongestionOf, &CongestionProfile::prr>,
     0,
     1},
    {{"net.inet.tcp.persmin", freebsd, "shortest time between zero-window probes, in ms"},
     time<kPersistOf, &PersistProfile::min, milliseconds>,
     1,
     60'000},
    {{"net.inet.tcp.persmax", freebsd, "longest time between zero-window probes, in ms"},
     time<kPersistOf, &PersistProfile::max, milliseconds>,
     5000,
     kMaxInt},
    {{"net.inet.tcp.mssdflt", freebsd, "segment size when the peer offers none"},
     count<kOptionsOf, &OptionsProfile::default_mss>,
     216,
     65'495},
    {{"net.inet.tcp.ack_war_cnt", freebsd, "challenge ACKs within ack_war_timewindow"},
     count<kCheckOf, &CheckProfile::challenge_count>,
     0,
     kMaxInt},
    {{"net.inet.tcp.ack_war_timewindow", freebsd, "time over which challenge ACKs are counted, in ms"},
     time<kCheckOf, &CheckProfile::challenge_interval, milliseconds>,
     0,
     kMaxInt},
    {{"net.inet.tcp.syncache.rexmtlimit", freebsd, "retransmissions of a SYN-ACK before it is forgotten"},
     count<kRetransmitOf, &RetransmitProfile::synack_retries>,
     0,
     12},
    {{"net.inet.ip.ttl", freebsd, "time to live of what is sent"},
     count<kIpOf, &IpProfile::ttl>,
     1,
     kMaxByte},
    {{"kern.ipc.soacceptqueue", freebsd, "largest backlog"},
     count<kSocketOf, &SocketProfile::somaxconn>,
     1,
     65'535},
    {{"net.inet.ip.portrange.first", freebsd, "first ephemeral port"},
     count<kSocketOf, &SocketProfile::port_first>,
     1,
     65'535},
    {{"net.inet.ip.portrange.last", freebsd, "last ephemeral port"},
     count<kSocketOf, &SocketProfile::port_last>,
     1,
     65'535},
    {{"kern.ipc.maxsockbuf", freebsd, "largest socket buffer, for which the window scale is chosen"},
     count<kWindowOf, &WindowProfile::scale_reaches>,
     65'536,
     std::numeric_limits<std::uint32_t>::max()},
    {{"net.inet.tcp.blackhole", freebsd, "no resets to strangers"}},
    {{"net.inet.tcp.drop_synfin", freebsd, "SYN with FIN is dropped"}, set_drop_synfin, 0, 1},
    {{"net.inet.tcp.ecn.enable", freebsd,
      "explicit congestion notification: 0 never, 1 asked for, 2 granted"},
     count<kCongestionOf, &CongestionProfile::ecn>,
     0,
     2},
    {{"net.inet.tcp.ecn.maxretries", freebsd, "repeated SYNs that still ask for ECN"},
     count<kCongestionOf, &CongestionProfile::ecn_syn_retries>,
     0,
     kMaxByte},
    {{"net.inet.tcp.functions_default", freebsd, "which of the stacks"}},
    {{"net.inet.tcp.maxunacktime", freebsd, "limit on time without progress"}},
    {{"net.inet.tcp.minmss", freebsd, "smallest segment size, whatever the peer offers"},
     count<kOptionsOf, &OptionsProfile::least_mss>,
     64,
     65535},
    {{"net.inet.tcp.nolocaltimewait", freebsd, "no TIME_WAIT on the loopback"}},
    {{"net.inet.tcp.rexmit_drop_options", freebsd, "a SYN has no options from its third retransmission on"},
     set_rexmit_drop_options,
     0,
     1},
    {{"net.inet.tcp.recvbuf_auto", freebsd, "the receive buffer grows by itself"}},
    {{"net.inet.tcp.sendbuf_auto", freebsd, "the send buffer grows by itself"}},
    {{"net.inet.tcp.syncookies", freebsd, "SYN cookies may be given"},
     count<kSocketOf, &SocketProfile::syn_cookies>,
     0,
     1},
    {{"net.inet.tcp.syncookies_only", freebsd, "where they may, every SYN gets one"},
     count<kSocketOf, &SocketProfile::only_syn_cookies>,
     0,
     1},
    {{"net.inet.tcp.tolerate_missing_ts", freebsd, "segments without timestamps where they were agreed on"}},
    {{"net.inet.tcp.tso", freebsd, "segmentation in the device"}},
    {{"net.inet.tcp.v6mssdflt", freebsd, "segment size when the peer offers none, over IPv6"},
     count<kOptionsOf, &OptionsProfile::default_mss_v6>,
     1220,
     65'475},
};

constexpr void set_rfc_msl(OsProfile& p, std::int64_t value) {
  assign(p.close.time_wait, 2 * Duration{milliseconds{value}});
}

void set_rfc_syn_retries(OsProfile& p, std::int64_t value) {
  assign(p.retransmit.syn_retries, value);
  assign(p.retransmit.synack_retries, value);
}

// The terms of the RFCs, in milliseconds.
constexpr SysctlRow kRfcRows[] = {
    {{"rfc.rto_initial_ms", rfc, "retransmission timeout before any sample (RFC 6298 section 2.1)"},
     time<kRttOf, &RttProfile::rto_initial, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.rto_min_ms", rfc, "the smallest retransmission timeout (RFC 6298 section 2.4)"},
     time<kRttOf, &RttProfile::rto_min, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.rto_max_ms", rfc, "the largest retransmission timeout (RFC 6298 section 2.5)"},
     time<kRttOf, &RttProfile::rto_max, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.r2_ms", rfc, "R2: when data is given up (RFC 9293 section 3.8.3)"},
     time<kRetransmitOf, &RetransmitProfile::r2, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.syn_retries", rfc, "retransmissions of a SYN or SYN-ACK before giving up"},
     set_rfc_syn_retries,
     0,
     127},
    {{"rfc.initial_window", rfc, "initial congestion window in segments (RFC 6928)"},
     count<kCongestionOf, &CongestionProfile::initial_window>,
     1,
     65'535},
    {{"rfc.delayed_ack_ms", rfc, "delay of an ACK (RFC 9293 section 3.8.6.3)"}, set_delacktime, 0, 499},
    {{"rfc.keepalive_idle_ms", rfc, "idle time before the first keepalive probe (RFC 9293 section 3.8.4)"},
     time<kKeepaliveOf, &KeepaliveProfile::idle, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.keepalive_interval_ms", rfc, "time between keepalive probes"},
     time<kKeepaliveOf, &KeepaliveProfile::interval, milliseconds>,
     1,
     kMaxInt},
    {{"rfc.keepalive_probes", rfc, "unanswered keepalive probes before the connection ends"},
     count<kKeepaliveOf, &KeepaliveProfile::probes>,
     1,
     kMaxByte},
    {{"rfc.msl_ms", rfc, "MSL: half the time in TIME_WAIT (RFC 9293 section 3.4.2)"},
     set_rfc_msl,
     1,
     kMaxInt / 2},
};

}  // namespace

constexpr std::span<const SysctlRow> kBsd44Sysctls = kBsd44Rows;
constexpr std::span<const SysctlRow> kFreebsdSysctls = kFreebsdRows;
constexpr std::span<const SysctlRow> kRfcSysctls = kRfcRows;

}  // namespace halfopen
