#include "sim/tcp/profile_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "sim/base/units.h"
#include "sim/tcp/profiles/rows.h"

namespace halfopen {
namespace {

// What the OS itself calls a constant: the sysctl(8) name that sets it.
struct OsName {
  OsFamily family;
  std::string_view group;
  std::string_view field;
  std::string_view name;
};

using enum OsFamily;

constexpr OsName kOsNames[] = {
    {linux_os, "timeout", "smallest", "tcp_rto_min_us"},
    {linux_os, "timeout", "largest", "tcp_rto_max_ms"},
    {linux_os, "retransmission", "retries", "tcp_retries2"},
    {linux_os, "retransmission", "retries without a process", "tcp_orphan_retries"},
    {linux_os, "retransmission", "SYN retries", "tcp_syn_retries"},
    {linux_os, "retransmission", "SYN timeouts that do not double", "tcp_syn_linear_timeouts"},
    {linux_os, "retransmission", "SYN-ACK retries", "tcp_synack_retries"},
    {linux_os, "retransmission", "tail loss probe", "tcp_early_retrans"},
    {linux_os, "retransmission", "loss recovery", "tcp_recovery"},
    {linux_os, "retransmission", "duplicate ACK threshold", "tcp_reordering"},
    {linux_os, "retransmission", "largest threshold", "tcp_max_reordering"},
    {linux_os, "retransmission", "F-RTO", "tcp_frto"},
    {linux_os, "retransmission", "small segments merge", "tcp_retrans_collapse"},
    {linux_os, "acknowledgment", "SACKs that one stands for, at most", "tcp_comp_sack_nr"},
    {linux_os, "acknowledgment", "its delay", "tcp_comp_sack_delay_ns"},
    {linux_os, "acknowledgment", "its share of a round trip", "tcp_comp_sack_rtt_percent"},
    {linux_os, "acknowledgment", "its slack", "tcp_comp_sack_slack_ns"},
    {linux_os, "congestion", "algorithm", "tcp_congestion_control"},
    {linux_os, "congestion", "after idling", "tcp_slow_start_after_idle"},
    {linux_os, "congestion", "ECN", "tcp_ecn"},
    {linux_os, "congestion", "its option", "tcp_ecn_option"},
    {linux_os, "congestion", "its option in a round trip", "tcp_ecn_option_beacon"},
    {linux_os, "window", "writable below unsent bytes", "tcp_notsent_lowat"},
    {linux_os, "window", "receive buffer", "tcp_rmem"},
    {linux_os, "window", "receive buffer may grow to", "tcp_rmem"},
    {linux_os, "window", "send buffer", "tcp_wmem"},
    {linux_os, "window", "send buffer may grow to", "tcp_wmem"},
    {linux_os, "options", "timestamps", "tcp_timestamps"},
    {linux_os, "options", "SACK", "tcp_sack"},
    {linux_os, "options", "DSACK", "tcp_dsack"},
    {linux_os, "options", "window scaling", "tcp_window_scaling"},
    {linux_os, "options", "smallest segment size", "tcp_min_snd_mss"},
    {linux_os, "Fast Open", "client", "tcp_fastopen"},
    {linux_os, "Fast Open", "server", "tcp_fastopen"},
    {linux_os, "Fast Open", "client without a cookie", "tcp_fastopen"},
    {linux_os, "Fast Open", "server without a cookie", "tcp_fastopen"},
    {linux_os, "Fast Open", "every listener", "tcp_fastopen"},
    {linux_os, "Fast Open", "pause after a black hole", "tcp_fastopen_blackhole_timeout_sec"},
    {linux_os, "black holes", "are looked for", "tcp_mtu_probing"},
    {linux_os, "black holes", "segment size that is tried", "tcp_base_mss"},
    {linux_os, "black holes", "segment size that is tried, IPv6", "tcp_base_mss"},
    {linux_os, "black holes", "retries before it is tried", "tcp_retries1"},
    {linux_os, "black holes", "smallest segment size that is tried", "tcp_mtu_probe_floor"},
    {linux_os, "keepalive", "idle time", "tcp_keepalive_time"},
    {linux_os, "keepalive", "interval", "tcp_keepalive_intvl"},
    {linux_os, "keepalive", "probes", "tcp_keepalive_probes"},
    {linux_os, "close", "FIN_WAIT_2", "tcp_fin_timeout"},
    {linux_os, "checks", "in a time of", "tcp_invalid_ratelimit"},
    {linux_os, "checks", "ACKs of stray segments, one in", "tcp_invalid_ratelimit"},
    {linux_os, "sockets", "largest backlog", "net.core.somaxconn"},
    {linux_os, "sockets", "SYN cookies", "tcp_syncookies"},
    {linux_os, "sockets", "embryos without cookies", "tcp_max_syn_backlog"},
    {linux_os, "sockets", "a full queue resets", "tcp_abort_on_overflow"},
    {linux_os, "sockets", "first ephemeral port", "ip_local_port_range"},
    {linux_os, "sockets", "last ephemeral port", "ip_local_port_range"},
    {linux_os, "IP", "time to live", "ip_default_ttl"},
    {linux_os, "IP", "don't fragment", "ip_no_pmtu_disc"},
    {bsd44, "retransmission", "retries", "TCP_MAXRXTSHIFT"},
    {bsd44, "retransmission", "limit on connecting", "TCPTV_KEEP_INIT"},
    {bsd44, "retransmission", "duplicate ACK threshold", "tcprexmtthresh"},
    {bsd44, "timeout", "smallest", "TCPTV_MIN"},
    {bsd44, "window", "receive buffer", "tcp_recvspace"},
    {bsd44, "window", "send buffer", "tcp_sendspace"},
    {bsd44, "options", "timestamps", "tcp_do_rfc1323"},
    {bsd44, "options", "window scaling", "tcp_do_rfc1323"},
    {bsd44, "options", "segment size when none is offered", "tcp_mssdflt"},
    {bsd44, "keepalive", "idle time", "tcp_keepidle"},
    {bsd44, "keepalive", "interval", "tcp_keepintvl"},
    {bsd44, "close", "TIME_WAIT", "TCPTV_MSL"},
    {bsd44, "IP", "time to live", "net.inet.ip.ttl"},
    {freebsd, "options", "smallest segment size", "net.inet.tcp.minmss"},
    {freebsd, "timeout", "initial", "net.inet.tcp.rexmit_initial"},
    {freebsd, "timeout", "smallest", "net.inet.tcp.rexmit_min"},
    {freebsd, "timeout", "added to each", "net.inet.tcp.rexmit_slop"},
    {freebsd, "retransmission", "retries", "net.inet.tcp.retries"},
    {freebsd, "retransmission", "expiries before a SYN without options", "net.inet.tcp.rexmit_drop_options"},
    {freebsd, "retransmission", "SYN-ACK retries", "net.inet.tcp.syncache.rexmtlimit"},
    {freebsd, "retransmission", "limit on connecting", "net.inet.tcp.keepinit"},
    {freebsd, "congestion", "algorithm", "net.inet.tcp.cc.algorithm"},
    {freebsd, "congestion", "initial window", "net.inet.tcp.initcwnd_segments"},
    {freebsd, "congestion", "proportional rate reduction", "net.inet.tcp.do_prr"},
    {freebsd, "congestion", "ECN", "net.inet.tcp.ecn.enable"},
    {freebsd, "congestion", "repeated SYNs that ask for ECN", "net.inet.tcp.ecn.maxretries"},
    {freebsd, "acknowledgment", "delay", "net.inet.tcp.delacktime"},
    {freebsd, "window", "receive buffer", "net.inet.tcp.recvspace"},
    {freebsd, "window", "receive buffer may grow to", "net.inet.tcp.recvbuf_max"},
    {freebsd, "window", "send buffer", "net.inet.tcp.sendspace"},
    {freebsd, "window", "send buffer may grow to", "net.inet.tcp.sendbuf_max"},
    {freebsd, "window", "scale reaches", "kern.ipc.maxsockbuf"},
    {freebsd, "options", "timestamps", "net.inet.tcp.rfc1323"},
    {freebsd, "options", "SACK", "net.inet.tcp.sack.enable"},
    {freebsd, "options", "window scaling", "net.inet.tcp.rfc1323"},
    {freebsd, "options", "segment size when none is offered", "net.inet.tcp.mssdflt"},
    {freebsd, "Fast Open", "client", "net.inet.tcp.fastopen.client_enable"},
    {freebsd, "Fast Open", "server", "net.inet.tcp.fastopen.server_enable"},
    {freebsd, "Fast Open", "pause for a server without cookies", "net.inet.tcp.fastopen.path_disable_time"},
    {freebsd, "options", "segment size when none is offered, IPv6", "net.inet.tcp.v6mssdflt"},
    {freebsd, "black holes", "are looked for", "net.inet.tcp.pmtud_blackhole_detection"},
    {freebsd, "black holes", "segment size that is tried", "net.inet.tcp.pmtud_blackhole_mss"},
    {freebsd, "black holes", "segment size that is tried, IPv6", "net.inet.tcp.v6pmtud_blackhole_mss"},
    {freebsd, "keepalive", "always on", "net.inet.tcp.always_keepalive"},
    {freebsd, "keepalive", "idle time", "net.inet.tcp.keepidle"},
    {freebsd, "keepalive", "interval", "net.inet.tcp.keepintvl"},
    {freebsd, "keepalive", "probes", "net.inet.tcp.keepcnt"},
    {freebsd, "zero window", "shortest interval", "net.inet.tcp.persmin"},
    {freebsd, "zero window", "longest interval", "net.inet.tcp.persmax"},
    {freebsd, "close", "FIN_WAIT_2", "net.inet.tcp.finwait2_timeout"},
    {freebsd, "close", "FIN_WAIT_2 looked at again", "net.inet.tcp.fast_finwait2_recycle"},
    {freebsd, "close", "TIME_WAIT", "net.inet.tcp.msl"},
    {freebsd, "checks", "reset counts", "net.inet.tcp.insecure_rst"},
    {freebsd, "checks", "SYN when connected", "net.inet.tcp.insecure_syn"},
    {freebsd, "checks", "challenge ACKs", "net.inet.tcp.ack_war_cnt"},
    {freebsd, "checks", "in a time of", "net.inet.tcp.ack_war_timewindow"},
    {freebsd, "sockets", "largest backlog", "kern.ipc.soacceptqueue"},
    {freebsd, "sockets", "first ephemeral port", "net.inet.ip.portrange.first"},
    {freebsd, "sockets", "last ephemeral port", "net.inet.ip.portrange.last"},
    {freebsd, "IP", "time to live", "net.inet.ip.ttl"},
    {freebsd, "IP", "don't fragment", "net.inet.tcp.path_mtu_discovery"},
    {freebsd, "TCP over UDP", "port", "net.inet.tcp.udp_tunneling_port"},
    {freebsd, "TCP over UDP", "bytes of its headers", "net.inet.tcp.udp_tunneling_overhead"},
    {rfc, "timeout", "initial", "rfc.rto_initial_ms"},
    {rfc, "timeout", "smallest", "rfc.rto_min_ms"},
    {rfc, "timeout", "largest", "rfc.rto_max_ms"},
    {rfc, "retransmission", "R2", "rfc.r2_ms"},
    {rfc, "retransmission", "SYN retries", "rfc.syn_retries"},
    {rfc, "congestion", "initial window", "rfc.initial_window"},
    {rfc, "acknowledgment", "delay", "rfc.delayed_ack_ms"},
    {rfc, "keepalive", "idle time", "rfc.keepalive_idle_ms"},
    {rfc, "keepalive", "interval", "rfc.keepalive_interval_ms"},
    {rfc, "keepalive", "probes", "rfc.keepalive_probes"},
    {rfc, "close", "TIME_WAIT", "rfc.msl_ms"},
};

std::string full_name(OsFamily family, std::string_view group, std::string_view field) {
  const auto* row = std::ranges::find_if(kOsNames, [&](const OsName& candidate) {
    return candidate.family == family && candidate.group == group && candidate.field == field;
  });
  if (row == std::ranges::end(kOsNames)) return std::string{field};
  return fmt::format("{} ({})", field, row->name);
}

// The words for each enumerator, in the order of profile.h.
constexpr std::string_view word(TickStyle v) {
  constexpr std::string_view words[] = {"ideal", "jiffies and timer wheel", "slow and fast ticks",
                                        "callouts"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(RttEstimatorKind v) {
  constexpr std::string_view words[] = {"RFC 6298", "Linux", "4.4BSD, in ticks", "FreeBSD"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(GiveUp v) {
  constexpr std::string_view words[] = {"after a count of retries", "after a time budget made from retries",
                                        "after R2"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(Recovery v) {
  constexpr std::string_view words[] = {"Reno", "NewReno", "SACK (RFC 6675), else NewReno",
                                        "RACK (RFC 8985), else NewReno"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(CongestionAlgorithm v) {
  constexpr std::string_view words[] = {"Reno", "CUBIC", "Reno by ACKs"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(CwndUnit v) {
  constexpr std::string_view words[] = {"bytes", "segments"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(IdleRestart v) {
  constexpr std::string_view words[] = {"the window stays", "one segment", "initial window",
                                        "halved for each timeout"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(NagleStyle v) {
  constexpr std::string_view words[] = {"while anything is unacknowledged",
                                        "while anything is, looked at once", "while an earlier small one is"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(EcnUse v) {
  constexpr std::string_view words[] = {"never",
                                        "asked for and granted",
                                        "granted when asked for",
                                        "Accurate ECN, asked for and granted",
                                        "Accurate ECN granted, the classic asked for",
                                        "Accurate ECN granted when asked for"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(AccEcnOptionUse v) {
  constexpr std::string_view words[] = {"never", "when there is news", "with each segment"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(AckStyle v) {
  constexpr std::string_view words[] = {"quick at first, then delayed", "at the next fast tick",
                                        "every second segment, or delayed"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(WindowStyle v) {
  constexpr std::string_view words[] = {"room in the buffer", "memory cost of what is queued"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(KeepaliveStyle v) {
  constexpr std::string_view words[] = {"dies of unanswered probes", "dies of idle time"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(ProbeStyle v) {
  constexpr std::string_view words[] = {"no data, an old sequence number", "one byte beyond the window"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(PersistGiveUp v) {
  constexpr std::string_view words[] = {"after unanswered probes", "after a count of retries and idle time"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(RstCheck v) {
  constexpr std::string_view words[] = {"anywhere in the window", "at exactly RCV.NXT",
                                        "at the last ACK sent", "from the last ACK sent on"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(SynCheck v) {
  constexpr std::string_view words[] = {"resets", "aborts", "challenge ACK"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(SynFinCheck v) {
  constexpr std::string_view words[] = {"dropped by listeners", "taken for a SYN", "dropped"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(SynText v) {
  constexpr std::string_view words[] = {"dropped", "data waits", "data and FIN wait"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(BlackholeSearch v) {
  constexpr std::string_view words[] = {"never", "always", "over IPv4", "over IPv6", "after R1"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(WindowUpdate v) {
  switch (v) {
    case WindowUpdate::any: return "counts";
    case WindowUpdate::larger: return "counts if it is larger";
    case WindowUpdate::larger_or_none: return "counts if it is larger, or zero";
  }
  return "?";
}
constexpr std::string_view word(TimeWaitCheck v) {
  constexpr std::string_view words[] = {"RST ends it, the rest is answered", "only what has an ACK counts",
                                        "RST ends it, a bare ACK restarts it, the rest is answered",
                                        "RST ends it, the rest is answered and does not restart it"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(OptionSlot v) {
  constexpr std::string_view words[] = {"", "MSS", "window scale", "SACK permitted", "timestamps"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(IsnPolicy v) {
  constexpr std::string_view words[] = {"hash plus a step every 64 ns", "counter of the host",
                                        "hash plus 1 MiB a second", "hash plus a step every 4 us"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(IpIdPolicy v) {
  constexpr std::string_view words[] = {"counter of the connection", "counter of the host", "0 when atomic"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(ListenPolicy v) {
  constexpr std::string_view words[] = {"full beyond the backlog of accepted ones",
                                        "full beyond the backlog, of accepted or of embryonic ones",
                                        "full beyond 3/2 of the backlog, embryonic ones included"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(WakeupPreemption v) {
  constexpr std::string_view words[] = {"nobody", "writers", "everybody"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(SynCookies v) {
  constexpr std::string_view words[] = {"never", "when the queue of embryos is full", "always"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(SynCookieForm v) {
  constexpr std::string_view words[] = {"of a minute, with a timestamp", "of one of two secrets"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(RightEdge v) {
  constexpr std::string_view words[] = {"is cut off", "is taken", "is taken if nothing waits to be read"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(AckRange v) {
  constexpr std::string_view words[] = {"any", "the largest window that the peer offered",
                                        "the same, but not what was never acknowledged"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(FastOpenCalls v) {
  constexpr std::string_view words[] = {"nothing", "MSG_FASTOPEN or TCP_FASTOPEN_CONNECT",
                                        "TCP_FASTOPEN and a sendto() that connects"};
  return words[static_cast<std::size_t>(v)];
}
constexpr std::string_view word(IcmpEffect v) {
  constexpr std::string_view words[] = {"ignored", "remembered", "aborts", "shrinks the path MTU",
                                        "shrinks the congestion window"};
  return words[static_cast<std::size_t>(v)];
}

std::string format_value(Duration value) { return exact_duration(value); }

std::string format_value(bool value) { return value ? "yes" : "no"; }

template <class T>
requires std::is_integral_v<T> std::string format_value(T value) { return fmt::format("{}", value); }

template <class E>
requires std::is_enum_v<E> std::string format_value(E value) { return std::string{word(value)}; }

std::string format_value(const std::array<std::uint16_t, 13>& value) {
  return fmt::format("{}", fmt::join(value, " "));
}

std::string format_value(const std::array<OptionSlot, 4>& value) {
  std::string text;
  for (OptionSlot slot : value) {
    if (slot == OptionSlot::none) continue;
    if (!text.empty()) text += ", ";
    text += word(slot);
  }
  return text;
}

std::string format_value(const IcmpRow& row) {
  const std::string_view error = row.error == Errno::none ? "no error" : to_string(row.error);
  const std::string v6 =
      row.error_v6 == Errno::none ? "" : fmt::format(" ({} in IPv6)", to_string(row.error_v6));
  return fmt::format("{}{}; while opening: {}, later: {}", error, v6, word(row.embryonic),
                     word(row.established));
}

class Describer {
 public:
  explicit Describer(OsFamily family) : family_{family} {}

  template <class T>
  void operator()(std::string_view group, std::string_view field, const Sourced<T>& constant) {
    std::string value = constant.source == kUnused ? "-" : format_value(constant.value);
    lines_.push_back({group, full_name(family_, group, field), std::move(value), constant.source});
  }
  void operator()(std::string_view group, std::string_view,
                  const Sourced<std::array<IcmpRow, kIcmpKinds>>& rows) {
    for (std::size_t i = 0; i < kIcmpKinds; ++i) {
      lines_.push_back({group, std::string{to_string(static_cast<IcmpKind>(i))}, format_value(rows.value[i]),
                        rows.source});
    }
  }
  void operator()(std::string_view group, std::string_view field,
                  const Sourced<std::array<Errno, kStates>>& errors) {
    for (std::size_t i = 0; i < kStates; ++i) {
      if (errors.value[i] == Errno::none) continue;
      lines_.push_back({group, fmt::format("{} in {}", field, to_string(static_cast<State>(i))),
                        std::string{to_string(errors.value[i])}, errors.source});
    }
  }

  std::vector<ProfileLine> take() { return std::move(lines_); }

 private:
  OsFamily family_;
  std::vector<ProfileLine> lines_;
};

}  // namespace

std::vector<ProfileLine> describe_profile(const OsProfile& profile) {
  Describer describer{profile.family};
  visit_fields(profile, describer);
  return describer.take();
}

}  // namespace halfopen
