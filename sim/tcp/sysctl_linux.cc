// Linux's sysctls, without "net.ipv4.": seconds unless the name says otherwise. Ranges are the kernel's
// (net/ipv4/sysctl_net_ipv4.c); names that the model does without are at the end.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "sim/tcp/sysctl_rows.h"

namespace halfopen {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using enum OsFamily;

constexpr std::int64_t kMaxSeconds = kMaxInt / 1000;  // as jiffies they must fit an int

// `N` whole numbers between blanks, nothing else.
template <std::size_t N>
std::optional<std::array<std::int64_t, N>> numbers(std::string_view text) {
  std::array<std::int64_t, N> values{};
  for (std::int64_t& value : values) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty() && text.front() != ' ' && text.front() != '\t') return std::nullopt;
  }
  if (text.find_first_not_of(" \t") != std::string_view::npos) return std::nullopt;
  return values;
}

template <auto Default, auto Largest>
bool set_buffer(OsProfile& p, std::string_view text) {
  const auto sizes = numbers<3>(text);
  if (!sizes) return false;
  const auto [smallest, usual, largest] = *sizes;
  if (smallest < 1 || usual < smallest || largest < usual || largest > kMaxInt) return false;
  assign(p.window.*Default, usual);
  assign(p.window.*Largest, largest);
  return true;
}

bool set_port_range(OsProfile& p, std::string_view text) {
  const auto ports = numbers<2>(text);
  if (!ports) return false;
  const auto [first, last] = *ports;
  if (first < 1024 || last <= first || last > 65535) return false;
  assign(p.socket.port_first, first);
  assign(p.socket.port_last, last);
  return true;
}

bool set_congestion_control(OsProfile& p, std::string_view text) {
  if (text != "reno" && text != "cubic") return false;
  assign(p.congestion.algorithm, text == "reno" ? CongestionAlgorithm::reno : CongestionAlgorithm::cubic);
  return true;
}

// 0 stands for 8, as long as the connection may still be alive (net/ipv4/tcp_timer.c tcp_orphan_retries).
void set_orphan_retries(OsProfile& p, std::int64_t value) {
  assign(p.retransmit.orphan_retries, value == 0 ? 8 : value);
}

// 3 and 4 ask for tail loss probes; the rest are leftovers of early retransmit.
void set_early_retrans(OsProfile& p, std::int64_t value) { assign(p.retransmit.tail_loss_probe, value >= 3); }

void set_recovery(OsProfile& p, std::int64_t value) {
  assign(p.retransmit.recovery, (value & 1) != 0 ? Recovery::rack : Recovery::sack_pipe);
}

void set_rto_max(OsProfile& p, std::int64_t value) {
  assign(p.rtt.rto_max, Duration{milliseconds{value}});
  assign(p.persist.max, Duration{milliseconds{value}});
}

void set_slow_start_after_idle(OsProfile& p, std::int64_t value) {
  assign(p.congestion.idle_restart, value != 0 ? IdleRestart::halve_per_rto : IdleRestart::none);
}

void set_invalid_ratelimit(OsProfile& p, std::int64_t value) {
  assign(p.check.out_of_window_interval, Duration{milliseconds{value}});
  assign(p.check.challenge_interval, Duration{milliseconds{value}});
}

void set_no_pmtu_disc(OsProfile& p, std::int64_t value) { assign(p.ip.dont_fragment, value == 0); }

constexpr std::string_view kBufferWords = "three sizes in bytes, the smallest first: \"4096 131072 6291456\"";

constexpr SysctlRow kRows[] = {
    {{"tcp_retries2", linux_os, "retransmissions of data before giving up, as a time budget"},
     count<kRetransmitOf, &RetransmitProfile::retries>,
     0,
     kMaxByte},
    {{"tcp_orphan_retries", linux_os,
      "the same for a connection that its process has closed; 0 stands for 8"},
     set_orphan_retries,
     0,
     kMaxByte},
    {{"tcp_syn_retries", linux_os, "retransmissions of a SYN before connect() fails"},
     count<kRetransmitOf, &RetransmitProfile::syn_retries>,
     1,
     127},
    {{"tcp_syn_linear_timeouts", linux_os, "further SYN timeouts at first that do not double"},
     count<kRetransmitOf, &RetransmitProfile::syn_linear>,
     0,
     127},
    {{"tcp_synack_retries", linux_os, "retransmissions of a SYN-ACK before it is forgotten"},
     count<kRetransmitOf, &RetransmitProfile::synack_retries>,
     0,
     kMaxByte},
    {{"tcp_keepalive_time", linux_os, "idle seconds before the first keepalive probe"},
     time<kKeepaliveOf, &KeepaliveProfile::idle, seconds>,
     1,
     kMaxSeconds},
    {{"tcp_keepalive_intvl", linux_os, "seconds between keepalive probes"},
     time<kKeepaliveOf, &KeepaliveProfile::interval, seconds>,
     1,
     kMaxSeconds},
    {{"tcp_keepalive_probes", linux_os, "unanswered keepalive probes before the connection ends"},
     count<kKeepaliveOf, &KeepaliveProfile::probes>,
     0,
     kMaxByte},
    {{"tcp_fin_timeout", linux_os, "seconds in FIN_WAIT_2 after close()"},
     time<kCloseOf, &CloseProfile::fin_wait_2, seconds>,
     1,
     kMaxSeconds},
    {{"tcp_notsent_lowat", linux_os, "unsent bytes below which a socket is writable"},
     count<kWindowOf, &WindowProfile::unsent_low>,
     1,
     std::numeric_limits<std::uint32_t>::max()},
    {{"tcp_timestamps", linux_os, "the timestamps option (RFC 7323)"},
     flag<kOptionsOf, &OptionsProfile::timestamps>,
     0,
     2},
    {{"tcp_sack", linux_os, "selective acknowledgments (RFC 2018)"},
     flag<kOptionsOf, &OptionsProfile::sack>,
     0,
     kMaxByte},
    {{"tcp_dsack", linux_os, "duplicates are reported by SACK (RFC 2883)"},
     flag<kOptionsOf, &OptionsProfile::dsack>,
     0,
     kMaxByte},
    {{"tcp_window_scaling", linux_os, "the window scale option (RFC 7323)"},
     flag<kOptionsOf, &OptionsProfile::window_scaling>,
     0,
     kMaxByte},
    {{"tcp_min_snd_mss", linux_os, "smallest segment size, whatever the peer offers"},
     count<kOptionsOf, &OptionsProfile::least_mss>,
     48,
     65535},
    {{"tcp_early_retrans", linux_os, "3 or 4: tail loss probes"}, set_early_retrans, 0, 4},
    {{"tcp_recovery", linux_os, "1: losses are found by time (RACK); 0: by counting (RFC 6675)"},
     set_recovery,
     0,
     kMaxByte},
    {{"tcp_reordering", linux_os, "duplicate ACKs before a fast retransmission"},
     count<kRetransmitOf, &RetransmitProfile::dup_threshold>,
     1,
     kMaxByte},
    {{"tcp_max_reordering", linux_os, "what that number may adapt to where reordering is seen"},
     count<kRetransmitOf, &RetransmitProfile::most_reordering>,
     1,
     65535},
    {{"tcp_frto", linux_os, "spurious timeouts are detected (RFC 5682)"},
     flag<kRetransmitOf, &RetransmitProfile::frto>,
     0,
     kMaxByte},
    {{"tcp_retrans_collapse", linux_os, "small segments merge when retransmitted"},
     flag<kRetransmitOf, &RetransmitProfile::collapse>,
     0,
     kMaxByte},
    {{"tcp_min_tso_segs", linux_os, "segments that go to the device at once, at least, where they may"},
     count<kCongestionOf, &CongestionProfile::burst_least>,
     1,
     kMaxByte},
    {{"tcp_slow_start_after_idle", linux_os, "the congestion window falls while idle"},
     set_slow_start_after_idle,
     0,
     kMaxByte},
    {{"tcp_comp_sack_nr", linux_os, "ACKs of out-of-order data that one stands for, at most; 0: each goes"},
     count<kAckOf, &AckProfile::compress_most>,
     0,
     kMaxByte},
    {{"tcp_comp_sack_delay_ns", linux_os, "how long such an ACK waits, in nanoseconds"},
     time<kAckOf, &AckProfile::compress_delay, nanoseconds>,
     0,
     1'000'000'000},
    {{"tcp_comp_sack_rtt_percent", linux_os, "and how much of a round trip, in percent (since 7.0)"},
     count<kAckOf, &AckProfile::compress_share>,
     1,
     100},
    {{"tcp_comp_sack_slack_ns", linux_os, "and how much its timer may be late, in nanoseconds"},
     time<kAckOf, &AckProfile::compress_slack, nanoseconds>,
     0,
     1'000'000'000},
    {{"tcp_rto_min_us", linux_os, "the smallest retransmission timeout, in microseconds"},
     time<kRttOf, &RttProfile::rto_min, microseconds>,
     1,
     1'000'000},
    {{"tcp_rto_max_ms", linux_os, "the largest retransmission timeout, in milliseconds"},
     set_rto_max,
     1000,
     120'000},
    {{"tcp_invalid_ratelimit", linux_os, "milliseconds between answers to stray segments"},
     set_invalid_ratelimit,
     0,
     kMaxInt},
    {{"net.core.somaxconn", linux_os, "largest backlog"},
     count<kSocketOf, &SocketProfile::somaxconn>,
     0,
     kMaxInt},
    {{"ip_default_ttl", linux_os, "time to live of what is sent"},
     count<kIpOf, &IpProfile::ttl>,
     1,
     kMaxByte},
    {{"ip_no_pmtu_disc", linux_os, "0: packets must not be fragmented"}, set_no_pmtu_disc, 0, 3},
    {.name = {"tcp_rmem", linux_os, "receive buffer: smallest, usual, largest"},
     .set_text = set_buffer<&WindowProfile::rcvbuf, &WindowProfile::rcvbuf_max>,
     .expected = kBufferWords},
    {.name = {"tcp_wmem", linux_os, "send buffer: smallest, usual, largest"},
     .set_text = set_buffer<&WindowProfile::sndbuf, &WindowProfile::sndbuf_max>,
     .expected = kBufferWords},
    {.name = {"tcp_congestion_control", linux_os, "reno or cubic"},
     .set_text = set_congestion_control,
     .expected = "reno or cubic (the model has no other)"},
    {.name = {"ip_local_port_range", linux_os, "first and last ephemeral port"},
     .set_text = set_port_range,
     .expected = "two ports from 1024 to 65535, the smaller first: \"32768 60999\""},
};

}  // namespace

constexpr std::span<const SysctlRow> kLinuxSysctls = kRows;

}  // namespace halfopen
